"""The numbers of a course's report, of all its people or of those of some units; a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from learning.organisation.rows import among, read
from learning.study.models import Activity, Completion, Coverage, Enrolment, StudySlice
from question_bank.engine.statistics import Distribution

ZONES = 20  # of a video's strip
ACTIVE_DAYS = (7, 30)


@dataclass(frozen=True, slots=True)
class LessonNumbers:
    """`begun` people opened it or finished it, `finished` finished it; `seconds`: active study time of those who finished
    it; `lost`: how many finished the lesson before it and not this one."""

    activity: Activity
    begun: int
    finished: int
    lost: int
    seconds: Distribution


@dataclass(frozen=True, slots=True)
class Strip:
    """How many of `viewers` of a video have watched each twentieth of it."""

    lesson: Activity
    title: str
    viewers: int
    zones: tuple[int, ...]

    @property
    def shares(self) -> list[Fraction]:
        return [Fraction(zone, self.viewers) if self.viewers else Fraction(0) for zone in self.zones]


@dataclass(frozen=True)
class CourseNumbers:
    course: Activity
    as_of: datetime
    enrolled: int
    expected: int
    begun: int
    finished: int
    overdue: int
    active: dict[int, int]
    curve: list[tuple[date, int, int]]
    lessons: list[LessonNumbers]
    strips: list[Strip] = field(default_factory=list)

    @property
    def drop_off(self) -> LessonNumbers | None:
        """Where most are lost: the lesson that most people who finished the one before have not finished."""
        worst = max(self.lessons, key=lambda each: each.lost, default=None)
        return worst if worst and worst.lost else None


@dataclass(frozen=True)
class Audience:
    """Whose records count: everybody's in the course, or those of some enrolments (a secretary's own people)."""

    course: Activity
    people: QuerySet[Enrolment]
    everybody: bool

    def of(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Narrows rows with a `user`. Whoever studies a course is enrolled, so that everybody needs no condition."""
        return rows if self.everybody else rows.filter(user__in=self.people.order_by().values("user"))

    def sql(self, column: str) -> tuple[str, list[Any]]:
        """The same as a condition that begins with AND, and its values."""
        if self.everybody:
            return "", []
        sql, values = self.people.order_by().values("user").query.sql_with_params()
        return f" AND {column} IN ({sql})", list(values)


def course_numbers(*, audience: Audience, now: datetime) -> CourseNumbers:
    course, people = audience.course, audience.people
    lessons = list(Activity.objects.filter(parent=course).order_by("position", "pk"))
    ids = [lesson.pk for lesson in lessons]
    finished = audience.of(Completion.objects.filter(activity__in=ids))
    expected = ~Q(source=Enrolment.Source.SELF)
    late = Q(until__lt=now, completed_at=None)
    counts = people.annotate(until=Coalesce("due_at", F("activity__due_at"))).aggregate(
        enrolled=Count("pk"),
        expected=Count("pk", filter=expected),
        begun=Count("begun_at"),
        finished=Count("completed_at"),
        overdue=Count("pk", filter=expected & late),
    )
    return CourseNumbers(
        course=course,
        as_of=now,
        enrolled=counts["enrolled"],
        expected=counts["expected"],
        begun=counts["begun"],
        finished=counts["finished"],
        overdue=counts["overdue"],
        active={days: _active(audience, ids, now - timedelta(days=days), now) for days in ACTIVE_DAYS},
        curve=_curve(people),
        lessons=_lessons(
            lessons,
            dict(finished.values_list("activity").annotate(n=Count("pk")).values_list("activity", "n")),
            _opened(audience, ids),
            _times(audience, ids),
        ),
        strips=_strips(audience, lessons),
    )


def _opened(audience: Audience, ids: Sequence[int]) -> dict[int, int]:
    """How many people opened each lesson, or finished it without (by hand); one statement."""
    if not ids:
        return {}
    opened, values = among("s.activity_id", ids)
    finished, same = among("f.activity_id", ids)
    of_session, session_values = audience.sql("s.user_id")
    of_completion, completion_values = audience.sql("f.user_id")
    either = f"""
        SELECT s.activity_id, s.user_id FROM study_studysession s WHERE {opened}{of_session}
        UNION SELECT f.activity_id, f.user_id FROM study_completion f WHERE {finished}{of_completion}
    """  # noqa: S608 — our own names
    parameters = [values, *session_values, same, *completion_values]
    (by_lesson,) = read(
        (f"SELECT t.activity_id, COUNT(*) FROM ({either}) t GROUP BY t.activity_id", parameters)  # noqa: S608
    )
    return dict(by_lesson)


def _active(audience: Audience, ids: Sequence[int], since: datetime, now: datetime) -> int:
    rows = StudySlice.objects.filter(activity__in=ids, ended_at__gt=since, started_at__lt=now)
    return audience.of(rows).values("user").distinct().count()


