from datetime import UTC, datetime, timedelta

import pytest

from question_bank.engine.timing import (
    MOVES,
    Adjustment,
    AdjustmentKind,
    AttemptState,
    CandidateState,
    Clock,
    EndPolicy,
    Entry,
    EntryCode,
    History,
    IllegalMove,
    Phase,
    Sitting,
    SubmitCode,
    SubmitReason,
    TimeRules,
    check_move,
    clock_of,
    limit_of,
    may_start,
    may_submit,
)

OPENS = datetime(2026, 6, 1, 1, tzinfo=UTC)  # 09:00 in Beijing
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CLOSES = OPENS + 120 * MINUTE


def rules(**changes: object) -> TimeRules:
    """An hour, in a window of two, cut at its end."""
    return TimeRules(**{"opens_at": OPENS, "closes_at": CLOSES, "limit_s": 3600, **changes})  # type: ignore[arg-type]


def add(minutes: int) -> Adjustment:
    return Adjustment(AdjustmentKind.ADD, minutes * 60)


def percent(value: int) -> Adjustment:
    return Adjustment(AdjustmentKind.PERCENT, value)


def window(minutes: int) -> Adjustment:
    return Adjustment(AdjustmentKind.WINDOW, minutes * 60)


@pytest.mark.parametrize(
    ("adjustments", "minutes"),
    [
        ([], 60),
        ([add(10)], 70),
        ([add(10), add(5)], 75),
        ([percent(25)], 75),
        ([percent(50), percent(50)], 135),
        ([add(20), percent(50)], 120),
        ([percent(50), add(20)], 120),
        ([window(30)], 60),
        ([add(-15)], 45),
        ([add(-90)], 0),
    ],
)
def test_limit_is_the_sum_times_the_percentages(adjustments: list[Adjustment], minutes: int) -> None:
    assert limit_of(rules(), adjustments) == minutes * MINUTE


def test_a_fraction_of_a_second_is_given_not_taken() -> None:
    assert limit_of(rules(limit_s=10), [percent(33)]) == 14 * SECOND


def test_adjustments_count_when_their_kind_comes_as_text_from_a_database() -> None:
    assert limit_of(rules(), [Adjustment("add", 60)]) == 61 * MINUTE  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "start", "adjustments", "deadline"),
    [
        (EndPolicy.DYNAMIC, 0, [], 60),
        (EndPolicy.DYNAMIC, 90, [], 120),
        (EndPolicy.DYNAMIC, 90, [add(30)], 120),
        (EndPolicy.DYNAMIC, 90, [window(10)], 130),
        (EndPolicy.DYNAMIC, 90, [add(30), window(60)], 180),
        (EndPolicy.DYNAMIC, 90, [window(-60)], 90),
        (EndPolicy.INDEPENDENT, 0, [], 60),
        (EndPolicy.INDEPENDENT, 119, [], 179),
        (EndPolicy.INDEPENDENT, 119, [add(1), window(30)], 180),
    ],
)
def test_deadline_follows_the_end_policy(
    policy: EndPolicy, start: int, adjustments: list[Adjustment], deadline: int
) -> None:
    clock = clock_of(rules(end_policy=policy), Sitting(OPENS + start * MINUTE), adjustments)
    assert clock.deadline_at == OPENS + deadline * MINUTE
    assert clock.accept_until == clock.deadline_at + 60 * SECOND


@pytest.mark.parametrize(
    ("at", "phase", "remaining_ms"),
    [
        (0 * SECOND, Phase.RUNNING, 3_600_000),
        (60 * MINUTE - timedelta(milliseconds=1), Phase.RUNNING, 1),
        (60 * MINUTE - timedelta(microseconds=1), Phase.RUNNING, 0),
        (60 * MINUTE, Phase.GRACE, 0),
        (61 * MINUTE - timedelta(microseconds=1), Phase.GRACE, 0),
        (61 * MINUTE, Phase.CLOSED, 0),
        (600 * MINUTE, Phase.CLOSED, 0),
    ],
)
def test_ends_are_exclusive_and_remaining_time_stops_at_zero(
    at: timedelta, phase: Phase, remaining_ms: int
) -> None:
    clock = clock_of(rules(), Sitting(OPENS))
    assert (clock.phase(OPENS + at), clock.remaining_ms(OPENS + at)) == (phase, remaining_ms)


