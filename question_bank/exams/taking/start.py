"""Starting an attempt: one insert that holds the whole paper; the database decides who of two was first."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from question_bank.engine.assembly import PoolTooSmall
from question_bank.engine.timing import Entry, History, Sitting, clock_of, may_start
from question_bank.exams.clock import OPEN_STATES, adjustments_for, frozen_rules, rules_of_exam
from question_bank.exams.errors import NoAttemptsLeft, NotFound, NotOpen, TooSoon, WrongPassword
from question_bank.exams.models import Attempt, AttemptEvent, Candidate, Exam, TimeAdjustment
from question_bank.exams.papers import paper_json, plan_for

from .closing import settle

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
    for _again in range(TRIES):
        found = Attempt.objects.filter(exam_id=exam_id, user=user).order_by("no")
        earlier = [settle(attempt, now=now) for attempt in found]
        for attempt in earlier:
            if attempt.state in OPEN_STATES:
                return Started(attempt, created=False)
        try:
            with transaction.atomic():
                return Started(
                    _begin(
                        exam_id=exam_id,
                        user=user,
                        password=password,
                        earlier=earlier,
                        now=now,
                        fingerprint=fingerprint,
                    ),
                    created=True,
                )
        except IntegrityError:
            # Another request of the same member was first; its attempt is the one to go on with.
            if _again == TRIES - 1:
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


def _begin(
    *, exam_id: int, user: User, password: str, earlier: list[Attempt], now: datetime, fingerprint: str
) -> Attempt:
    _share(exam_id, user.pk)
    candidate = (
        Candidate.objects.filter(exam_id=exam_id, user=user, exam__state=Exam.State.PUBLISHED)
        .select_related("exam")
        .defer("exam__plan", "exam__instructions", "exam__pass_text", "exam__fail_text")
        .first()
    )
    if candidate is None:
        raise NotFound
    exam = candidate.exam
    rows = list(
        TimeAdjustment.objects.filter(exam_id=exam_id, attempt=None, revoked_at=None)
        .select_related("unit")
        .only("kind", "value", "revoked_at", "attempt_id", "unit__key")
    )
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
    attempt.save(force_insert=True)
    AttemptEvent(attempt=attempt, type="start", at=now, by=user, fingerprint=fingerprint).save(
        force_insert=True
    )
    return attempt


def _share(exam_id: int, user_id: int) -> None:
    """An extension of the whole exam locks the exam's row, a change of a candidate that one's. Whoever
    starts waits for it here, then reads it; or is waited for. Without this a start could miss an extension
    that missed it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(SHARE, [exam_id, user_id])


SHARE = """
    SELECT 1 FROM exams_exam AS exam JOIN exams_candidate AS candidate ON candidate.exam_id = exam.id
    WHERE exam.id = %s AND candidate.user_id = %s FOR KEY SHARE
"""


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
    "exempt": _("你已免考。"),
    "deferred": _("你已办理缓考。"),
    "absent": _("你已被登记为缺考。"),
    "barred": _("你的考试资格已被取消。"),
}


def _seen_versions(exam: Exam, user: User, earlier: list[Attempt]) -> set[int]:
    """Versions this member met before in this exam; in a resit also in the other exams of its blueprint."""
    papers = [attempt.paper for attempt in earlier]
    if exam.kind == Exam.Kind.RESIT:
        others = Attempt.objects.filter(user=user, exam__blueprint_id=exam.blueprint_id).exclude(exam=exam)
        papers += others.values_list("paper", flat=True)
    return {item["v"] for paper in papers for item in paper}
