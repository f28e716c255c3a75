"""Exams inside lessons: handing in a practice and passing an exam finish their parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from learning.organisation.models import User
from learning.study.models import Activity
from learning.study.services.finishing import finish_part
from question_bank.exams.models import Attempt

from .models import ExamUse

# Hundreds hand in at once, and few exams stand in lessons: a worker asks again only after this time. What it misses when a
# lesson has just been published, `finish_by_earlier_attempts` makes up for when the lesson is opened.
KEPT_FOR = timedelta(seconds=30)
_kept: list[tuple[datetime, frozenset[int]]] = []


def exams_in_lessons(*, now: datetime) -> frozenset[int]:
    """The ids of the exams that open lessons ask for, at most KEPT_FOR old."""
    if not _kept or not timedelta(0) <= now - _kept[0][0] < KEPT_FOR:
        ids = ExamUse.objects.filter(activity__is_open=True).values_list("exam", flat=True)
        _kept[:] = [(now, frozenset(ids))]
    return _kept[0][1]


def forget() -> None:
    """What lessons ask for has changed."""
    _kept.clear()


def finish_by_attempts(*, attempts: Iterable[Attempt], now: datetime) -> None:
    """For attempts that have just been marked; called inside the transaction that marked them. No query, as a rule,
    where no lesson asks for these exams."""
    asked = exams_in_lessons(now=now)
    marked = [each for each in attempts if each.exam_id in asked]
    if not marked:
        return
    by_exam: dict[int, list[ExamUse]] = {}
    for use in ExamUse.objects.filter(exam__in={each.exam_id for each in marked}).select_related(
        "activity__parent"
    ):
        by_exam.setdefault(use.exam_id, []).append(use)
    for attempt in marked:
        for use in by_exam.get(attempt.exam_id, ()):
            if attempt.passed or not use.must_pass:
                finish_part(user=attempt.user, activity=use.activity, part=use.part, now=now)


def finish_by_earlier_attempts(*, user: User, activity: Activity, now: datetime) -> int:
    """For a member who opens a lesson whose exam they sat before it was in the lesson, or while no lesson knew of it.
    Returns how many parts that may have finished."""
    uses = list(ExamUse.objects.filter(activity=activity))
    if not uses:
        return 0
    sat = Attempt.objects.filter(
        user=user, exam__in={use.exam_id for use in uses}, state=Attempt.State.MARKED
    )
    passed = dict[int, bool]()
    for exam_id, good in sat.values_list("exam", "passed"):
        passed[exam_id] = passed.get(exam_id, False) or bool(good)
    done = [use for use in uses if passed.get(use.exam_id) or (use.exam_id in passed and not use.must_pass)]
    for use in done:
        finish_part(user=user, activity=activity, part=use.part, now=now)
    return len(done)
