"""Courses and lessons: found by whom they are meant for, who is enrolled, and who may look at the owner's courses. Both
exist while their page is public and the activities of the page and of its course are open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Length, Substr
from django.utils import timezone
from wagtail.models import Page

from courses.models import ChapterPage, CoursePage, LessonPage
from courses.models.topics import TopicCourse
from courses.reading.places import page_id
from learning.organisation.models import User
from learning.organisation.permissions import Action, scope_q
from learning.study.models import Activity
from learning.study.services.progress import course_progress
from search.models import Kind

from . import keys
from .base import Draft, ids_of, may_pass
from .lessons import words_of
from .texts import body_of, names_in, title_of, year_of
from .units import Tree


class CourseSource:
    kind = Kind.COURSE

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        activities = open_activities(Activity.Kind.COURSE, ids)
        pages = CoursePage.objects.live().in_bulk(activities.keys())
        tree, audiences = Tree(), audiences_of(activities.values())
        topics, outlines = topics_of(pages), outlines_of(pages.values(), activities.values())
        return [
            self._draft(page, activities[pk], tree, audiences[activities[pk].pk], topics[pk], outlines[pk])
            for pk, page in pages.items()
        ]

    @staticmethod
    def _draft(
        page: CoursePage,
        activity: Activity,
        tree: Tree,
        audience: Sequence[int],
        topics: Sequence[str],
        outline: Sequence[str],
    ) -> Draft:
        teachers = names_in(page.teacher)
        return Draft(
            object_id=page.pk,
            title=title_of(page.title),
            body=body_of([page.summary, *teachers, *outline]),
            audience=found_by(activity, activity, tree, audience),
            names=teachers,
            topics=tuple(topics),
            teachers=teachers,
            units=tree.labels(activity.owner_unit_id),
            year=year_of(page.first_published_at),
        )

    def every(self) -> Iterator[list[int]]:
        return ids_of(CoursePage.objects.live())

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        return open_pages(Activity.Kind.COURSE, user, ids, now)


class LessonSource:
    kind = Kind.LESSON

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        activities = open_activities(Activity.Kind.LESSON, ids)
        pages = LessonPage.objects.live().in_bulk(activities.keys())
        homes = {pk: course_of(activity) for pk, activity in activities.items()}
        courses = CoursePage.objects.live().in_bulk({page_id(course) for course in homes.values()})
        tree, audiences = Tree(), audiences_of(homes.values())
        topics = topics_of(courses)
        words = words_of({pk: (page, activities[pk]) for pk, page in pages.items()})
        found = []
        for pk, page in pages.items():
            activity, home = activities[pk], homes[pk]
            course = courses.get(page_id(home) or 0)
            found.append(
                Draft(
                    object_id=pk,
                    title=title_of(page.title),
                    body=body_of(words[pk]),
                    audience=found_by(activity, home, tree, audiences[home.pk]),
                    topics=tuple(topics[course.pk]) if course else (),
                    teachers=names_in(course.teacher) if course else (),
                    units=tree.labels(activity.owner_unit_id),
                    year=year_of(page.first_published_at),
                )
            )
        return found

    def every(self) -> Iterator[list[int]]:
        return ids_of(LessonPage.objects.live())

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        return open_pages(Activity.Kind.LESSON, user, ids, now)


def existing(kind: str, ids: Iterable[int]) -> QuerySet[Activity]:
    """The open activities of these pages; lessons of open courses only."""
    of_pages = Activity.objects.filter(kind=kind, key__in=[f"page:{pk}" for pk in ids], is_open=True)
    return of_pages.filter(Q(parent=None) | Q(parent__is_open=True))


def open_activities(kind: str, ids: Iterable[int]) -> dict[int, Activity]:
    """By the id of the page."""
    rows = existing(kind, ids).select_related("parent")
    return {pk: activity for activity in rows if (pk := page_id(activity)) is not None}


def course_of(lesson: Activity) -> Activity:
    if lesson.parent is None:
        raise TypeError("A lesson has a course.")
    return lesson.parent


def audiences_of(courses: Iterable[Activity]) -> dict[int, list[int]]:
    """Ids of the audience's units by the course's activity; one query."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = Activity.audience_units.through.objects.filter(activity__in={course.pk for course in courses})
    for activity, unit in rows.order_by("pk").values_list("activity_id", "unit_id"):
        found[activity].append(unit)
    return found


