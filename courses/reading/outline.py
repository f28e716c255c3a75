"""A course as its page lays it out: lessons by chapter, each with its state, and what opens the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from courses.reflecting.returned import Returned
from courses.reflecting.tasks import key_of_part
from learning.study.services.progress import LessonProgress

from .places import page_id

MOST_NAMED = 3  # lessons; more make no sentence


class State(StrEnum):
    DONE = "done"
    LEARNING = "learning"
    NEW = "new"
    LOCKED = "locked"


NAMES: dict[State, str | Promise] = {
    State.DONE: gettext_lazy("已学完"),
    State.LEARNING: gettext_lazy("学习中"),
    State.NEW: gettext_lazy("未开始"),
    State.LOCKED: gettext_lazy("未解锁"),
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """`url` is "" where the page is gone or, to this member, still closed; `why` says what opens it."""

    number: int
    progress: LessonProgress
    url: str
    why: str
    returned: Sequence[Returned] = ()  # reflections of it that the teachers gave back

    @property
    def title(self) -> str:
        return self.progress.activity.title

    @property
    def minutes(self) -> int:
        return self.progress.activity.nominal_minutes

    @property
    def required(self) -> bool:
        return self.progress.activity.required

    @property
    def state(self) -> State:
        if self.progress.completed_at:
            return State.DONE
        if not self.progress.unlocked:
            return State.LOCKED
        return State.LEARNING if self.progress.active_ms or self.progress.coverage else State.NEW

    @property
    def words(self) -> str:
        if self.state == State.LEARNING:
            return _("已学 %(percent)s%%") % {"percent": min(99, int(self.progress.coverage * 100))}
        return str(NAMES[self.state])


@dataclass(frozen=True, slots=True)
class Chapter:
    """Lessons in a row below one heading; without a title those that stand directly below the course."""

    title: str
    lessons: Sequence[Lesson]


def outline(
    course: Page, lessons: Sequence[LessonProgress], returned: Mapping[str, Returned]
) -> list[Chapter]:
    """One query: the pages below the course. `returned` by the key of the part."""
    pages = list(course.get_descendants().live())
    by_id = {page.pk: page for page in pages}
    by_path = {page.path: page for page in pages}
    chapters: list[tuple[str, list[Lesson]]] = []
    for number, progress in enumerate(lessons, 1):
        page = by_id.get(page_id(progress.activity) or 0)
        above = by_path.get(page.path[: -page.steplen]) if page else None
        title = above.title if above else ""
        if not chapters or chapters[-1][0] != title:
            chapters.append((title, []))
        url = (page.url or "") if page and progress.unlocked else ""
        keys = (key_of_part(progress.activity, str(part["key"])) for part in progress.activity.parts)
        back = [returned[key] for key in keys if key in returned]
        chapters[-1][1].append(Lesson(number, progress, url, why_closed(progress, lessons), back))
    return [Chapter(title, below) for title, below in chapters]


def why_closed(lesson: LessonProgress, lessons: Sequence[LessonProgress]) -> str:
    """Which lessons open it: the required ones before it that are not done; of many the first two, and how many."""
    if lesson.unlocked:
        return ""
    before = takewhile(lambda each: each.activity.pk != lesson.activity.pk, lessons)
    missing = [each.activity.title for each in before if each.activity.required and not each.completed_at]
    if not missing:
        return str(NAMES[State.LOCKED])
    many = len(missing) > MOST_NAMED
    named = missing[: MOST_NAMED - 1] if many else missing
    titles = _("、").join(_("“%(title)s”") % {"title": title} for title in named)
    if many:
        return _("学完%(titles)s等 %(count)d 课后开放") % {"titles": titles, "count": len(missing)}
    return _("学完%(titles)s后开放") % {"titles": titles}
