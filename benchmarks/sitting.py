"""Starting, submitting and closing exams of 50 questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from .bench import CLOSED_ATTEMPTS, STARTS_PER_S, SUBMITS_PER_S, Bench, sitting_rounds
from .figures import Figures
from .load import wrk
from .measuring import figures, rounds
from .servers import ROOT, site, started

CONNECTIONS = 8

CLOSE = """
import json, time
import django
django.setup()
from django.utils import timezone
from question_bank.exams.taking.closing import close_expired
began = time.monotonic()
closed = close_expired(now=timezone.now())
print(json.dumps({"closed": closed, "seconds": time.monotonic() - began}))
"""


def start(bench: Bench) -> Figures:
    """POST /api/exams/{id}/attempts by members who have signed in; every one an attempt of its own."""
    found, made = _posts(bench, "start", STARTS_PER_S, "SELECT count(*) FROM exams_attempt")
    found.notes.append(f"{made} attempts made")
    return found


def submit(bench: Bench) -> Figures:
    """POST /api/attempts/{id}/submit of attempts with 50 answers, marked in the same transaction."""
    marked = "SELECT count(*) FROM exams_attempt WHERE state = 'marked' AND score IS NOT NULL"
    found, made = _posts(bench, "submit", SUBMITS_PER_S, marked)
    found.notes.append(f"{made} attempts marked")
    return found


def close_10000(bench: Bench) -> Figures:
    """A worker's run of the job over attempts of 50 answers whose time is over; its start-up is not counted."""
    run = subprocess.run(
        [sys.executable, "-c", CLOSE],
        cwd=ROOT,
        env=bench.variables,
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(run.stdout.splitlines()[-1])
    unmarked = CLOSED_ATTEMPTS - bench.ask(
        "SELECT count(*) FROM exams_attempt WHERE finish_kind = 'auto' AND score IS NOT NULL AND answered = 50"
    )
    return Figures(
        "close_10000",
        errors=abs(CLOSED_ATTEMPTS - said["closed"]) + unmarked,
        seconds=said["seconds"],
        per_second=said["closed"] / said["seconds"],
    )


def _posts(bench: Bench, name: str, per_second: int, counted: str) -> tuple[Figures, int]:
    lines = bench.plan(name).read_text().splitlines(keepends=True)
    count, size = sitting_rounds(bench.pace), bench.pace.start_s * per_second
    plans: list[Path] = []
    for number in range(count):
        plans.append(bench.plan(f"{name}-{number}"))
        plans[-1].write_text("".join(lines[number * size : (number + 1) * size]))
    command, port = site(workers=os.cpu_count() or 2)
    before = bench.ask(counted)
    with started(command, port, bench.variables) as server:
        runs = [
            lambda plan=plan: wrk(
                f"http://127.0.0.1:{port}", "once", plan, seconds=bench.pace.start_s, connections=CONNECTIONS
            )
            for plan in plans
        ]
        found = rounds(bench.cluster, server, runs, count=count, pgbench_s=bench.pace.pgbench_s)
    made = bench.ask(counted) - before
    acknowledged = sum(each.window.requests - each.window.errors for each in found)
    lost = 0 if acknowledged <= made <= acknowledged + count * CONNECTIONS else abs(made - acknowledged)
    return figures(name, found, errors=lost), made
