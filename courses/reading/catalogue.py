"""The member's courses as cards: what must be studied soon comes first, what is done last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import User
from learning.study.models import Activity, Enrolment
from learning.study.services.progress import CourseProgress, LessonProgress, course_progress

from .words import lessons_words


class Show(StrEnum):
    """The filters of the catalogue, as the URL says them."""

    ALL = "all"
    REQUIRED = "required"
    LEARNING = "learning"
    DONE = "done"


NAMES: dict[Show, str | Promise] = {
    Show.ALL: gettext_lazy("全部"),
    Show.REQUIRED: gettext_lazy("必修"),
    Show.LEARNING: gettext_lazy("在学"),
    Show.DONE: gettext_lazy("已学完"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One course for one member. `enrolment` is None until the member is expected to study it or begins by choice."""

    course: Activity
    progress: CourseProgress
    enrolment: Enrolment | None

    @property
    def required(self) -> bool:
        return self.enrolment is not None and self.enrolment.source != Enrolment.Source.SELF

    @property
    def due_at(self) -> datetime | None:
        return (self.enrolment.due_at if self.enrolment else None) or self.course.due_at

    @property
    def done(self) -> bool:
        return self.progress.completed_at is not None

    @property
    def begun(self) -> bool:
        return bool(self.progress.active_ms or any(each.completed_at for each in self.lessons))

    @property
    def learning(self) -> bool:
        return self.begun and not self.done

    @property
    def lessons(self) -> list[LessonProgress]:
        return list(self.progress.lessons)

    @property
    def lessons_done(self) -> int:
        return sum(each.completed_at is not None for each in self.lessons)

    @property
    def percent(self) -> int:
        """The mean of the lessons, which bar and words show; never 100 before the course is done."""
        if self.done:
            return 100
        shares = [1.0 if each.completed_at else each.coverage for each in self.lessons]
        return min(99, int(100 * sum(shares) / len(shares))) if shares else 0

    @property
    def words(self) -> str:
        if self.done:
            return _("已学完")
        if not self.begun:
            return _("未开始")
        return lessons_words(self.percent, self.lessons_done, len(self.lessons))

    def shows(self, show: Show) -> bool:
        return {
            Show.ALL: True,
            Show.REQUIRED: self.required,
            Show.LEARNING: self.learning,
            Show.DONE: self.done,
        }[show]

    def overdue(self, now: datetime) -> bool:
        return not self.done and self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class Chip:
    show: Show
    name: str | Promise
    count: int


def standings(*, user: User, now: datetime, only: Iterable[Activity] | None = None) -> list[Standing]:
    """The courses that are open to the member, most urgent first, in a fixed number of queries."""
    meant = Activity.objects.courses().open_to(user, day=timezone.localdate(now)) if only is None else only
    courses = list(meant)
    enrolments = {
        each.activity_id: each for each in Enrolment.objects.filter(user=user, activity__in=courses)
    }
    progress = course_progress(user=user, courses=courses)
    found = [Standing(course, progress[course.pk], enrolments.get(course.pk)) for course in courses]
    return sorted(found, key=_urgency)


def _urgency(each: Standing) -> tuple[bool, bool, float, bool, str]:
    due = each.due_at.timestamp() if each.due_at else float("inf")
    return (each.done, not each.required, due, not each.begun, each.course.title)


def chips(found: list[Standing]) -> list[Chip]:
    return [Chip(show, NAMES[show], sum(each.shows(show) for each in found)) for show in Show]


def shown(request: HttpRequest) -> Show:
    """What the URL asks for; everything if it asks for nothing that exists."""
    asked = request.GET.get("show", "")
    return Show(asked) if asked in set(Show) else Show.ALL