def _curve(people: QuerySet[Enrolment]) -> list[tuple[date, int, int]]:
    """(day, finished on it, finished until then), days with a completion only."""
    rows = (
        people.filter(completed_at__isnull=False)
        .order_by()
        .annotate(day=TruncDate("completed_at"))
        .values_list("day")
        .annotate(n=Count("pk"))
        .order_by("day")
    )
    days = [(day, n) for day, n in rows.values_list("day", "n")]
    return [(day, n, total) for (day, n), total in zip(days, accumulate(n for _day, n in days), strict=True)]


SECONDS = {
    "postgresql": "ROUND(EXTRACT(EPOCH FROM SUM(d.ended_at - d.started_at)))::bigint",
    "sqlite": "CAST(ROUND(SUM((julianday(d.ended_at) - julianday(d.started_at)) * 86400)) AS INTEGER)",
}


def _times(audience: Audience, ids: Sequence[int]) -> dict[int, Distribution]:
    """Active seconds a person on each lesson, of those who finished it."""
    if not ids:
        return {}
    wanted, values = among("d.activity_id", ids)
    of_people, user_values = audience.sql("d.user_id")
    statement = f"""
        SELECT activity_id, seconds, COUNT(*) FROM (
            SELECT d.activity_id, d.user_id, {SECONDS[connection.vendor]} AS seconds FROM study_studyslice d
            JOIN study_completion f ON f.user_id = d.user_id AND f.activity_id = d.activity_id
            WHERE {wanted}{of_people} GROUP BY d.activity_id, d.user_id
        ) t GROUP BY activity_id, seconds
    """  # noqa: S608 — our own names
    counts: dict[int, dict[int | Fraction, int]] = defaultdict(dict)
    (rows,) = read((statement, [values, *user_values]))
    for lesson, seconds, n in rows:
        counts[lesson][int(seconds)] = n
    return {lesson: Distribution.counted(each) for lesson, each in counts.items()}  # type: ignore[arg-type]


def _lessons(
    lessons: Sequence[Activity],
    finished: dict[int, int],
    touched: dict[int, int],
    times: dict[int, Distribution],
) -> list[LessonNumbers]:
    found = []
    before: int | None = None
    for lesson in lessons:
        done = finished.get(lesson.pk, 0)
        found.append(
            LessonNumbers(
                lesson,
                touched.get(lesson.pk, 0),
                done,
                0 if before is None else max(0, before - done),
                times.get(lesson.pk, Distribution(())),
            )
        )
        before = done
    return found


def _strips(audience: Audience, lessons: Sequence[Activity]) -> list[Strip]:
    """Of each video and sound part that anybody has begun. A zone counts for whoever watched its middle."""
    media = {
        (lesson.pk, part["key"]): (lesson, part.get("title") or lesson.title)
        for lesson in lessons
        for part in lesson.parts
        if part["kind"] in ("video", "audio")
    }
    if not media:
        return []
    wanted, ids = among("c.activity_id", {lesson for lesson, _key in media})
    of_people, user_values = audience.sql("c.user_id")
    each = "CROSS JOIN jsonb_array_elements(c.spans) s(span)"
    begin, end = "(s.span ->> 0)::bigint", "(s.span ->> 1)::bigint"
    if connection.vendor != "postgresql":
        each = "CROSS JOIN json_each(c.spans) s"
        begin, end = "json_extract(s.value, '$[0]')", "json_extract(s.value, '$[1]')"
    # A text of the same lesson keeps bare numbers, no spans: they have no end.
    # The zones whose middle lies in [begin, end): ceil((2·begin − w) / 2w) … ceil((2·end − w) / 2w) − 1.
    zone = f"(2 * {{at}} * {ZONES} + c.total_ms - 1) / (2 * c.total_ms)"
    first, last = zone.format(at=begin), zone.format(at=end)
    statement = f"""
        SELECT c.activity_id, c.part, {first} AS first, {last} AS last, COUNT(*) FROM study_coverage c {each}
        WHERE {wanted} AND c.total_ms > 0{of_people} AND {end} IS NOT NULL GROUP BY c.activity_id, c.part, first, last
    """  # noqa: S608 — our own names
    (rows,) = read((statement, [ids, *user_values]))
    viewers = audience.of(Coverage.objects.filter(activity__in={key[0] for key in media}, covered_ms__gt=0))
    watched = {
        (lesson, part): n
        for lesson, part, n in viewers.values_list("activity", "part").annotate(n=Count("pk"))
    }
    steps: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * (ZONES + 1))
    for lesson, part, start, stop, n in rows:
        steps[lesson, part][min(int(start), ZONES)] += n
        steps[lesson, part][min(int(stop), ZONES)] -= n
    return [
        Strip(lesson, title, watched[key], tuple(accumulate(steps[key][:ZONES])))
        for key, (lesson, title) in media.items()
        if key in watched
    ]
