"""Starting an attempt: one insert that holds the whole paper; the database decides who of two was first.

Hundreds start in the same second: two round trips and a commit, by SQL of our own (docs/decisions/0009).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.rows import Columns, lock, read, write
from question_bank.engine.assembly import PoolTooSmall
from question_bank.engine.timing import Entry, History, Sitting, clock_of, may_start
from question_bank.exams.clock import OPEN_STATES, adjustments_for, frozen_rules, rules_of_exam
from question_bank.exams.errors import NoAttemptsLeft, NotFound, NotOpen, TooSoon, WrongPassword
from question_bank.exams.models import Attempt, AttemptEvent, Candidate, Exam, TimeAdjustment
from question_bank.exams.papers import paper_json, plan_for

from .closing import has_expired, settle

SEED_BITS = 62
TRIES = 3


@dataclass(frozen=True, slots=True)
class Started:
    """The open attempt, and whether this call made it."""

    attempt: Attempt
    created: bool


def start_attempt(
    *, exam_id: int, user: User, password: str, now: datetime, fingerprint: str = ""
) -> Started:
    """The member's open attempt, else a new one.

    Raises NotFound, NotOpen, WrongPassword, TooSoon, NoAttemptsLeft.
    """
    for again in range(TRIES):
        try:
            with transaction.atomic():
                return _continue_or_begin(exam_id, user, password, now, fingerprint)
        except _Expired as met:
            # In a transaction of its own: a refusal of the new attempt must not undo it.
            settle(met.attempt, now=now)
        except IntegrityError:
            # Another request of the same member was first; its attempt is the one to go on with.
            if again == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def entry_for(
    candidate: Candidate, earlier: list[Attempt], rows: list[TimeAdjustment], now: datetime
) -> Entry:
    """Whether the candidate (with its exam) may begin now; `earlier` are all attempts, void ones too."""
    counted = [attempt for attempt in earlier if attempt.state != Attempt.State.VOID]
    history = History(
        attempts=len(counted),
        in_progress=any(attempt.state in OPEN_STATES for attempt in counted),
        last_submitted_at=max((a.submitted_at for a in counted if a.submitted_at), default=None),
    )
    return may_start(
        rules_of_exam(candidate.exam), adjustments_for(rows, candidate), candidate.state, history, now
    )


class _Expired(Exception):
    """An earlier attempt is still to be closed."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.pk)
        self.attempt = attempt


def _continue_or_begin(exam_id: int, user: User, password: str, now: datetime, fingerprint: str) -> Started:
    candidate, rows, earlier = _read(exam_id, user)
    exam = candidate.exam
    for attempt in earlier:
        if has_expired(attempt, now):
            raise _Expired(attempt)
        if attempt.state in OPEN_STATES:
            return Started(attempt, created=False)
    if exam.state != Exam.State.PUBLISHED:
        raise NotFound
    _refuse(entry_for(candidate, earlier, rows, now))
    if exam.password and not constant_time_compare(exam.password.strip(), password.strip()):
        raise WrongPassword
    plan = plan_for(exam.pk, exam.pool_version, now)
    seed = secrets.randbits(SEED_BITS)
    try:
        paper = plan.draw(seed=seed, seen_versions=_seen_versions(exam, user, earlier))
    except PoolTooSmall as error:
        # Publishing proved that it can be drawn. A shorter paper is never given instead.
        raise NotOpen("no_paper", _("试卷暂时无法生成，请联系考务人员。")) from error
    clock = clock_of(rules_of_exam(exam), Sitting(now), adjustments_for(rows, candidate))
    attempt = Attempt(
        exam=exam,
        user=user,
        candidate=candidate,
        no=max((each.no for each in earlier), default=0) + 1,
        started_at=now,
        deadline_at=clock.deadline_at,
        accept_until=clock.accept_until,
        seed=seed,
        paper=paper_json(paper),
        rules=frozen_rules(exam, plan.sections),
        max_score=plan.max_score,
    )
    _write(attempt, fingerprint)
    return Started(attempt, created=True)