def test_a_paused_clock_stands_still_and_gives_the_time_back() -> None:
    paused = Sitting(OPENS).pause(OPENS + 20 * MINUTE)
    clock = clock_of(rules(end_policy=EndPolicy.INDEPENDENT), paused)
    for minutes in (20, 50, 5000):
        assert clock.remaining_ms(OPENS + minutes * MINUTE) == 40 * 60_000
        assert clock.phase(OPENS + minutes * MINUTE) is Phase.RUNNING
    resumed = paused.resume(OPENS + 50 * MINUTE)
    clock = clock_of(rules(end_policy=EndPolicy.INDEPENDENT), resumed)
    assert clock.remaining_ms(OPENS + 50 * MINUTE) == 40 * 60_000
    assert clock.deadline_at == OPENS + 90 * MINUTE


def test_a_second_pause_or_resume_changes_nothing() -> None:
    paused = Sitting(OPENS).pause(OPENS + MINUTE)
    assert paused.pause(OPENS + 2 * MINUTE) == paused
    resumed = paused.resume(OPENS + 3 * MINUTE)
    assert resumed == Sitting(OPENS, paused_ms=120_000)
    assert resumed.resume(OPENS + 4 * MINUTE) == resumed


def test_a_pause_does_not_move_the_end_of_a_dynamic_exam() -> None:
    sitting = Sitting(OPENS + 90 * MINUTE, paused_ms=60_000)
    assert clock_of(rules(), sitting).deadline_at == CLOSES
    assert clock_of(rules(), sitting, [window(1)]).deadline_at == CLOSES + MINUTE


def test_a_late_closer_writes_the_deadline_as_time_of_submission() -> None:
    clock = clock_of(rules(), Sitting(OPENS))
    assert clock.submitted_at(OPENS + 5 * MINUTE) == OPENS + 5 * MINUTE
    assert clock.submitted_at(OPENS + 500 * MINUTE) == OPENS + 60 * MINUTE


@pytest.mark.parametrize(
    ("changes", "adjustments", "at", "expected"),
    [
        ({}, [], -1, Entry(EntryCode.NOT_YET, at=OPENS)),
        ({}, [], 0, Entry(EntryCode.OK, 60 * MINUTE)),
        ({}, [], 78, Entry(EntryCode.OK, 42 * MINUTE)),
        ({}, [], 120, Entry(EntryCode.CLOSED)),
        ({}, [window(30)], 120, Entry(EntryCode.OK, 30 * MINUTE)),
        ({}, [percent(100)], 0, Entry(EntryCode.OK, 120 * MINUTE)),
        ({"last_entry_at": OPENS + 30 * MINUTE}, [], 29, Entry(EntryCode.OK, 60 * MINUTE)),
        ({"last_entry_at": OPENS + 30 * MINUTE}, [], 30, Entry(EntryCode.ENTRY_CLOSED)),
        ({"last_entry_at": OPENS + 30 * MINUTE}, [window(15)], 30, Entry(EntryCode.OK, 60 * MINUTE)),
        ({"last_entry_at": OPENS + 300 * MINUTE}, [], 120, Entry(EntryCode.CLOSED)),
        ({"end_policy": EndPolicy.INDEPENDENT}, [], 119, Entry(EntryCode.OK, 60 * MINUTE)),
        ({"end_policy": EndPolicy.INDEPENDENT}, [], 120, Entry(EntryCode.CLOSED)),
    ],
)
def test_entry_is_open_from_opening_to_last_entry(
    changes: dict[str, object], adjustments: list[Adjustment], at: int, expected: Entry
) -> None:
    entry = may_start(rules(**changes), adjustments, CandidateState.ELIGIBLE, History(), OPENS + at * MINUTE)
    assert entry == expected
    assert entry.ok is (expected.code is EntryCode.OK)


LEFT_AT_10 = OPENS + 10 * MINUTE


@pytest.mark.parametrize(
    ("history", "at", "expected"),
    [
        (History(1, last_submitted_at=LEFT_AT_10), 24, Entry(EntryCode.TOO_SOON, at=OPENS + 25 * MINUTE)),
        (History(1, last_submitted_at=LEFT_AT_10), 25, Entry(EntryCode.OK, 60 * MINUTE)),
        (History(1, last_submitted_at=CLOSES - 10 * MINUTE), 115, Entry(EntryCode.TOO_SOON)),
        (History(2, last_submitted_at=LEFT_AT_10), 60, Entry(EntryCode.NO_ATTEMPTS_LEFT)),
        (History(2, in_progress=True), 60, Entry(EntryCode.CONTINUE)),
        (History(2, in_progress=True), 500, Entry(EntryCode.CONTINUE)),
    ],
)
def test_further_attempts_are_counted_and_spaced(history: History, at: int, expected: Entry) -> None:
    twice = rules(max_attempts=2, delay_s=15 * 60)
    assert may_start(twice, [], CandidateState.ELIGIBLE, history, OPENS + at * MINUTE) == expected


