"""Windows between two runs of the yardstick; processor time and log volume of an operation; what others took."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .cluster import Cluster
from .figures import Figures
from .load import Window
from .processor import machine_busy_seconds, seconds_of, tree

MOST_BY_OTHERS = 0.10  # of all processors; above it a round is measured again
TRIES = 2


@dataclass(frozen=True)
class Round:
    """One window: `ratio` to the mean of the yardstick before and after; CPU ms and WAL bytes a request."""

    window: Window
    ratio: float
    cpu_ms: float
    wal_bytes: float
    others: float  # share of the machine


def measured(cluster: Cluster, server: int, run: Callable[[], Window], *, pgbench_s: int) -> Round:
    """`run` between two runs of pgbench; `server` is the root of the processes that answer."""
    before = cluster.pgbench(pgbench_s)
    wal = cluster.ask("SELECT pg_current_wal_lsn()")
    own, busy, load, began = _own(cluster, server), machine_busy_seconds(), _children(), time.monotonic()
    window = run()
    elapsed = time.monotonic() - began
    own, busy, load = _own(cluster, server) - own, machine_busy_seconds() - busy, _children() - load
    wal_bytes = int(cluster.ask(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{wal}')"))
    after = cluster.pgbench(pgbench_s)
    return Round(
        window,
        ratio=window.per_second / statistics.mean((before, after)),
        cpu_ms=own / max(1, window.requests) * 1000,
        wal_bytes=wal_bytes / max(1, window.requests),
        others=max(0.0, (busy - own - load) / elapsed / (os.cpu_count() or 1)),
    )


def rounds(
    cluster: Cluster, server: int, runs: Sequence[Callable[[], Window]], *, count: int, pgbench_s: int
) -> list[Round]:
    """`count` rounds, each from the next of `runs`; one that others disturbed is measured again while runs are left."""
    found: list[Round] = []
    spare = len(runs) - count
    for run in runs:
        if len(found) == count:
            break
        each = measured(cluster, server, run, pgbench_s=pgbench_s)
        if each.others > MOST_BY_OTHERS and spare > 0:
            spare -= 1
            print(f"  again: others took {each.others:.0%} of the machine", flush=True)
            continue
        found.append(each)
    return found


def figures(name: str, found: Sequence[Round], *, errors: int = 0) -> Figures:
    """The median of each figure over the rounds; errors add up."""

    def middle(value: Callable[[Round], float]) -> float:
        return statistics.median(map(value, found))

    return Figures(
        name,
        errors=errors + sum(each.window.errors for each in found),
        ratio=middle(lambda each: each.ratio),
        per_second=middle(lambda each: each.window.per_second),
        p50_ms=middle(lambda each: each.window.p50_ms),
        p95_ms=middle(lambda each: each.window.p95_ms),
        p99_ms=middle(lambda each: each.window.p99_ms),
        cpu_ms=middle(lambda each: each.cpu_ms),
        notes=[
            f"{middle(lambda each: each.wal_bytes):.0f} B WAL",
            f"others took {max(each.others for each in found):.0%}",
        ],
    )


def _own(cluster: Cluster, server: int) -> float:
    return seconds_of([*tree(server), *cluster.pids()])


def _children() -> float:
    """Processor seconds of the load generators that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
