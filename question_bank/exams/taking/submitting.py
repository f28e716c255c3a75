"""Handing in: the last ops are applied and the attempt is closed and marked in one transaction; asking
again gives the same receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from question_bank.engine.timing import SubmitCode, SubmitReason, TimeRules, may_submit
from question_bank.exams.clock import OPEN_STATES, rules_of_attempt, sitting_of, stored_clock
from question_bank.exams.errors import AttemptClosed, ExamError, NotOpen, TimeRemains, TooEarly
from question_bank.exams.models import Attempt
from question_bank.exams.receipts import Receipt
from question_bank.exams.saving import Op, apply_ops
from question_bank.exams.taking.closing import close_attempts, has_expired, locked_attempt, receipt_of
from question_bank.exams.taking.leaving import left_too_often


def submit_attempt(
    *,
    attempt_id: int,
    by: User | None,
    client: str,
    ops: Sequence[Op],
    reason: str,
    now: datetime,
    owner_id: int | None = None,
) -> Receipt:
    """Applies the ops, closes the attempt and returns its receipt. Of a closed attempt: the receipt it has,
    the ops are kept as late. `reason` self or time_up; `time_up` is a hint, the server's clock decides.

    Raises NotFound, also where `owner_id` is not whose attempt it is; TimeRemains, TooEarly, NotOpen (paused),
    and then nothing was applied; AttemptClosed for a void one.
    """
    with transaction.atomic():
        attempt = locked_attempt(attempt_id, owner_id)
        expired = has_expired(attempt, now)
        if attempt.state in OPEN_STATES and not expired:
            refusal = _refusal(attempt, reason, now)
            if refusal:
                raise refusal
        if ops:
            apply_ops(attempt=attempt, client=client, ops=ops, now=now)
        if attempt.state in OPEN_STATES:
            own = Attempt.Finish.FORCED if left_too_often(attempt) else Attempt.Finish.SELF
            finish = Attempt.Finish.AUTO if expired else own
            close_attempts(
                [attempt], finish_kind=finish, by=by, now=now, data={"client": client, "reason": reason}
            )
    receipt = receipt_of(attempt)
    if receipt is None or attempt.state == Attempt.State.VOID:
        raise AttemptClosed
    return receipt


def _refusal(attempt: Attempt, reason: str, now: datetime) -> ExamError | None:
    if attempt.state == Attempt.State.PAUSED:
        return NotOpen("paused", _("考试已暂停，请等待监考人员恢复。"))
    rules: TimeRules = rules_of_attempt(attempt, attempt.exam)
    said = may_submit(rules, sitting_of(attempt), stored_clock(attempt), SubmitReason(reason), now)
    match said.code:
        case SubmitCode.TIME_REMAINS:
            return TimeRemains(said.remaining_ms, attempt.clock_rev)
        case SubmitCode.TOO_EARLY:
            return TooEarly(said.at or now, said.remaining_ms)
        case SubmitCode.OK:
            return None