@pytest.mark.parametrize("state", [state for state in CandidateState if state is not CandidateState.ELIGIBLE])
def test_only_an_eligible_candidate_may_start(state: CandidateState) -> None:
    entry = may_start(rules(), [], state, History(), OPENS)
    assert (entry.code.value, entry.problem) == (state.value, "not_eligible")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (EntryCode.OK, ""),
        (EntryCode.CONTINUE, ""),
        (EntryCode.NOT_YET, "not_open"),
        (EntryCode.ENTRY_CLOSED, "not_open"),
        (EntryCode.CLOSED, "not_open"),
        (EntryCode.TOO_SOON, "too_soon"),
        (EntryCode.NO_ATTEMPTS_LEFT, "no_attempts_left"),
    ],
)
def test_every_refusal_has_the_code_of_the_api(code: EntryCode, problem: str) -> None:
    assert Entry(code).problem == problem


@pytest.mark.parametrize(
    ("reason", "at", "expected"),
    [
        (SubmitReason.SELF, 29, SubmitCode.TOO_EARLY),
        (SubmitReason.SELF, 30, SubmitCode.OK),
        (SubmitReason.SELF, 60, SubmitCode.OK),
        (SubmitReason.TIME_UP, 29, SubmitCode.TIME_REMAINS),
        (SubmitReason.TIME_UP, 59, SubmitCode.TIME_REMAINS),
        (SubmitReason.TIME_UP, 60, SubmitCode.OK),
        (SubmitReason.TIME_UP, 61, SubmitCode.OK),
    ],
)
def test_submission_waits_for_its_time(reason: SubmitReason, at: int, expected: SubmitCode) -> None:
    patient, sitting = rules(earliest_submit_s=30 * 60), Sitting(OPENS)
    verdict = may_submit(patient, sitting, clock_of(patient, sitting), reason, OPENS + at * MINUTE)
    assert verdict.code is expected
    assert verdict.remaining_ms == max(0, 60 - at) * 60_000
    assert verdict.at == (OPENS + 30 * MINUTE if expected is SubmitCode.TOO_EARLY else None)


def test_time_up_after_an_extension_is_told_that_time_remains() -> None:
    sitting = Sitting(OPENS)
    clock = clock_of(rules(), sitting, [add(10)])
    verdict = may_submit(rules(), sitting, clock, SubmitReason.TIME_UP, OPENS + 60 * MINUTE)
    assert (verdict.code, verdict.remaining_ms) == (SubmitCode.TIME_REMAINS, 600_000)


def test_paused_time_is_no_working_time_for_the_earliest_submission() -> None:
    patient, sitting = rules(earliest_submit_s=30 * 60), Sitting(OPENS, paused_ms=5 * 60_000)
    clock: Clock = clock_of(patient, sitting)
    assert may_submit(patient, sitting, clock, "self", OPENS + 34 * MINUTE).code is SubmitCode.TOO_EARLY
    assert may_submit(patient, sitting, clock, "self", OPENS + 35 * MINUTE).code is SubmitCode.OK


def test_earliest_submission_never_lies_beyond_the_deadline() -> None:
    patient, sitting = rules(earliest_submit_s=3600), Sitting(CLOSES - 10 * MINUTE)
    verdict = may_submit(patient, sitting, clock_of(patient, sitting), "self", CLOSES - 5 * MINUTE)
    assert verdict.at == CLOSES


def test_a_move_of_the_table_is_legal_and_every_other_is_refused() -> None:
    for old in AttemptState:
        for new in AttemptState:
            if (old, new) in MOVES:
                check_move(old.value, new.value)
            else:
                with pytest.raises(IllegalMove):
                    check_move(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("void", "in_progress"), ("marking", "paused"), ("marked", "paused"), ("paused", "paused")],
)
def test_illegal_moves(old: str, new: str) -> None:
    with pytest.raises(IllegalMove):
        check_move(old, new)


def test_every_state_but_void_can_become_void_and_void_is_final() -> None:
    assert {old for old, new in MOVES if new is AttemptState.VOID} == set(AttemptState) - {AttemptState.VOID}
    assert not [move for move in MOVES if move[0] is AttemptState.VOID]
