"""Which things a change of something above them concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from courses.models import CoursePage, LessonPage, MaterialUse, TopicBook, TopicCourse, TopicPage
from learning.organisation.models import Membership, Unit
from learning.organisation.permissions import any_path
from learning.study.models import Activity
from question_bank.exams.models import Exam
from question_bank.questions.models import Chapter, Question
from search.models import Kind, Reach

Reached = Iterator[tuple[Kind, Iterable[int]]]


def reached(reach: Reach, ids: Collection[int], *, now: datetime) -> Reached:
    """The things of each kind that these changes of one reach concern, as they stand now."""
    return _BY_REACH[reach](ids, now)


def _unit(ids: Collection[int], now: datetime) -> Reached:
    """A unit's name may tell others of that name apart from it."""
    names = Unit.objects.filter(pk__in=ids).order_by().values("name")
    concerned = Unit.objects.filter(Q(pk__in=ids) | Q(name__in=names))
    paths = list(concerned.values_list("path", flat=True))
    owned = any_path(paths, "owner_unit__path__startswith")
    rows = {
        Kind.TOPIC: TopicPage.objects.filter(owned),
        Kind.BOOK: TopicBook.objects.filter(any_path(paths, "topic__owner_unit__path__startswith")),
        Kind.EXAM: Exam.objects.filter(owned),
        Kind.QUESTION: Question.objects.filter(any_path(paths, "bank__owner_unit__path__startswith")),
    }
    meant = Activity.objects.filter(any_path(paths, "audience_units__path__startswith"))
    studied = Activity.objects.filter(owned | Q(pk__in=meant.values("pk")) | Q(parent__in=meant.values("pk")))
    yield Kind.COURSE, _pages_of(studied.filter(kind=Activity.Kind.COURSE))
    yield Kind.LESSON, _pages_of(studied.filter(kind=Activity.Kind.LESSON))
    for kind, things in rows.items():
        yield kind, _ids(things)
    members = Membership.objects.on(timezone.localdate(now)).filter(any_path(paths, "unit__path__startswith"))
    yield Kind.MEMBER, members.values_list("user", flat=True)


def _chapter(ids: Collection[int], now: datetime) -> Reached:
    concerned = Q(pk__in=[])
    for bank, name in Chapter.objects.filter(pk__in=ids).values_list("bank", "full_name"):
        concerned |= Q(chapter__bank=bank) & (
            Q(chapter__full_name=name) | Q(chapter__full_name__startswith=f"{name}/")
        )
    yield Kind.QUESTION, _ids(Question.objects.filter(concerned))


def _outline(ids: Collection[int], now: datetime) -> Reached:
    yield Kind.COURSE, ids
    below = any_path(CoursePage.objects.filter(pk__in=ids).values_list("path", flat=True), "path__startswith")
    yield Kind.LESSON, _ids(LessonPage.objects.filter(below))


def _listing(ids: Collection[int], now: datetime) -> Reached:
    yield Kind.TOPIC, ids
    yield Kind.BOOK, _ids(TopicBook.objects.filter(topic__in=ids))
    listed = TopicCourse.objects.filter(topic__in=ids).values_list("course", flat=True)
    yield from _outline(set(listed), now)


def _material(ids: Collection[int], now: datetime) -> Reached:
    uses = MaterialUse.objects.filter(material__in=ids).values("activity")
    yield Kind.LESSON, _pages_of(Activity.objects.filter(pk__in=uses))


def _ids(rows: QuerySet[Any]) -> Iterable[int]:
    return rows.order_by().values_list("pk", flat=True)


def _pages_of(activities: QuerySet[Activity]) -> list[int]:
    """An activity of a page is named by its id (courses.publishing.key_of)."""
    keys = activities.filter(key__startswith="page:").values_list("key", flat=True)
    return [int(key.removeprefix("page:")) for key in keys]


_BY_REACH: dict[Reach, Callable[[Collection[int], datetime], Reached]] = {
    Reach.UNIT: _unit,
    Reach.CHAPTER: _chapter,
    Reach.OUTLINE: _outline,
    Reach.LISTING: _listing,
    Reach.MATERIAL: _material,
}
