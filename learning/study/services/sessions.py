"""A lesson's page is opened: a session for this load of it, which takes the lease, and the token for its beats."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from learning.organisation.models import User
from learning.study.crediting import Rules
from learning.study.errors import LessonLocked, NotForYou
from learning.study.models import Activity, Completion, Enrolment, StudySession
from learning.study.tokens import study_token

from .enrolling import audience, enrol
from .finishing import unlocked
from .people import lock_people, units_on
from .reached import note_begun


@transaction.atomic
def open_session(*, user: User, activity_id: int, tab: str, now: datetime) -> tuple[StudySession, str]:
    """The session of this tab (1 to 64 characters, new for every load of the page) and its token.

    A new tab takes the lease and starts the person's allowance from nothing; the same tab again gets the same session.
    Whoever begins a course alone is enrolled in it. Raises NotForYou; LessonLocked where an earlier lesson is due."""
    day = timezone.localdate(now)
    lessons = Activity.objects.open_to(user, day=day).filter(kind=Activity.Kind.LESSON)
    lesson = lessons.select_related("parent__owner_unit").filter(pk=activity_id).first()
    if lesson is None or lesson.parent is None:
        raise NotForYou
    if Rules.of(lesson.rules).in_order and lesson.pk not in unlocked(
        lesson.parent, _completed(user, lesson.parent)
    ):
        raise LessonLocked
    _enrol_in(lesson.parent, user, now)
    pace = lock_people([user.pk])[user.pk]
    session = StudySession.objects.filter(user=user, activity=lesson, tab=tab).first()
    if session is None:
        session = StudySession.objects.create(
            user=user,
            activity=lesson,
            unit_id=units_on([user.pk], day).get(user.pk),
            tab=tab,
            started_at=now,
            last_recv_at=now,
        )
        pace.session, pace.covered_at, pace.allowance_ms = session, now, 0
        pace.save(update_fields=["session", "covered_at", "allowance_ms"])
        note_begun(activity=lesson, user_ids=[user.pk], at=now)
    return session, study_token(session, now=now)


def _completed(user: User, course: Activity) -> set[int]:
    return set(
        Completion.objects.filter(user=user, activity__parent=course).values_list("activity", flat=True)
    )


def _enrol_in(course: Activity, user: User, now: datetime) -> None:
    if Enrolment.objects.filter(activity=course, user=user).exists():
        return
    expected = course.required and audience(course, now=now).filter(user=user).exists()
    source = Enrolment.Source.AUDIENCE if expected else Enrolment.Source.SELF
    enrol(activity=course, users=[user], source=source, now=now)
