"""Exams inside lessons: handing in a practice finishes its part, and so does an exam once the candidate may see that it
was passed. Before, a finished part would tell a result that is not released."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from learning.organisation.models import User
from learning.study.models import Activity, Coverage
from learning.study.services.finishing import finish_part
from question_bank.exams.models import Attempt, Exam, Release
from question_bank.exams.releasing import visible_parts

from .models import ExamUse

# Hundreds hand in at once, and few exams stand in lessons: a worker asks again only after this time. What it misses when a
# lesson has just been published, `finish_by_earlier_attempts` makes up for when the lesson is opened.
KEPT_FOR = timedelta(seconds=30)
BATCH = 500  # attempts looked at together
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
    asking = {exam for exam, uses in by_exam.items() if any(use.must_pass for use in uses)}
    shown = _known_passed([each.pk for each in marked if each.passed and each.exam_id in asking], now=now)
    for attempt in marked:
        for use in by_exam.get(attempt.exam_id, ()):
            if attempt.pk in shown or not use.must_pass:
                finish_part(user=attempt.user, activity=use.activity, part=use.part, now=now)


def finish_by_earlier_attempts(*, user: User, activity: Activity, now: datetime) -> int:
    """For a member who opens a lesson whose exam they sat before it was in the lesson, while no lesson knew of it, or
    whose result has been released since. Returns how many parts that may have finished."""
    uses = list(ExamUse.objects.filter(activity=activity))
    if not uses:
        return 0
    sat = Attempt.objects.filter(
        user=user, exam__in={use.exam_id for use in uses}, state=Attempt.State.MARKED
    )
    rows = list(sat.values_list("pk", "exam", "passed"))
    asking = {use.exam_id for use in uses if use.must_pass}
    shown = _known_passed([pk for pk, exam, passed in rows if passed and exam in asking], now=now)
    handed_in = {exam for _pk, exam, _passed in rows}
    passed_exams = {exam for pk, exam, _passed in rows if pk in shown}
    done = [use for use in uses if use.exam_id in (passed_exams if use.must_pass else handed_in)]
    for use in done:
        finish_part(user=user, activity=activity, part=use.part, now=now)
    return len(done)


def finish_by_releases(*, now: datetime, exams: Collection[int] | None = None) -> int:
    """Makes up for what was released since it was marked: by a person, at a set time, or by the end of the exam. Of the
    named exams or of all that open lessons ask for. Returns how many parts it finished; again: none."""
    uses = ExamUse.objects.filter(_some_may_see(now), must_pass=True, activity__is_open=True)
    uses = uses.select_related("activity__parent")
    if exams is not None:
        uses = uses.filter(exam__in=exams)
    finished = 0
    for use in uses:
        waiting = list(_waiting(use).values_list("pk", flat=True))
        for begin in range(0, len(waiting), BATCH):
            shown = _known_passed(waiting[begin : begin + BATCH], now=now)
            users = {each.pk: each for each in User.objects.filter(attempts__in=shown)}
            for user in users.values():
                finish_part(user=user, activity=use.activity, part=use.part, now=now)
            finished += len(users)
    return finished


def _some_may_see(now: datetime) -> Q:
    """Uses of exams of which a score may be seen by anybody; spares the sweep the thousands that wait for a release."""
    policy, released = (
        Exam.ReleasePolicy,
        Release.objects.filter(exam=OuterRef("exam"), what=Release.What.SCORE),
    )
    return (
        Q(exam__score_release=policy.AT_MARKED)
        | Q(exam__score_release=policy.AT_CLOSE, exam__closes_at__lte=now)
        | Q(Exists(released.filter(revoked_at=None, at__lte=now)))
    )


def _waiting(use: ExamUse) -> QuerySet[Attempt]:
    """Attempts that passed while the part is not finished for their members."""
    done = Coverage.objects.filter(
        activity=use.activity_id, part=use.part, user=OuterRef("user"), completed_at__isnull=False
    )
    passed = Attempt.objects.filter(exam=use.exam_id, state=Attempt.State.MARKED, passed=True)
    return passed.filter(~Exists(done)).order_by("pk")


def _known_passed(attempts: Collection[int], *, now: datetime) -> set[int]:
    """Those of these passed attempts whose candidates may see their score; at most four queries."""
    if not attempts:
        return set()
    rows = Attempt.objects.filter(pk__in=attempts).select_related("exam", "candidate")
    seen = visible_parts(attempts=list(rows.defer("paper", "rules", "auto_marks")), now=now)
    return {pk for pk, visible in seen.items() if visible.score}
