"""Study beats over HTTP: 2,000 members watch, each beat is durable before its reply."""

from __future__ import annotations

import os

from .bench import Bench
from .figures import Figures
from .load import Window, wrk
from .measuring import figures, rounds
from .saving import CONNECTIONS, WARM_UP_S
from .servers import lanes, started

BEATS_A_WINDOW = 10_000  # more than any session sends in one


def beats(bench: Bench) -> Figures:
    """Errors count besides: seconds credited beyond the wall time of a session, slices that overlap."""
    command, port = lanes(workers=os.cpu_count() or 2)
    with started(command, port, bench.variables) as server:
        url, plan = f"http://127.0.0.1:{port}", bench.plan("beats")

        def window(number: int, seconds: int) -> Window:
            return wrk(
                url, "beats", plan, 1 + number * BEATS_A_WINDOW, seconds=seconds, connections=CONNECTIONS
            )

        window(0, WARM_UP_S)
        count = bench.pace.rounds + bench.pace.spare
        runs = [lambda number=number: window(number, bench.pace.window_s) for number in range(1, count + 1)]
        found = rounds(bench.cluster, server, runs, count=bench.pace.rounds, pgbench_s=bench.pace.pgbench_s)
    said = figures("beats", found, errors=_wrong(bench))
    said.notes.append("ratios " + ", ".join(f"{each.ratio:.2f}" for each in found))
    said.notes.append(f"{bench.ask('SELECT count(*) FROM study_studyslice'):,} slices")
    return said


def _wrong(bench: Bench) -> int:
    overlapping = bench.ask(
        "SELECT count(*) FROM study_studyslice a JOIN study_studyslice b ON a.user_id = b.user_id AND a.id < b.id "
        "AND a.started_at < b.ended_at AND b.started_at < a.ended_at"
    )
    beyond = bench.ask(
        "SELECT count(*) FROM study_studysession WHERE tab = 'bench' "
        "AND credited_ms > 1000 * extract(epoch FROM last_recv_at - started_at)"
    )
    idle = int(bench.ask("SELECT count(*) FROM study_studyslice") == 0)
    return overlapping + beyond + idle
