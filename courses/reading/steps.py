"""Around a lesson: the one before, the one after and what opens it, the course above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wagtail.models import Page

from learning.study.lessons import Lesson, open_in_order
from learning.study.services.progress import CourseProgress, LessonProgress

from .outline import why_closed
from .places import pages_of


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson next to this one. `why` says what opens it; `after_this` that finishing this one does."""

    title: str
    url: str
    open: bool
    after_this: bool
    why: str


@dataclass(frozen=True, slots=True)
class Around:
    """`number` counts from 1."""

    number: int
    total: int
    course_url: str
    before: Step | None
    after: Step | None


def around(progress: CourseProgress, here: LessonProgress) -> Around:
    """One query."""
    lessons = progress.lessons
    at = lessons.index(here)
    before = lessons[at - 1] if at else None
    after = lessons[at + 1] if at + 1 < len(lessons) else None
    pages = pages_of([progress.activity, *(each.activity for each in (before, after) if each)])
    course = pages.get(progress.activity.pk)
    return Around(
        number=at + 1,
        total=len(lessons),
        course_url=(course.url or "") if course else "",
        before=_step(before, progress, here, pages),
        after=_step(after, progress, here, pages),
    )


def _step(
    lesson: LessonProgress | None, progress: CourseProgress, here: LessonProgress, pages: Mapping[int, Page]
) -> Step | None:
    page = pages.get(lesson.activity.pk) if lesson else None
    if lesson is None or page is None:
        return None
    order = [Lesson(each.activity.pk, each.activity.required) for each in progress.lessons]
    done = {each.activity.pk for each in progress.lessons if each.completed_at}
    then = open_in_order(order, done | {here.activity.pk})
    return Step(
        title=lesson.activity.title,
        url=page.url or "",
        open=lesson.unlocked,
        after_this=not lesson.unlocked and lesson.activity.pk in then,
        why=why_closed(lesson, progress.lessons),
    )
