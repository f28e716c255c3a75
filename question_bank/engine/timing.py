"""The clock of an attempt: limit, deadline, entry, submission, and the legal moves of its state.

TIMING.md 1.2, 1.3. One source for page, API, lane, closing job and report. `now` is always an argument; ends
are exclusive.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

MILLISECOND = timedelta(milliseconds=1)
NO_TIME = timedelta(0)


class EndPolicy(StrEnum):
    INDEPENDENT = "independent"  # 独立时间: everyone has the full limit, whenever they started
    DYNAMIC = "dynamic"  # 动态时间: the end of the exam ends every attempt


class AdjustmentKind(StrEnum):
    ADD = "add"
    PERCENT = "percent"
    WINDOW = "window"


class Phase(StrEnum):
    RUNNING = "running"
    GRACE = "grace"  # answers still arrive, working time is over
    CLOSED = "closed"


class CandidateState(StrEnum):
    ELIGIBLE = "eligible"
    EXEMPT = "exempt"
    DEFERRED = "deferred"
    ABSENT = "absent"
    BARRED = "barred"


class AttemptState(StrEnum):
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    MARKING = "marking"
    MARKED = "marked"
    VOID = "void"


# Leaving marking or marked for in_progress is a restore or reopening: a reason and a new deadline come with
# it. Marked goes back to marking where a late answer was accepted that a person has to mark.
MOVES: frozenset[tuple[AttemptState, AttemptState]] = frozenset(
    {
        (AttemptState.IN_PROGRESS, AttemptState.PAUSED),
        (AttemptState.IN_PROGRESS, AttemptState.MARKING),
        (AttemptState.IN_PROGRESS, AttemptState.MARKED),
        (AttemptState.IN_PROGRESS, AttemptState.VOID),
        (AttemptState.PAUSED, AttemptState.IN_PROGRESS),
        (AttemptState.PAUSED, AttemptState.MARKING),
        (AttemptState.PAUSED, AttemptState.MARKED),
        (AttemptState.PAUSED, AttemptState.VOID),
        (AttemptState.MARKING, AttemptState.MARKED),
        (AttemptState.MARKING, AttemptState.IN_PROGRESS),
        (AttemptState.MARKING, AttemptState.VOID),
        (AttemptState.MARKED, AttemptState.IN_PROGRESS),
        (AttemptState.MARKED, AttemptState.MARKING),
        (AttemptState.MARKED, AttemptState.VOID),
    }
)


class IllegalMove(ValueError):
    """The attempt cannot go from one state to the other."""


def check_move(old: AttemptState | str, new: AttemptState | str) -> None:
    """Nothing for a move in MOVES; raises IllegalMove for any other, staying in a state included."""
    if (old, new) not in MOVES:
        raise IllegalMove(f"{old} -> {new}")


@dataclass(frozen=True, slots=True)
class TimeRules:
    """The time rules of an exam, as set on it or as copied into an attempt; `_s` are seconds."""

    opens_at: datetime
    closes_at: datetime
    limit_s: int
    end_policy: EndPolicy = EndPolicy.DYNAMIC
    last_entry_at: datetime | None = None
    net_grace_s: int = 60
    earliest_submit_s: int = 0
    max_attempts: int = 1
    delay_s: int = 0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change of time that applies to the attempt, whether made for it, its unit or the exam, and is not
    revoked.

    `value`: seconds for add and window, percent added for percent (20 is a fifth more).
    """

    kind: AdjustmentKind
    value: int


