"""From pages to what members may study: the Activities of a course follow its live pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from wagtail.models import Page

from learning.study.models import Activity
from learning.study.services.enrolling import enrol_audience
from learning.study.services.publishing import close_activity, publish_activity

from .examining import forget
from .models import ChapterPage, CoursePage, ExamUse, LessonPage, MaterialUse
from .parts import Part, materials_in, minutes_of, parts_of
from .signals import course_synced


def key_of(page: Page) -> str:
    return f"page:{page.pk}"


def course_of(page: Page) -> CoursePage | None:
    """The course that the page is or belongs to."""
    found: CoursePage | None = CoursePage.objects.ancestor_of(page, inclusive=True).first()
    return found


def rules_of(course: CoursePage) -> dict[str, Any]:
    """As `Activity.rules` keeps them."""
    return {
        "threshold_percent": course.threshold_percent,
        "no_skip": course.no_skip,
        "rate_max": float(course.rate_max),
        "idle_s": course.idle_s,
        "in_order": course.in_order,
    }


def credit_of(course: CoursePage) -> dict[str, Any]:
    """As `Activity.credit` keeps it."""
    match course.credit_kind:
        case CoursePage.Credit.FIXED:
            return {"kind": "fixed", "hours": str(course.fixed_hours)}
        case CoursePage.Credit.TIERS:
            return {"kind": "tiers"}
        case _:
            return {"kind": "nominal", "minutes_per_hour": course.minutes_per_hour}


def open_lessons(course: CoursePage) -> list[LessonPage]:
    """The live lessons in the order of the outline; those below a chapter that was withdrawn are not open."""
    hidden = ChapterPage.objects.child_of(course).filter(live=False).values_list("path", flat=True)
    lessons = LessonPage.objects.descendant_of(course).live().order_by("path")
    closed = tuple(hidden)
    return [lesson for lesson in lessons if not lesson.path.startswith(closed)] if closed else list(lessons)


@transaction.atomic
def sync_course(*, course: CoursePage, now: datetime) -> Activity | None:
    """Makes the activities of the course what its live pages say and expects its audience where it is required. Returns
    the course's activity; None where the course is not live, which closes what was open. Again: nothing changes."""
    Page.objects.select_for_update().get(pk=course.pk)
    course.refresh_from_db()
    activity = _open_course(course, now) if course.live else None
    if activity is None:
        close_activity(key=key_of(course), now=now)
    course_synced.send(CoursePage, course_id=course.pk, now=now)
    return activity


def _open_course(course: CoursePage, now: datetime) -> Activity:
    activity = publish_activity(
        key=key_of(course),
        kind=Activity.Kind.COURSE,
        title=course.title,
        owner_unit=course.owner_unit,
        required=course.required,
        rules=rules_of(course),
        credit=credit_of(course),
        audience_units=list(course.audience_units.all()),
        audience_statuses=course.audience_statuses,
        due_at=course.due_at,
        now=now,
    )
    lessons = open_lessons(course)
    for position, lesson in enumerate(lessons, 1):
        _open_lesson(lesson, activity, position, now)
    kept = [key_of(lesson) for lesson in lessons]
    for key in activity.children.filter(is_open=True).exclude(key__in=kept).values_list("key", flat=True):
        close_activity(key=key, now=now)
    if course.required:
        enrol_audience(activity=activity, now=now)
    return activity


def _open_lesson(lesson: LessonPage, course: Activity, position: int, now: datetime) -> None:
    parts = parts_of(lesson)
    activity = publish_activity(
        key=key_of(lesson),
        kind=Activity.Kind.LESSON,
        parent=course,
        position=position,
        title=lesson.title,
        owner_unit=course.owner_unit,
        required=lesson.required,
        nominal_minutes=lesson.nominal_minutes or minutes_of(parts),
        parts=parts,
        now=now,
    )
    _note_uses(activity, lesson, parts)


def _note_uses(activity: Activity, lesson: LessonPage, parts: list[Part]) -> None:
    """Which material members may load because of the lesson, and which exams complete parts of it."""
    materials = materials_in(lesson)
    activity.material_uses.exclude(material__in=materials).delete()
    MaterialUse.objects.bulk_create(
        [MaterialUse(activity=activity, material=each) for each in materials], ignore_conflicts=True
    )
    activity.exam_uses.all().delete()
    ExamUse.objects.bulk_create(
        ExamUse(activity=activity, exam_id=part["exam"], part=part["key"], must_pass=part["pass"])
        for part in parts
        if part["kind"] == "exam"
    )
    forget()
