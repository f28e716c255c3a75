"""What an organiser may change while an exam runs: time for one, a unit or all; pause and resume; reopen,
void, force.

Every act has a reason, an AttemptEvent for each attempt it touched, and one audit entry. Locks are taken in
one order, exam before attempts before candidates, so that an extension and a closer wait for each other and
never deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from learning.organisation.models import Unit, User
from learning.organisation.services.audit import record
from question_bank.engine.timing import AdjustmentKind, EndPolicy, check_move
from question_bank.exams.clock import OPEN_STATES, adjustments_for, recomputed_clock, remaining_ms, sitting_of
from question_bank.exams.errors import AttemptClosed, NotFound, NotPossible
from question_bank.exams.models import Attempt, AttemptEvent, Candidate, Exam, TimeAdjustment
from question_bank.exams.results import rewrite_results
from question_bank.exams.signals import attempts_taken_back
from question_bank.exams.taking.closing import (
    Closed,
    close_attempts,
    has_expired,
    locked_attempt,
    write_attempts,
)

CLOCK_FIELDS = ("deadline_at", "accept_until", "clock_rev")
SITTING_FIELDS = ("state", "paused_at", "paused_ms", *CLOCK_FIELDS)
REOPENED_FIELDS = (
    *SITTING_FIELDS,
    "rules",
    "submitted_at",
    "finish_kind",
    "auto_marks",
    "score",
    "passed",
    "answered",
    "receipt_number",
    "receipt_hash",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom an act is for: one attempt, the candidates of a unit and those below it, or (neither) the whole
    exam."""

    exam_id: int
    attempt_id: int | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """What a scope holds while its rows are locked."""

    exam: Exam
    attempts: list[Attempt]
    audit_unit: Unit


def extend(
    *, scope: Scope, kind: str, value: int, reason: str, by: User | None, now: datetime
) -> TimeAdjustment:
    """More time: `add` seconds, `percent` more, or the `window` later by seconds; negative values take
    away. It reaches the running attempts of the scope at once and those that start later.

    Raises NotFound; AttemptClosed for a single attempt that is over (reopen it instead); NotPossible for
    nothing.
    """
    if not value:
        raise NotPossible(_("请填写要调整的时间。"))
    if kind == AdjustmentKind.PERCENT and value <= -100:
        raise NotPossible(_("不能减去全部时间。"))
    with transaction.atomic():
        held = _hold(scope, reason)
        adjustment = TimeAdjustment.objects.create(
            exam=held.exam,
            attempt_id=scope.attempt_id,
            unit=scope.unit,
            kind=AdjustmentKind(kind).value,
            value=value,
            reason=reason.strip(),
            by=by,
            at=now,
        )
        _recompute(held, now)
        data = {"kind": kind, "value": value, "reason": reason.strip(), "adjustment": adjustment.pk}
        _log(held, "extend", data, by, now)
    return adjustment


def follow_window(*, exam_id: int, reason: str, by: User | None, now: datetime) -> int:
    """After the exam's own end was changed: the running attempts follow it; returns how many. Raises
    NotFound."""
    with transaction.atomic():
        held = _hold(Scope(exam_id), reason)
        _recompute(held, now)
        if held.attempts:
            _log(held, "extend", {"kind": "closes_at", "reason": reason.strip()}, by, now)
    return len(held.attempts)


def revoke_adjustment(*, adjustment_id: int, reason: str, by: User | None, now: datetime) -> TimeAdjustment:
    """Takes an adjustment back; running attempts lose what it gave. Raises NotFound; NotPossible if it
    already is."""
    with transaction.atomic():
        found = TimeAdjustment.objects.select_related("unit").filter(pk=adjustment_id).first()
        if found is None:
            raise NotFound
        held = _hold(Scope(found.exam_id, found.attempt_id, found.unit), reason)
        if not TimeAdjustment.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=now):
            raise NotPossible(_("这次时间调整已经撤销。"))
        found.revoked_at = now
        _recompute(held, now)
        _log(held, "revoke", {"reason": reason.strip(), "adjustment": found.pk}, by, now)
    return found


def pause(*, scope: Scope, reason: str, by: User | None, now: datetime) -> int:
    """Stops the clock of the running attempts in scope and returns how many; an attempt whose time is
    already over is left to the closer. Raises NotFound, AttemptClosed."""

    def stop(attempt: Attempt) -> bool:
        if attempt.state != Attempt.State.IN_PROGRESS or has_expired(attempt, now):
            return False
        attempt.paused_at = sitting_of(attempt).pause(now).paused_at
        attempt.state = Attempt.State.PAUSED
        return True

    return _stop_or_go(scope=scope, act="pause", change=stop, reason=reason, by=by, now=now)