CANDIDATE = Columns(Candidate, only=("id", "exam", "user", "unit_ancestors", "state", "extra_percent"))
EXAM = Columns(Exam, but=("plan", "instructions", "pass_text", "fail_text"))
ADJUSTMENT = Columns(TimeAdjustment, only=("id", "kind", "value", "revoked_at", "attempt", "unit"))
UNIT = Columns(Unit, only=("id", "key"))
ATTEMPT = Columns(Attempt)
EVENT = Columns(AttemptEvent)

SEAT = f"""
    SELECT {CANDIDATE.of("c")}, {EXAM.of("e")} FROM exams_candidate c JOIN exams_exam e ON e.id = c.exam_id
    WHERE c.exam_id = %s AND c.user_id = %s
"""  # noqa: S608 — columns of ours, here and below
ADJUSTMENTS = f"""
    SELECT {ADJUSTMENT.of("t")}, {UNIT.of("u")} FROM exams_timeadjustment t
    LEFT JOIN organisation_unit u ON u.id = t.unit_id
    WHERE t.exam_id = %s AND t.attempt_id IS NULL AND t.revoked_at IS NULL
"""  # noqa: S608
# By candidate, which only one index knows. Asked by exam and user, a planner whose statistics are of before the exam
# reads all of its attempts.
EARLIER = f"SELECT {ATTEMPT.of('a')} FROM exams_attempt a WHERE a.candidate_id = %s ORDER BY a.no"  # noqa: S608
# An extension of the whole exam locks the exam's row, a change of a candidate that one's. Whoever starts waits for it
# here, then reads it; or is waited for. Without this a start could miss an extension that missed it.
SHARE = "FOR KEY SHARE"


def _read(exam_id: int, user: User) -> tuple[Candidate, list[TimeAdjustment], list[Attempt]]:
    """The candidate with its exam, the adjustments made for more than one attempt, and all earlier attempts, as they are
    once the candidate's and the exam's rows are shared. Raises NotFound."""
    (seats,) = read((f"{SEAT} {lock(SHARE)}", (exam_id, user.pk)))
    if not seats:
        raise NotFound
    candidate = CANDIDATE.read(seats[0])
    candidate.exam = EXAM.read(seats[0][len(CANDIDATE) :])
    adjustments, attempts = read((ADJUSTMENTS, (exam_id,)), (EARLIER, (candidate.pk,)))
    rows = [ADJUSTMENT.read(row) for row in adjustments]
    for adjustment, row in zip(rows, adjustments, strict=True):
        adjustment.unit = UNIT.read(row[len(ADJUSTMENT) :]) if adjustment.unit_id else None
    return candidate, rows, [ATTEMPT.read(row) for row in attempts]


def _write(attempt: Attempt, fingerprint: str) -> None:
    ((attempt.pk,),) = read((f"{ATTEMPT.inserting} RETURNING id", ATTEMPT.values(attempt)))[0]
    event = AttemptEvent(
        attempt=attempt, type="start", at=attempt.started_at, by=attempt.user, fingerprint=fingerprint
    )
    write(EVENT.inserting, [EVENT.values(event)])


def _refuse(entry: Entry) -> None:
    match entry.problem:
        case "":
            return
        case "too_soon":
            raise TooSoon(entry.at)
        case "no_attempts_left":
            raise NoAttemptsLeft
        case _:
            raise NotOpen(entry.code.value, _REASONS.get(entry.code.value, ""), entry.at)


_REASONS = {
    "not_yet": _("考试还没有开始。"),
    "entry_closed": _("已过迟到截止时间，不能再进入考试。"),
    "closed": _("考试已经结束。"),
    "exempt": _("您已免考。"),
    "deferred": _("您已办理缓考。"),
    "absent": _("您已被登记为缺考。"),
    "barred": _("您的考试资格已被取消。"),
}


def _seen_versions(exam: Exam, user: User, earlier: list[Attempt]) -> set[int]:
    """Versions this member met before in this exam; in a resit also in the other exams of its blueprint."""
    papers = [attempt.paper for attempt in earlier]
    if exam.kind == Exam.Kind.RESIT:
        others = Attempt.objects.filter(user=user, exam__blueprint_id=exam.blueprint_id).exclude(exam=exam)
        papers += others.values_list("paper", flat=True)
    return {item["v"] for paper in papers for item in paper}