@dataclass(frozen=True, slots=True)
class Sitting:
    """When an attempt began and for how long it has been stopped; `paused_at` is set while it is stopped."""

    started_at: datetime
    paused_ms: int = 0
    paused_at: datetime | None = None

    def pause(self, now: datetime) -> "Sitting":
        """The sitting stopped from `now` on; unchanged if it already is."""
        return self if self.paused_at else replace(self, paused_at=now)

    def resume(self, now: datetime) -> "Sitting":
        """The sitting going on, the time since the pause added to `paused_ms`; unchanged if it was not
        stopped."""
        if self.paused_at is None:
            return self
        stopped_ms = max(0, (now - self.paused_at) // MILLISECOND)
        return replace(self, paused_ms=self.paused_ms + stopped_ms, paused_at=None)


@dataclass(frozen=True, slots=True)
class Clock:
    """When an attempt ends. While it is paused every answer is that of the moment of the pause, and the
    deadline is the one it would have had; resuming gives a new one."""

    limit: timedelta
    deadline_at: datetime
    accept_until: datetime
    hard_end: datetime
    paused_at: datetime | None = None

    def remaining_ms(self, now: datetime) -> int:
        """Working time left in whole milliseconds, never negative."""
        return max(0, (self.deadline_at - (self.paused_at or now)) // MILLISECOND)

    def phase(self, now: datetime) -> Phase:
        """Running before the deadline, grace from it on, closed from `accept_until` on."""
        at = self.paused_at or now
        if at < self.deadline_at:
            return Phase.RUNNING
        return Phase.GRACE if at < self.accept_until else Phase.CLOSED

    def submitted_at(self, now: datetime) -> datetime:
        """The instant to record for a submission handled at `now`: a late closer writes the deadline."""
        return min(self.paused_at or now, self.deadline_at)


def limit_of(rules: TimeRules, adjustments: Iterable[Adjustment]) -> timedelta:
    """(limit + Σ add) × Π percent, in whole seconds rounded up, never negative (TIMING.md 1.3)."""
    seconds = Decimal(rules.limit_s)
    factor = Decimal(1)
    for adjustment in adjustments:
        if adjustment.kind == AdjustmentKind.ADD:
            seconds += adjustment.value
        elif adjustment.kind == AdjustmentKind.PERCENT:
            factor *= 100 + adjustment.value
            factor /= 100
    return timedelta(seconds=max(0, int((seconds * factor).to_integral_value(ROUND_CEILING))))


def hard_end_of(rules: TimeRules, adjustments: Iterable[Adjustment]) -> datetime:
    """closes_at + Σ window, exclusive (TIMING.md 1.3)."""
    return rules.closes_at + _window(adjustments)


def clock_of(rules: TimeRules, sitting: Sitting, adjustments: Iterable[Adjustment] = ()) -> Clock:
    """The clock of one attempt (TIMING.md 1.3); a window that ended before the start leaves no time, not
    less."""
    adjustments = tuple(adjustments)
    limit = limit_of(rules, adjustments)
    hard_end = hard_end_of(rules, adjustments)
    deadline = sitting.started_at + limit + timedelta(milliseconds=sitting.paused_ms)
    if rules.end_policy == EndPolicy.DYNAMIC:
        deadline = max(sitting.started_at, min(deadline, hard_end))
    return Clock(
        limit, deadline, deadline + timedelta(seconds=rules.net_grace_s), hard_end, sitting.paused_at
    )


class EntryCode(StrEnum):
    """`not_yet`, `entry_closed` and `closed` are all `not_open` to the API; the page says which."""

    OK = "ok"
    CONTINUE = "continue"
    NOT_YET = "not_yet"
    ENTRY_CLOSED = "entry_closed"
    CLOSED = "closed"
    TOO_SOON = "too_soon"
    NO_ATTEMPTS_LEFT = "no_attempts_left"
    EXEMPT = "exempt"
    DEFERRED = "deferred"
    ABSENT = "absent"
    BARRED = "barred"


_NOT_OPEN = frozenset({EntryCode.NOT_YET, EntryCode.ENTRY_CLOSED, EntryCode.CLOSED})
_NOT_ELIGIBLE = frozenset({EntryCode.EXEMPT, EntryCode.DEFERRED, EntryCode.ABSENT, EntryCode.BARRED})


@dataclass(frozen=True, slots=True)
class History:
    """A candidate's attempts in this exam so far, void ones left out."""

    attempts: int = 0
    in_progress: bool = False
    last_submitted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether an attempt may start. `time` is what a start now would get; `at` is when to come back, if
    waiting helps."""

    code: EntryCode
    time: timedelta = NO_TIME
    at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.code is EntryCode.OK

    @property
    def problem(self) -> str:
        """The API's code: not_open, not_eligible, too_soon, no_attempts_left; "" for ok and continue."""
        if self.code in _NOT_OPEN:
            return "not_open"
        if self.code in _NOT_ELIGIBLE:
            return "not_eligible"
        return "" if self.code in (EntryCode.OK, EntryCode.CONTINUE) else self.code.value


def may_start(
    rules: TimeRules,
    adjustments: Iterable[Adjustment],
    candidate: CandidateState | str,
    history: History,
    now: datetime,
) -> Entry:
    """Whether the candidate may begin a new attempt; `continue` where one is open, whatever the time.

    A window adjustment moves the last entry with the end: it is made for those who come later.
    """
    adjustments = tuple(adjustments)
    if history.in_progress:
        return Entry(EntryCode.CONTINUE)
    if candidate != CandidateState.ELIGIBLE:
        return Entry(EntryCode(CandidateState(candidate).value))
    hard_end = hard_end_of(rules, adjustments)
    if now >= hard_end:
        return Entry(EntryCode.CLOSED)
    if history.attempts >= rules.max_attempts:
        return Entry(EntryCode.NO_ATTEMPTS_LEFT)
    last_entry = hard_end
    if rules.last_entry_at is not None:
        last_entry = min(hard_end, rules.last_entry_at + _window(adjustments))
    if now >= last_entry:
        return Entry(EntryCode.ENTRY_CLOSED)
    if now < rules.opens_at:
        return Entry(EntryCode.NOT_YET, at=rules.opens_at)
    if history.last_submitted_at is not None:
        again_at = history.last_submitted_at + timedelta(seconds=rules.delay_s)
        if now < again_at:
            return Entry(EntryCode.TOO_SOON, at=again_at if again_at < last_entry else None)
    limit = limit_of(rules, adjustments)
    return Entry(EntryCode.OK, min(limit, hard_end - now) if rules.end_policy == EndPolicy.DYNAMIC else limit)


class SubmitReason(StrEnum):
    SELF = "self"
    TIME_UP = "time_up"


class SubmitCode(StrEnum):
    OK = "ok"
    TOO_EARLY = "too_early"
    TIME_REMAINS = "time_remains"


@dataclass(frozen=True, slots=True)
class Submission:
    """Whether an attempt may be submitted; `remaining_ms` of working time, `at` the earliest submission if
    too early."""

    code: SubmitCode
    remaining_ms: int
    at: datetime | None = None


def may_submit(
    rules: TimeRules, sitting: Sitting, clock: Clock, reason: SubmitReason | str, now: datetime
) -> Submission:
    """The member's submission judged: `time_up` is only a hint, and a member's own waits for the earliest
    submission (最短交卷时间, in working time) but never beyond the deadline. Forced submissions are not asked
    about here."""
    remaining = clock.remaining_ms(now)
    if remaining and reason == SubmitReason.TIME_UP:
        return Submission(SubmitCode.TIME_REMAINS, remaining)
    stopped = timedelta(milliseconds=sitting.paused_ms)
    earliest = min(
        clock.deadline_at, sitting.started_at + timedelta(seconds=rules.earliest_submit_s) + stopped
    )
    if reason == SubmitReason.SELF and (sitting.paused_at or now) < earliest:
        return Submission(SubmitCode.TOO_EARLY, remaining, earliest)
    return Submission(SubmitCode.OK, remaining)


def _window(adjustments: Iterable[Adjustment]) -> timedelta:
    return timedelta(seconds=sum(a.value for a in adjustments if a.kind == AdjustmentKind.WINDOW))
