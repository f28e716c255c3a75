"""Whether people find what they look for: the queries of tests/search/relevance, asked of the database's index."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from .bench import Bench
from .figures import Figures
from .servers import ROOT, environment

BEGIN = [[sys.executable, "manage.py", "migrate", "--verbosity", "0"]]
ASK = [sys.executable, "-m", "tests.search.relevance.report"]


def relevance(bench: Bench) -> Figures:
    folder = bench.folder / "relevance"
    folder.mkdir(parents=True)
    variables = environment(f"sqlite:///{folder / 'relevance.sqlite3'}", folder / "var")
    if bench.test_data:
        variables["TEST_DATA"] = os.fspath(bench.test_data)
    printed = ""
    for command in (*BEGIN, ASK):
        done = subprocess.run(command, cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True)
        printed = done.stdout
    *lines, last = printed.splitlines()
    print("\n".join(lines), flush=True)
    said = json.loads(last)
    classes = ", ".join(f"{name} {share:.0f}" for name, share in said["classes"].items())
    return Figures(
        "relevance",
        errors=0,
        top_3=said["top_3"],
        recall=said["recall"],
        notes=[
            f"{said['queries']} queries over {said['entries']} entries of {' and '.join(said['corpora'])}",
            f"{said['top_1']:.1f} % first; in % among three: {classes}; {said['parts']} parts of texts",
        ],
    )
