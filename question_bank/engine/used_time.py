"""Where an attempt's time went: time used, the account of it by question, estimates, and speed flags
(TIMING.md 2.5).

All times are whole milliseconds. A flag is for a person to look at; no mark depends on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median, quantiles

from question_bank.engine.timing import MILLISECOND, Sitting

GAP_CAP_MS = 10 * 60 * 1000
FAST_FLOOR_MS = 2_000
FAST_SHARE = 0.15
FAST_LEAST_TIMES = 30
UNATTRIBUTED_PERCENT_SHOWN = 5


class Source(StrEnum):
    MEASURED = "measured"
    ESTIMATED = "estimated"


class SpeedFlag(StrEnum):
    FAST = "fast"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class TimeAccount:
    """Identity: Σ by_slot + other + away + unattributed = used, nothing negative."""

    used_ms: int
    by_slot: Mapping[int, int]
    other_ms: int
    away_ms: int
    unattributed_ms: int
    source: Source = Source.MEASURED
    overstated: bool = False

    @property
    def unattributed_is_shown(self) -> bool:
        return self.unattributed_ms * 100 > self.used_ms * UNATTRIBUTED_PERCENT_SHOWN


def used_ms(sitting: Sitting, submitted_at: datetime, deadline_at: datetime) -> int:
    """min(submitted, deadline) − started − Σ paused, never negative."""
    end = min(submitted_at, deadline_at)
    stopped = sitting.paused_ms
    if sitting.paused_at is not None and sitting.paused_at < end:
        stopped += (end - sitting.paused_at) // MILLISECOND
    return max(0, (end - sitting.started_at) // MILLISECOND - stopped)


def account(used: int, by_slot: Mapping[int, int], other_ms: int = 0, away_ms: int = 0) -> TimeAccount:
    """The time used, split as the client measured it; the rest is unattributed.

    Where the claims add up to more than was used, all are scaled down alike and the account is marked
    overstated.
    """
    claimed = sum(by_slot.values()) + other_ms + away_ms
    overstated = claimed > used
    if overstated:
        by_slot = {slot: ms * used // claimed for slot, ms in by_slot.items()}
        other_ms = other_ms * used // claimed
        away_ms = away_ms * used // claimed
    unattributed = used - sum(by_slot.values()) - other_ms - away_ms
    return TimeAccount(used, dict(by_slot), other_ms, away_ms, unattributed, overstated=overstated)


def estimated_account(
    used: int, started_at: datetime, receipts: Iterable[tuple[int, datetime]]
) -> TimeAccount:
    """The account where nothing was measured: from (slot, received at) of each answer, each question is given
    the gap since the receipt before it (the first since the start), at most 10 minutes; marked as an estimate
    (估算)."""
    by_slot: dict[int, int] = {}
    before = started_at
    for slot, received_at in sorted(receipts, key=lambda receipt: receipt[1]):
        gap = max(0, (received_at - before) // MILLISECOND)
        by_slot[slot] = by_slot.get(slot, 0) + min(gap, GAP_CAP_MS)
        before = max(before, received_at)
    measured = account(used, by_slot)
    return TimeAccount(
        used, measured.by_slot, 0, 0, measured.unattributed_ms, Source.ESTIMATED, measured.overstated
    )


@dataclass(frozen=True, slots=True)
class TimeNorm:
    """How long a question took the `n` people who met it."""

    n: int
    median_ms: float
    q1_ms: float
    q3_ms: float


def norm_of(times: Sequence[int]) -> TimeNorm | None:
    """Median and quartiles (inclusive method) of the times on one question; None below two of them."""
    if len(times) < 2:
        return None
    q1, _, q3 = quantiles(times, n=4, method="inclusive")
    return TimeNorm(len(times), median(times), q1, q3)


def speed_flag(time_ms: int, norm: TimeNorm) -> SpeedFlag | None:
    """Fast: below max(2 s, 0.15 × median), from 30 times on. Slow: above Q3 + 3·IQR."""
    if norm.n >= FAST_LEAST_TIMES and time_ms < max(FAST_FLOOR_MS, FAST_SHARE * norm.median_ms):
        return SpeedFlag.FAST
    if time_ms > norm.q3_ms + 3 * (norm.q3_ms - norm.q1_ms):
        return SpeedFlag.SLOW
    return None
