from datetime import UTC, datetime, timedelta

import pytest

from question_bank.engine.timing import Sitting
from question_bank.engine.used_time import (
    GAP_CAP_MS,
    Source,
    SpeedFlag,
    TimeNorm,
    account,
    estimated_account,
    norm_of,
    speed_flag,
    used_ms,
)

START = datetime(2026, 6, 1, 1, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("sitting", "submitted", "expected_ms"),
    [
        (Sitting(START), 100, 100_000),
        (Sitting(START), 4000, 3_600_000),
        (Sitting(START, paused_ms=30_000), 100, 70_000),
        (Sitting(START, paused_at=after(60)), 100, 60_000),
        (Sitting(START, paused_ms=200_000), 100, 0),
        (Sitting(START), -5, 0),
    ],
)
def test_used_time_ends_at_the_deadline_and_leaves_pauses_out(
    sitting: Sitting, submitted: float, expected_ms: int
) -> None:
    assert used_ms(sitting, after(submitted), after(3600)) == expected_ms


def test_what_was_not_measured_is_unattributed_and_shown_above_five_percent() -> None:
    times = account(100_000, {1: 60_000, 2: 20_000}, other_ms=5_000, away_ms=10_000)
    assert (times.unattributed_ms, times.unattributed_is_shown, times.overstated) == (5_000, False, False)
    assert account(100_000, {1: 94_999}).unattributed_is_shown


def test_claims_beyond_the_time_used_are_scaled_down_alike() -> None:
    times = account(100_000, {1: 300_000, 2: 60_000}, other_ms=20_000, away_ms=20_000)
    assert (times.by_slot, times.other_ms, times.away_ms) == ({1: 75_000, 2: 15_000}, 5_000, 5_000)
    assert (times.unattributed_ms, times.overstated) == (0, True)


def test_without_telemetry_a_question_gets_the_gap_before_its_answer() -> None:
    receipts = [(2, after(90)), (1, after(30)), (1, after(100))]
    times = estimated_account(120_000, START, receipts)
    assert times.by_slot == {1: 40_000, 2: 60_000}
    assert (times.unattributed_ms, times.source) == (20_000, Source.ESTIMATED)


def test_an_estimated_gap_is_capped() -> None:
    assert estimated_account(3_600_000, START, [(1, after(3000))]).by_slot == {1: GAP_CAP_MS}


@pytest.mark.parametrize(
    ("time_ms", "n", "flag"),
    [
        (2_999, 30, SpeedFlag.FAST),
        (3_000, 30, None),
        (2_999, 29, None),
        (60_000, 30, None),
        (60_001, 30, SpeedFlag.SLOW),
    ],
)
def test_speed_flags_begin_at_their_thresholds(time_ms: int, n: int, flag: SpeedFlag | None) -> None:
    # median 20 s: fast below 3 s; Q1 18 s, Q3 28.5 s: slow above 28.5 + 3 × 10.5 = 60 s
    assert speed_flag(time_ms, TimeNorm(n, 20_000, 18_000, 28_500)) is flag


def test_on_a_quick_question_two_seconds_are_the_floor() -> None:
    assert speed_flag(1_999, TimeNorm(30, 5_000, 4_000, 6_000)) is SpeedFlag.FAST
    assert speed_flag(2_000, TimeNorm(30, 5_000, 4_000, 6_000)) is None


def test_the_norm_of_a_question_is_its_median_and_quartiles() -> None:
    assert norm_of([1, 2, 3, 4, 5]) == TimeNorm(5, 3, 2, 4)
    assert norm_of([1]) is None