def found_by(activity: Activity, course: Activity, tree: Tree, audience: Sequence[int]) -> frozenset[str]:
    """The keys of the activity, as Activity.objects.open_to and doors.entry_to say: the audience and the enrolled of the
    course, and who may view courses of the activity's owner."""
    found = {keys.enrolled(course.pk)} | tree.overseers(keys.courses_of, activity.owner_unit_id)
    for unit in tree.meant(course.owner_unit_id, audience):
        found |= {keys.member(unit, status) for status in course.audience_statuses or [""]}
    return frozenset(found)


def topics_of(courses: Iterable[int]) -> dict[int, list[str]]:
    """Titles of the public topics that list the courses, by page."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = TopicCourse.objects.filter(course__in=list(courses), topic__live=True)
    for course, title in rows.order_by("topic__title").values_list("course", "topic__title"):
        found[course].append(title)
    return found


def outlines_of(pages: Iterable[CoursePage], courses: Iterable[Activity]) -> dict[int, list[str]]:
    """Titles of the public chapters and the open lessons of the courses, by page; two queries."""
    found: dict[int, list[str]] = defaultdict(list)
    paths = {page.path: page.pk for page in pages}
    above = Substr("path", 1, Length(F("path")) - Page.steplen)
    chapters = ChapterPage.objects.live().annotate(above=above).filter(above__in=list(paths))
    for path, title in chapters.order_by("path").values_list("above", "title"):
        found[paths[path]].append(title)
    lessons = Activity.objects.filter(parent__in=list(courses), is_open=True).select_related("parent")
    for lesson in lessons.order_by("position", "pk").only("title", "parent__key"):
        found[page_id(course_of(lesson)) or 0].append(lesson.title)
    return found


def open_pages(kind: str, user: User | None, ids: Sequence[int], now: datetime) -> dict[int, str]:
    """Addresses of the pages that the person may open: those open to them and those of their scope; three queries."""
    rows = existing(kind, ids)
    if user is not None:
        if not may_pass(user):
            return {}
        mine = Activity.objects.open_to(user, day=timezone.localdate(now)).filter(pk__in=rows.values("pk"))
        rows = rows.filter(Q(pk__in=mine.values("pk")) | scope_q(user, Action.COURSE_VIEW, "owner_unit"))
    found = {int(key.removeprefix("page:")) for key in rows.values_list("key", flat=True)}
    return addresses(Page.objects.live().filter(pk__in=found))


def lessons_to_come(user: User | None, ids: Collection[int]) -> set[int]:
    """Those of the lessons' pages whose turn has not come for the person in a course that is studied in order: such a page
    shows its title alone (courses/reading/lesson.py). None for who may look at the owner's courses. One query; five where
    a course goes in order."""
    if user is None or not ids:
        return set()
    rows = existing(Activity.Kind.LESSON, ids).filter(parent__rules__in_order=True)
    ordered = list(rows.exclude(scope_q(user, Action.COURSE_VIEW, "owner_unit")).select_related("parent"))
    if not ordered:
        return set()
    courses = {course.pk: course for course in map(course_of, ordered)}
    progress = course_progress(user=user, courses=list(courses.values()))
    come = {each.activity.pk for course in progress.values() for each in course.lessons if each.unlocked}
    return {pk for each in ordered if each.pk not in come and (pk := page_id(each)) is not None}


def addresses(pages: QuerySet[Page] | Iterable[Page]) -> dict[int, str]:
    """The pages' addresses by id; those outside the site have none."""
    return {page.pk: page.url for page in pages if page.url}
