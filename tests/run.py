"""The README's test command: the whole suite, then by name what this machine could not run, with how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPENEDX = ROOT / ".venv-openedx"
NO_TESTS = 5  # pytest's exit code when a selection holds none


LIVE = ["tests/browser", "tests/lti/live", "tests/lti/openedx"]  # one worker, one site each
NODE = "tests/search/node"  # one worker, one search server
FAILED = 1  # pytest's exit code when tests failed


def run(*arguments: str) -> int:
    """pytest's exit code. What failed is tried once more, by itself: browsers and races meet a busy machine. A failure
    that comes back is one; one that does not is in the output above all the same."""
    started = time.monotonic()
    code = pytest(*arguments)
    if code == FAILED:
        print("Once more, only what failed:", flush=True)
        code = pytest("--last-failed", "--last-failed-no-failures=none", *arguments)
    print(f"({time.monotonic() - started:.0f} s)\n", flush=True)
    return 0 if code == NO_TESTS else code


def pytest(*arguments: str) -> int:
    # Where compiled files are switched off (containers like to), every worker, and every site, lane and demo that a
    # test starts, would compile all of ours anew: 10 s of each run.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def missing(test_data: Path) -> list[str]:
    """What stands between this machine and the whole suite."""
    gaps = []
    if not shutil.which("chromium"):
        gaps.append("browser tests: no chromium (Debian: apt-get install chromium fonts-noto-cjk)")
    if os.environ.get("DATABASE_URL"):
        gaps.append("browser tests: they bring their own site on SQLite; run make test without DATABASE_URL")
    if not list(OPENEDX.glob(".ready-*")):
        gaps.append("launches from Open edX's LTI consumer: make openedx (needs the package index)")
    elif os.environ.get("DATABASE_URL"):
        gaps.append(
            "launches from platforms, Open edX's and others': they too bring their own site on SQLite"
        )
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        gaps.append(
            "races and lanes on PostgreSQL: DATABASE_URL=postgres://user@host/name make test, or bash .ci/run"
        )
    if os.environ.get("DATABASE_URL"):
        gaps.append("search on a real OpenSearch: run make test without DATABASE_URL")
    elif not shutil.which("java") or not shutil.which("mvn"):
        gaps.append(
            "search on a real OpenSearch: no java or mvn (Debian: apt-get install default-jre-headless maven)"
        )
    if not os.environ.get("REDIS_URL"):
        gaps.append("Celery and cache on Redis: REDIS_URL=redis://host/0 make test, or bash .ci/run")
    if not test_data.is_dir():
        gaps.append("import of real question banks: TEST_DATA=<folder with them>")
    return gaps


def main(extra: list[str]) -> int:
    workers = str(min(4, os.cpu_count() or 1))
    # SQLite's tables are made from the models, which saves 15 s; another database is migrated.
    tables = "--migrations" if os.environ.get("DATABASE_URL") else "--nomigrations"
    # Stealing leaves neighbours together, so what a module or the demo's tests make once is made in one worker.
    spread = [f"--numprocesses={workers}", "--dist=worksteal"]
    codes = [run("-q", tables, *spread, *(f"--ignore={part}" for part in [*LIVE, NODE]), *extra)]
    # Not again on another database: a search server is compared with what was worked out in memory, as each database is;
    # and the rest bring a whole site of their own, on SQLite.
    if not os.environ.get("DATABASE_URL"):
        codes.append(run("-q", "--nomigrations", NODE, *extra))
        live = [part for part in LIVE if shutil.which("chromium") or part != "tests/browser"]
        codes.append(run("-q", *live, *extra))
    gaps = missing(Path(os.environ.get("TEST_DATA", ROOT.parent / "shared" / "data")))
    if gaps:
        print("Not run here:")
        for gap in gaps:
            print(f"  - {gap}")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
