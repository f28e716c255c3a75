"""What holds for every clock, whatever the rules, adjustments, pauses and the moment of asking."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from question_bank.engine.timing import (
    Adjustment,
    AdjustmentKind,
    CandidateState,
    EndPolicy,
    EntryCode,
    History,
    Phase,
    Sitting,
    SubmitCode,
    TimeRules,
    clock_of,
    may_start,
    may_submit,
)
from question_bank.engine.used_time import account, estimated_account, used_ms

OPENS = datetime(2026, 6, 1, tzinfo=UTC)
DAY_MS = 86_400_000

moments = st.integers(-DAY_MS, 3 * DAY_MS).map(lambda ms: OPENS + timedelta(milliseconds=ms))
rules = st.builds(
    TimeRules,
    opens_at=st.just(OPENS),
    closes_at=st.integers(1, DAY_MS).map(lambda ms: OPENS + timedelta(milliseconds=ms)),
    limit_s=st.integers(1, 20_000),
    end_policy=st.sampled_from(EndPolicy),
    last_entry_at=st.none() | moments,
    net_grace_s=st.integers(0, 300),
    earliest_submit_s=st.integers(0, 20_000),
    max_attempts=st.integers(1, 3),
    delay_s=st.integers(0, 20_000),
)
kinds = st.sampled_from(AdjustmentKind)
adjustments = st.lists(st.builds(Adjustment, kinds, st.integers(-50, 4000)), max_size=4)
extensions = st.builds(Adjustment, kinds, st.integers(0, 4000))
sittings = st.builds(Sitting, moments, st.integers(0, DAY_MS))


@given(rules, sittings, adjustments, moments)
def test_remaining_time_is_never_negative_and_the_deadline_never_after_the_last_answer(
    exam: TimeRules, sitting: Sitting, changes: list[Adjustment], now: datetime
) -> None:
    clock = clock_of(exam, sitting, changes)
    assert clock.remaining_ms(now) >= 0
    assert sitting.started_at <= clock.deadline_at <= clock.accept_until
    if exam.end_policy is EndPolicy.DYNAMIC:
        assert clock.deadline_at <= max(clock.hard_end, sitting.started_at)
    if clock.phase(now) is not Phase.RUNNING:
        assert clock.remaining_ms(now) == 0
    assert clock.submitted_at(now) <= clock.deadline_at


@given(rules, sittings, adjustments, extensions)
def test_an_extension_never_shortens(
    exam: TimeRules, sitting: Sitting, changes: list[Adjustment], extension: Adjustment
) -> None:
    before, after = clock_of(exam, sitting, changes), clock_of(exam, sitting, [*changes, extension])
    assert after.limit >= before.limit
    assert after.deadline_at >= before.deadline_at
    assert after.accept_until >= before.accept_until


@given(rules, sittings, adjustments, st.randoms(use_true_random=False))
def test_the_order_of_adjustments_does_not_matter(
    exam: TimeRules, sitting: Sitting, changes: list[Adjustment], random: object
) -> None:
    shuffled = list(changes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clock_of(exam, sitting, changes) == clock_of(exam, sitting, shuffled)


@given(rules, sittings, adjustments, moments, moments)
def test_time_left_only_falls_and_phases_only_go_on(
    exam: TimeRules, sitting: Sitting, changes: list[Adjustment], one: datetime, other: datetime
) -> None:
    clock = clock_of(exam, sitting, changes)
    earlier, later = sorted((one, other))
    assert clock.remaining_ms(earlier) >= clock.remaining_ms(later)
    order = list(Phase)
    assert order.index(clock.phase(earlier)) <= order.index(clock.phase(later))


@given(rules, sittings, moments, st.integers(0, DAY_MS))
def test_a_pause_in_time_costs_nothing_where_the_end_is_independent(
    exam: TimeRules, sitting: Sitting, at: datetime, length_ms: int
) -> None:
    resumed_at = at + timedelta(milliseconds=length_ms)
    resumed = sitting.pause(at).resume(resumed_at)
    before, after = clock_of(exam, sitting), clock_of(exam, resumed)
    assert after.deadline_at >= before.deadline_at
    if exam.end_policy is EndPolicy.INDEPENDENT:
        assert after.remaining_ms(resumed_at) == before.remaining_ms(at)


@given(rules, adjustments, moments, st.integers(0, 3), st.none() | moments)
def test_whoever_may_start_gets_the_time_that_was_promised(
    exam: TimeRules, changes: list[Adjustment], now: datetime, attempts: int, last: datetime | None
) -> None:
    history = History(attempts, last_submitted_at=last)
    entry = may_start(exam, changes, CandidateState.ELIGIBLE, history, now)
    if entry.ok:
        assert exam.opens_at <= now < clock_of(exam, Sitting(now), changes).hard_end
        assert clock_of(exam, Sitting(now), changes).deadline_at == now + entry.time
    if entry.at is not None:
        assert entry.at > now
        again = may_start(exam, changes, CandidateState.ELIGIBLE, history, entry.at)
        assert again.code is not entry.code or entry.code is not EntryCode.TOO_SOON


@given(rules, sittings, adjustments, moments)
def test_at_the_deadline_everyone_may_submit(
    exam: TimeRules, sitting: Sitting, changes: list[Adjustment], now: datetime
) -> None:
    clock = clock_of(exam, sitting, changes)
    for reason in ("self", "time_up"):
        assert may_submit(exam, sitting, clock, reason, clock.deadline_at).code is SubmitCode.OK
        verdict = may_submit(exam, sitting, clock, reason, now)
        if verdict.code is SubmitCode.TOO_EARLY:
            assert verdict.at is not None
            assert now < verdict.at <= clock.deadline_at


milliseconds = st.integers(0, 10_000_000)
slots = st.integers(1, 5)


@given(milliseconds, st.dictionaries(slots, milliseconds), milliseconds, milliseconds)
def test_the_account_of_time_always_adds_up(
    used: int, by_slot: dict[int, int], other: int, away: int
) -> None:
    times = account(used, by_slot, other, away)
    parts = [*times.by_slot.values(), times.other_ms, times.away_ms, times.unattributed_ms]
    assert sum(parts) == used
    assert min(parts) >= 0
    if not times.overstated:
        assert times.by_slot == by_slot


@given(milliseconds, st.lists(st.tuples(slots, moments), max_size=8), st.randoms(use_true_random=False))
def test_estimated_times_add_up_and_do_not_depend_on_the_order_of_rows(
    used: int, receipts: list[tuple[int, datetime]], random: object
) -> None:
    receipts = list({at: (slot, at) for slot, at in receipts}.values())
    times = estimated_account(used, OPENS, receipts)
    assert sum(times.by_slot.values()) + times.unattributed_ms == used
    random.shuffle(receipts)  # type: ignore[attr-defined]
    assert estimated_account(used, OPENS, receipts) == times


@given(rules, sittings, moments)
def test_used_time_lies_between_nothing_and_the_time_given(
    exam: TimeRules, sitting: Sitting, submitted: datetime
) -> None:
    clock = clock_of(exam, sitting)
    assert 0 <= used_ms(sitting, submitted, clock.deadline_at) <= clock.limit / timedelta(milliseconds=1)
