"""10,000 grades to a campus platform that answers 500 to half of them: none lost, none taken twice."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

from .bench import Bench
from .cluster import free_port
from .figures import Figures
from .servers import ROOT, started

PEOPLE, QUICK_PEOPLE = 10_000, 1_000


def grades(bench: Bench) -> Figures:
    """Errors are people whom the gradebook does not have, scores that it took a second time, and rows not sent."""
    people = PEOPLE if bench.pace.rounds > 1 else QUICK_PEOPLE
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started([sys.executable, "-m", "benchmarks.gradebook", str(port)], port, bench.variables):
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.draining", url, str(people)],
            cwd=ROOT, env=bench.variables, check=True, capture_output=True, text=True,
        )  # fmt: skip
        said = json.loads(run.stdout.splitlines()[-1])
        with urllib.request.urlopen(f"{url}/counts") as answer:
            counted = json.load(answer)
    twice = counted["answers"].get("200", 0) - counted["people"]
    lost = people - counted["people"]
    return Figures(
        "grades",
        errors=lost + twice + said["unsent"] + (people - said["rows"]),
        seconds=said["seconds"],
        per_second=counted["posts"] / said["seconds"],
        notes=[
            f"{people:,} grades, {counted['posts']:,} posts",
            f"accepted per person at most {counted['most']}",
            f"lost {lost}",
            f"put into the outbox in {said['put_s']:.2f} s",
        ],
    )