def resume(*, scope: Scope, reason: str, by: User | None, now: datetime) -> int:
    """Lets the paused attempts in scope go on with the time they had left and returns how many."""

    def go(attempt: Attempt) -> bool:
        if attempt.state != Attempt.State.PAUSED:
            return False
        sitting = sitting_of(attempt).resume(now)
        attempt.paused_at, attempt.paused_ms = sitting.paused_at, sitting.paused_ms
        attempt.state = Attempt.State.IN_PROGRESS
        return True

    return _stop_or_go(scope=scope, act="resume", change=go, reason=reason, by=by, now=now)


def reopen_attempt(
    *, attempt_id: int, seconds: int | None, reason: str, by: User | None, now: datetime
) -> Attempt:
    """A closed attempt in progress again, with its answers, and with `seconds` of working time from now
    (None: what was left when it was handed in). The time it lay closed is counted as a pause; receipt and
    marks are taken back and kept in the event.

    Raises NotFound; NotPossible if it is open or void, if nothing would be left, or if another attempt is
    open.
    """
    with transaction.atomic():
        exam = _locked_exam_of(attempt_id)
        attempt = locked_attempt(attempt_id)
        held = _Held(exam, [attempt], exam.owner_unit)
        _needs_reason(reason)
        if attempt.state not in (Attempt.State.MARKING, Attempt.State.MARKED) or attempt.submitted_at is None:
            raise NotPossible(_("只有已交卷的作答可以恢复。"))
        check_move(attempt.state, Attempt.State.IN_PROGRESS)
        receipt = {
            "receipt": attempt.receipt_number,
            "hash": attempt.receipt_hash,
            "score": str(attempt.score),
        }
        if seconds is None:
            seconds = (attempt.deadline_at - attempt.submitted_at) // timedelta(seconds=1)
        if seconds <= 0:
            raise NotPossible(_("这次作答没有剩余时间，请给出可用的时间。"))
        attempt.paused_ms += max(0, (now - attempt.submitted_at) // timedelta(milliseconds=1))
        attempt.state = Attempt.State.IN_PROGRESS
        # Leaving the page is counted on, but what was forgiven is not held against the member again.
        attempt.rules["away_allowed"] = attempt.away_count + exam.away_allowed
        attempt.submitted_at = attempt.auto_marks = attempt.score = attempt.passed = attempt.answered = None
        attempt.finish_kind = attempt.receipt_number = attempt.receipt_hash = ""
        _give(attempt=attempt, exam=exam, seconds=seconds, reason=reason, by=by, now=now)
        try:
            with transaction.atomic():
                write_attempts([attempt], REOPENED_FIELDS)
        except IntegrityError as error:
            raise NotPossible(_("该考生另有一次作答正在进行。")) from error
        rewrite_results([attempt.candidate_id], now=now)
        _log(held, "reopen", {"reason": reason.strip(), "seconds": seconds, **receipt}, by, now)
        attempts_taken_back.send(Attempt, attempts=[attempt], now=now)
    return attempt


def void_attempt(*, attempt_id: int, reason: str, by: User | None, now: datetime) -> Attempt:
    """The attempt counts no more, neither its score nor as one of the attempts allowed; nothing of it is
    deleted."""
    with transaction.atomic():
        attempt = locked_attempt(attempt_id)
        _needs_reason(reason)
        if attempt.state == Attempt.State.VOID:
            raise NotPossible(_("这次作答已经作废。"))
        check_move(attempt.state, Attempt.State.VOID)
        data = {"reason": reason.strip(), "from": attempt.state}
        attempt.state = Attempt.State.VOID
        attempt.paused_at = None
        attempt.save(update_fields=["state", "paused_at"])
        rewrite_results([attempt.candidate_id], now=now)
        _log(_Held(attempt.exam, [attempt], attempt.exam.owner_unit), "void", data, by, now)
        attempts_taken_back.send(Attempt, attempts=[attempt], now=now)
    return attempt


def force_submit(*, attempt_id: int, reason: str, by: User | None, now: datetime) -> Closed:
    """Hands in for the member what is saved; `reopen_attempt` takes it back. `by` None is the rule about
    leaving the page. Raises NotFound, AttemptClosed."""
    with transaction.atomic():
        attempt = locked_attempt(attempt_id)
        _needs_reason(reason)
        if attempt.state not in OPEN_STATES:
            raise AttemptClosed
        data = {"reason": reason.strip()}
        closed = close_attempts([attempt], finish_kind=Attempt.Finish.FORCED, by=by, now=now, data=data)[0]
        record(
            actor=by,
            action="attempt.force_submit",
            obj=attempt,
            unit=attempt.exam.owner_unit,
            data=data,
            now=now,
        )
    return closed


def _stop_or_go(
    *, scope: Scope, act: str, change: Callable[[Attempt], bool], reason: str, by: User | None, now: datetime
) -> int:
    with transaction.atomic():
        held = _hold(scope, reason)
        changed = [attempt for attempt in held.attempts if change(attempt)]
        if not changed and scope.attempt_id is not None:
            raise NotPossible(_("这次作答现在不能这样处理。"))
        held = _Held(held.exam, changed, held.audit_unit)
        _recompute(held, now, SITTING_FIELDS)
        _log(held, act, {"reason": reason.strip()}, by, now)
    return len(changed)


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise NotPossible(_("请填写原因。"))


def _hold(scope: Scope, reason: str) -> _Held:
    """Locks the exam (a start waits, see taking.start) and the open attempts of the scope in the order of
    their ids."""
    _needs_reason(reason)
    exam = (
        Exam.objects.select_for_update(of=("self",))
        .select_related("owner_unit")
        .filter(pk=scope.exam_id)
        .first()
    )
    if exam is None:
        raise NotFound
    attempts = Attempt.objects.filter(exam=exam)
    if scope.attempt_id is not None:
        attempts = attempts.filter(pk=scope.attempt_id)
        if not attempts.exists():
            raise NotFound
    found = list(attempts.open().select_for_update(of=("self",)).select_related("candidate").order_by("pk"))
    if scope.attempt_id is not None and not found:
        raise AttemptClosed
    if scope.unit is not None:
        found = [attempt for attempt in found if scope.unit.key in attempt.candidate.unit_ancestors]
    return _Held(exam, found, scope.unit or exam.owner_unit)


def _locked_exam_of(attempt_id: int) -> Exam:
    exam = (
        Exam.objects.select_for_update(of=("self",))
        .select_related("owner_unit")
        .filter(attempts=attempt_id)
        .first()
    )
    if exam is None:
        raise NotFound
    return exam


def _live_rows(exam: Exam) -> list[TimeAdjustment]:
    return list(TimeAdjustment.objects.filter(exam=exam, revoked_at=None).select_related("unit"))


def _recompute(held: _Held, now: datetime, names: Sequence[str] = CLOCK_FIELDS) -> None:
    """Writes every held attempt's clock anew. Time taken away never ends a running clock in the past: what
    was answered until now was answered in time."""
    rows = _live_rows(held.exam)
    for attempt in held.attempts:
        deadline_at = recomputed_clock(attempt, held.exam, rows, attempt.candidate).deadline_at
        _set_clock(attempt, max(deadline_at, min(attempt.deadline_at, attempt.paused_at or now)))
    write_attempts(held.attempts, names)


def _set_clock(attempt: Attempt, deadline_at: datetime) -> None:
    attempt.deadline_at = deadline_at
    attempt.accept_until = deadline_at + timedelta(seconds=attempt.rules["net_grace_s"])
    attempt.clock_rev += 1


def _give(*, attempt: Attempt, exam: Exam, seconds: int, reason: str, by: User | None, now: datetime) -> None:
    """Adjusts the attempt's own clock by rows, so that `seconds` are left at `now` and a later
    recomputation agrees."""

    def clock() -> datetime:
        rows = _live_rows(exam)
        return recomputed_clock(attempt, exam, rows, candidate).deadline_at

    def adjust(kind: AdjustmentKind, value: int) -> None:
        TimeAdjustment.objects.create(
            exam=exam, attempt=attempt, kind=kind.value, value=value, reason=reason.strip(), by=by, at=now
        )

    candidate = Candidate.objects.get(pk=attempt.candidate_id)
    wanted = now + timedelta(seconds=seconds)
    if attempt.rules["end_policy"] == EndPolicy.DYNAMIC:
        window = timedelta(
            seconds=sum(
                a.value
                for a in adjustments_for(_live_rows(exam), candidate, attempt.pk)
                if a.kind is AdjustmentKind.WINDOW
            )
        )
        missing = wanted - (exam.closes_at + window)
        if missing > timedelta(0):
            adjust(AdjustmentKind.WINDOW, _whole_seconds(missing))
    missing = wanted - clock()
    if missing:
        factor = Decimal(1)
        for adjustment in adjustments_for(_live_rows(exam), candidate, attempt.pk):
            if adjustment.kind is AdjustmentKind.PERCENT:
                factor *= Decimal(100 + adjustment.value) / 100
        add = int((Decimal(_whole_seconds(missing)) / factor).to_integral_value(ROUND_CEILING))
        if add:
            adjust(AdjustmentKind.ADD, add)
    _set_clock(attempt, clock())


def _whole_seconds(span: timedelta) -> int:
    """Rounded up: nobody loses a part of a second."""
    return -(-span // timedelta(seconds=1))


def _log(held: _Held, act: str, data: dict[str, Any], by: User | None, now: datetime) -> None:
    AttemptEvent.objects.bulk_create(
        AttemptEvent(
            attempt=attempt,
            type=act,
            at=now,
            by=by,
            data={**data, "remaining_ms": remaining_ms(attempt, now), "clock_rev": attempt.clock_rev},
        )
        for attempt in held.attempts
    )
    one = held.attempts[0] if len(held.attempts) == 1 else None
    record(
        actor=by,
        action=f"attempt.{act}" if one else f"exam.{act}",
        obj=one or held.exam,
        unit=held.audit_unit,
        data={**data, "exam": held.exam.title, "attempts": len(held.attempts)},
        now=now,
    )
