"""What every bench gets: the cluster, the world in it, and how long to measure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .cluster import Cluster
from .world import Sizes


@dataclass(frozen=True)
class Pace:
    """`rounds` windows of `window_s` between runs of pgbench of `pgbench_s`; `spare` more if others disturb."""

    rounds: int = 3
    spare: int = 2
    window_s: int = 5
    pgbench_s: int = 4
    start_s: int = 4


QUICK = Pace(rounds=1, spare=0, window_s=3, pgbench_s=2, start_s=2)

# Requests prepared for a second of starting or submitting; a run that wants more says so.
STARTS_PER_S, SUBMITS_PER_S = 1_500, 1_000
SAVED_ATTEMPTS, CLOSED_ATTEMPTS, WATCHED_LESSONS = 2_000, 10_000, 2_000
SITTING_ROUNDS = 2


def sitting_rounds(pace: Pace) -> int:
    return min(SITTING_ROUNDS, pace.rounds)


def sizes(names: set[str], pace: Pace) -> Sizes:
    """What the benches of these names need."""
    windows = sitting_rounds(pace)
    return Sizes(
        save=SAVED_ATTEMPTS if names & {"save_postgresql", "save_connections", "member_pages"} else 0,
        start=windows * pace.start_s * STARTS_PER_S
        if "start" in names
        else 100
        if "launches" in names
        else 0,
        submit=windows * pace.start_s * SUBMITS_PER_S if "submit" in names else 0,
        close=CLOSED_ATTEMPTS if "close_10000" in names else 0,
        beats=WATCHED_LESSONS if "beats" in names else 0,
    )


@dataclass(frozen=True)
class Bench:
    cluster: Cluster
    variables: dict[str, str]  # of the servers on the cluster's database
    folder: Path
    pace: Pace
    test_data: Path | None

    def plan(self, name: str) -> Path:
        return self.folder / f"{name}.tsv"

    def ask(self, sql: str) -> int:
        return int(self.cluster.ask(sql, "dangxiao"))
