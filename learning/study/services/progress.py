"""How far a person is: courses, lessons, parts, credit hours. Each in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, Max, Sum
from django.utils import timezone

from learning.organisation.models import Role, User
from learning.organisation.permissions import roles_held
from learning.study.crediting import Rules, fixed_hours
from learning.study.intervals import MILLISECOND, Spans, subtract
from learning.study.lessons import (
    MEDIA,
    READING,
    Covered,
    Lesson,
    Part,
    coverage,
    coverage_ms,
    lesson_hours,
    open_in_order,
    parts_of,
)
from learning.study.models import Activity, Completion, Coverage, StudySlice

NOTHING = Decimal("0.00")


class Studied(NamedTuple):
    """Credited time on an activity, and when its last stretch began."""

    ms: int
    at: datetime | None


NEVER = Studied(0, None)


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """`coverage` 0 to 1 over the required parts; `covered_ms` of `total_ms` over those that take time; `active_ms` is
    credited study time."""

    activity: Activity
    completed_at: datetime | None
    coverage: float
    covered_ms: int
    total_ms: int
    unlocked: bool
    active_ms: int
    hours: Decimal


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """`coverage` over the required lessons; `hours_total` what the whole course brings; `resume` where to go on: the
    lesson studied last if it is not complete, else the first open one that is not; None when nothing is left. `studied_at`:
    when the last stretch of study time began."""

    activity: Activity
    lessons: list[LessonProgress]
    completed_at: datetime | None
    coverage: float
    hours_earned: Decimal
    hours_total: Decimal
    active_ms: int
    resume: Activity | None
    studied_at: datetime | None

    @property
    def completed_lessons(self) -> int:
        return sum(1 for each in self.lessons if each.completed_at is not None)


@dataclass(frozen=True, slots=True)
class PartProgress:
    """One part of a lesson. `spans`: of media what was watched, `missing`: what was not (ms); `read` and `least_ms`: ms
    per block of a text."""

    part: Part
    covered_ms: int
    completed_at: datetime | None
    position_ms: int = 0
    spans: Spans = field(default_factory=list)
    missing: Spans = field(default_factory=list)
    read: list[int] = field(default_factory=list)


def course_progress(*, user: User, courses: Sequence[Activity]) -> dict[int, CourseProgress]:
    """Course id → how far the user is; four queries for any number of courses."""
    lessons: dict[int, list[Activity]] = {each.pk: [] for each in courses}
    by_id = {each.pk: each for each in courses}
    for lesson in Activity.objects.filter(parent__in=by_id, is_open=True).order_by("position", "pk"):
        lesson.parent = by_id[lesson.parent_id or 0]
        lessons[lesson.parent.pk].append(lesson)
    ids = [lesson.pk for group in lessons.values() for lesson in group]
    covered, touched = _covered(user, ids)
    done = {
        each.activity_id: each for each in Completion.objects.filter(user=user, activity__in=[*ids, *by_id])
    }
    active = _active(user, [*ids, *by_id])
    return {
        course.pk: _course(course, lessons[course.pk], covered, touched, done, active) for course in courses
    }


def _course(
    course: Activity,
    lessons: Sequence[Activity],
    covered: dict[int, dict[str, Covered]],
    touched: dict[int, datetime],
    done: dict[int, Completion],
    active: dict[int, Studied],
) -> CourseProgress:
    order = [Lesson(each.pk, each.required) for each in lessons]
    may_open = {each.pk for each in lessons}
    if Rules.of(course.rules).in_order:
        may_open = open_in_order(order, done)
    found: list[LessonProgress] = []
    shares: list[tuple[int, int, float]] = []
    for lesson in lessons:
        parts, rows = parts_of(lesson.parts), covered.get(lesson.pk, {})
        ms, total = coverage_ms(parts, rows)
        completion = done.get(lesson.pk)
        share = coverage(parts, rows)
        found.append(
            LessonProgress(
                lesson,
                completion.completed_at if completion else None,
                share,
                ms,
                total,
                lesson.pk in may_open,
                active.get(lesson.pk, NEVER).ms,
                lesson_hours(lesson.credit),
            )
        )
        if lesson.required:
            shares.append((ms, total, share))
    left = [each for each in found if each.completed_at is None and each.unlocked]
    begun = [each for each in left if each.activity.pk in touched]
    last = max(begun, key=lambda each: touched[each.activity.pk], default=None)
    resume = last or next((each for each in left if each.activity.required), next(iter(left), None))
    times = [active.get(each.pk, NEVER) for each in (course, *lessons)]
    own = done.get(course.pk)
    earned = sum((done[each].credit_hours for each in (course.pk, *may_open) if each in done), NOTHING)
    return CourseProgress(
        course,
        found,
        own.completed_at if own else None,
        _share(shares),
        earned,
        fixed_hours(course.credit) + sum((each.hours for each in found), NOTHING),
        sum(each.ms for each in times),
        resume.activity if resume else None,
        max((each.at for each in times if each.at), default=None),
    )


def _share(shares: Sequence[tuple[int, int, float]]) -> float:
    """By time where the lessons take time, else by their number."""
    total = sum(each[1] for each in shares)
    if total:
        return sum(each[0] for each in shares) / total
    return sum(each[2] for each in shares) / len(shares) if shares else 0.0


def lesson_parts(*, user: User, lesson: Activity) -> list[PartProgress]:
    """Every part of a lesson in order, with what of it was watched or read; one query."""
    rows = {each.part: each for each in Coverage.objects.filter(user=user, activity=lesson)}
    found: list[PartProgress] = []
    for part in parts_of(lesson.parts):
        row = rows.get(part.key)
        spans: Spans = []
        read: list[int] = []
        if part.kind in MEDIA:
            spans = [(a, b) for a, b in row.spans] if row else []
        elif part.kind in READING:
            read = [*(row.spans if row else ()), *[0] * len(part.least_ms)][: len(part.least_ms)]
        whole = [(0, part.length_ms)] if part.kind in MEDIA else []
        found.append(
            PartProgress(
                part,
                min(row.covered_ms, part.total_ms) if row else 0,
                row.completed_at if row else None,
                row.position_ms if row else 0,
                spans,
                subtract(whole, spans),
                read,
            )
        )
    return found


def year_hours(*, user: User, year: int) -> Decimal:
    """Credit hours of what the user completed in that year, local time."""
    zone = timezone.get_default_timezone()
    begin, end = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    rows = Completion.objects.filter(user=user, completed_at__gte=begin, completed_at__lt=end)
    total: Decimal | None = rows.aggregate(hours=Sum("credit_hours"))["hours"]
    return (total or NOTHING).quantize(NOTHING)


def year_target(*, user: User, now: datetime) -> int:
    """The credit hours expected of the user a year: more of a secretary (书记)."""
    held = roles_held(user, day=timezone.localdate(now))
    secretary = any(role == Role.SECRETARY for role, _path in held)
    return int(settings.STUDY_YEARLY_TARGET_HOURS["secretary" if secretary else "member"])


def _covered(user: User, ids: Sequence[int]) -> tuple[dict[int, dict[str, Covered]], dict[int, datetime]]:
    covered: dict[int, dict[str, Covered]] = {}
    touched: dict[int, datetime] = {}
    rows = Coverage.objects.filter(user=user, activity__in=ids)
    for lesson, part, ms, done, at in rows.values_list(
        "activity", "part", "covered_ms", "completed_at", "updated_at"
    ):
        covered.setdefault(lesson, {})[part] = Covered(ms, done is not None)
        touched[lesson] = max(at, touched.get(lesson, at))
    return covered, touched


def _active(user: User, ids: Sequence[int]) -> dict[int, Studied]:
    spent = ExpressionWrapper(F("ended_at") - F("started_at"), DurationField())
    rows = StudySlice.objects.filter(user=user, activity__in=ids).values("activity")
    rows = rows.annotate(spent=Sum(spent), at=Max("started_at"))
    return {
        lesson: Studied(spent // MILLISECOND, at)
        for lesson, spent, at in rows.values_list("activity", "spent", "at")
    }
