"""What organisers do with a course as a whole: publish it with all that is in it, withdraw it, copy it, put its
chapters and lessons in order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from wagtail.actions.copy_page import CopyPageAction
from wagtail.models import Page

from learning.organisation.models import User
from learning.organisation.models.units import KEY_ALPHABET
from learning.organisation.services import audit

from .checking import Problem, lessons_of, newest, problems_of_course
from .errors import CourseError
from .models import CoursePage, LessonPage
from .models.pages import SLUG_LENGTH


class NotReady(CourseError):
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(each.message for each in problems))


@transaction.atomic
def publish_course(*, course: CoursePage, by: User, now: datetime) -> int:
    """Publishes the course, its chapters and its lessons, each as it was saved last; returns how many lessons are open
    then. Raises NotReady with what stops it. Pages with a date to go live keep it."""
    newest_course = newest(course)
    assert isinstance(newest_course, CoursePage)  # noqa: S101 — tells mypy what newest() keeps
    stopping = [each for each in problems_of_course(newest_course, lessons_of(course), now=now) if each.fatal]
    if stopping:
        raise NotReady(stopping)
    below = Page.objects.descendant_of(course).specific().order_by("path")
    # The course last: the activities are made once, when all is live.
    for page in [*below, course]:
        if page.live and not page.has_unpublished_changes:
            continue
        revision = page.get_latest_revision() or page.save_revision(user=by)
        revision.publish(user=by)
    audit.record(
        actor=by,
        action="course.publish",
        obj=course,
        unit=course.owner_unit,
        data={"title": course.title},
        now=now,
    )
    count: int = LessonPage.objects.descendant_of(course).live().count()
    return count


@transaction.atomic
def withdraw_course(*, course: CoursePage, by: User, now: datetime) -> None:
    """Nobody can study it from now on; what was studied stays. Chapters and lessons keep their state."""
    course.unpublish(user=by)
    audit.record(
        actor=by,
        action="course.withdraw",
        obj=course,
        unit=course.owner_unit,
        data={"title": course.title},
        now=now,
    )


@transaction.atomic
def copy_course(*, course: CoursePage, by: User, now: datetime) -> CoursePage:
    """A draft with the same chapters and lessons, for the next year; its dates are left out."""
    title = _("%(title)s（副本）") % {"title": course.title}
    copied = CopyPageAction(
        course,
        to=course.get_parent(),
        recursive=True,
        keep_live=False,
        copy_revisions=False,
        update_attrs={
            "title": title[:255],
            "draft_title": title[:255],
            "slug": get_random_string(SLUG_LENGTH, KEY_ALPHABET),
            "due_at": None,
            "go_live_at": None,
            "expire_at": None,
        },
        user=by,
    ).execute(skip_permission_checks=True)
    made: CoursePage = CoursePage.objects.get(pk=copied.pk)
    facts = {"title": made.title, "from": course.title}
    audit.record(actor=by, action="course.copy", obj=made, unit=made.owner_unit, data=facts, now=now)
    return made


@transaction.atomic
def move_page(*, page: Page, up: bool, by: User) -> bool:
    """Changes places with the neighbour above or below; whether there was one."""
    neighbour = page.get_prev_sibling() if up else page.get_next_sibling()
    if neighbour is None:
        return False
    page.move(neighbour, pos="left" if up else "right", user=by)
    return True
