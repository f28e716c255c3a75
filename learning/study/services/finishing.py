"""What is finished: deeds told by other rooms, lessons, courses, meetings entered by hand. Once and for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services import audit
from learning.study.crediting import Rules, fixed_hours
from learning.study.errors import NotPossible
from learning.study.intervals import instant, instant_ms, split_at_midnight, subtract
from learning.study.lessons import (
    DEEDS,
    Covered,
    Lesson,
    lesson_complete,
    lesson_hours,
    open_in_order,
    own_hours,
    parts_of,
)
from learning.study.models import Activity, Completion, Coverage, StudySlice

from .hours import note_hours
from .people import lock_people, units_on
from .reached import note_completed

LONGEST_MINUTES = 24 * 60
ALMOST_A_MILLISECOND = timedelta(microseconds=999)  # rounds an instant up


@transaction.atomic
def finish_part(*, user: User, activity: Activity, part: str, now: datetime) -> Completion | None:
    """A deed of a lesson is done: its exam passed, its reflection accepted, its book or link opened. Returns the
    lesson's completion if this made it, else None; None as well for a part that the lesson has no more.

    It counts in a lesson that has been closed since: a mark may be given late. Again: nothing changes."""
    parts = parts_of(activity.parts)
    named = next((each for each in parts if each.key == part), None)
    if named is None or named.kind not in DEEDS:
        return None
    lock_people([user.pk])
    row, made = Coverage.objects.get_or_create(
        user=user,
        activity=activity,
        part=part,
        defaults={
            "spans": [1],
            "covered_ms": 1,
            "total_ms": 1,
            "completed_at": now,
            "updated_at": now,
        },
    )
    if not made and row.completed_at is not None:
        return None
    if not made:
        row.spans, row.covered_ms, row.total_ms = [1], 1, 1
        row.completed_at = row.updated_at = now
        row.save(update_fields=["spans", "covered_ms", "total_ms", "completed_at", "updated_at"])
    rows = Coverage.objects.filter(user=user, activity=activity)
    covered = {each.part: Covered(each.covered_ms, each.completed_at is not None) for each in rows}
    if not lesson_complete(parts, covered):
        return None
    made_now = complete([user.pk], activity, now=now)
    if made_now and activity.parent is not None:
        complete_courses(courses=[activity.parent], now=now, user_ids=[user.pk])
    return Completion.objects.get(user=user, activity=activity) if made_now else None


@transaction.atomic
def complete_courses(
    *, courses: Iterable[Activity], now: datetime, user_ids: Collection[int] | None = None
) -> int:
    """Completes the courses for whoever has completed all that they require now; returns how many completions that
    were. `user_ids` None: of everybody."""
    made = 0
    for course in courses:
        lessons = lessons_of(course)
        asked = [each.id for each in lessons if each.required] or [each.id for each in lessons]
        if not asked:
            continue
        done = Completion.objects.filter(activity__in=asked)
        if user_ids is not None:
            done = done.filter(user__in=user_ids)
        through = done.values("user").annotate(n=Count("pk")).filter(n=len(asked))
        ready = through.exclude(user__in=Completion.objects.filter(activity=course).values("user"))
        ids = list(ready.values_list("user", flat=True))
        lock_people(ids)
        made += complete(ids, course, now=now)
    return made


@transaction.atomic
def record_by_hand(
    *,
    activity: Activity,
    users: Sequence[User],
    by: User,
    reason: str,
    now: datetime,
    minutes: int = 0,
) -> int:
    """Enters for these people that they finished the activity: a meeting they were at, or what was studied elsewhere.
    Returns for how many that was new. A course brings its lessons with it. `minutes` of study time are entered from
    the time it was held (else until now), less what the person is credited for already.

    It counts on the day it was held. Raises NotPossible without a reason, or before the meeting."""
    if not reason.strip():
        raise NotPossible(_("请填写原因。"))
    if activity.held_at is not None and activity.held_at > now:
        raise NotPossible(_("活动还没有举行。"))
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise NotPossible(_("时长须在 0 到 1440 分钟之间。"))
    ids = sorted({user.pk for user in users})
    at = activity.held_at or now
    lock_people(ids)
    told = {"kind": Completion.Kind.MANUAL, "by": by, "reason": reason.strip()[:200]}
    if activity.kind == Activity.Kind.COURSE:
        for lesson in activity.children.filter(is_open=True):
            complete(ids, lesson, now=at, **told)
    made = complete(ids, activity, now=at, **told)
    if activity.parent is not None:
        complete_courses(courses=[activity.parent], now=at, user_ids=ids)
    if minutes:
        enter_time(ids, activity, minutes, now)
    data = {"people": len(ids), "new": made, "minutes": minutes, "reason": reason.strip()}
    audit.record(actor=by, action="study.record", obj=activity, unit=activity.owner_unit, data=data, now=now)
    return made


def lessons_of(course: Activity) -> list[Lesson]:
    """Its open lessons in their order; one query."""
    rows = course.children.filter(is_open=True).order_by("position", "pk").values_list("pk", "required")
    return [Lesson(*row) for row in rows]


def unlocked(course: Activity, completed_ids: Collection[int]) -> set[int]:
    """The ids of the course's open lessons that may be opened by who completed these; one query."""
    lessons = lessons_of(course)
    if not Rules.of(course.rules).in_order:
        return {each.id for each in lessons}
    return open_in_order(lessons, completed_ids)


def hours_for(activity: Activity) -> Decimal:
    """The credit hours that completing this brings by itself: a lesson's its share of its course's, a course's only
    where they are fixed."""
    if activity.kind == Activity.Kind.LESSON:
        return lesson_hours(activity.credit)
    if activity.kind == Activity.Kind.COURSE:
        return fixed_hours(activity.credit)
    return own_hours(activity.credit, activity.nominal_minutes)


def complete(user_ids: Collection[int], activity: Activity, *, now: datetime, **told: Any) -> int:
    """Inserts the completions that are not there yet, with the unit of the day; how many. The people must be locked."""
    there = set(
        Completion.objects.filter(activity=activity, user__in=user_ids).values_list("user", flat=True)
    )
    new = [each for each in user_ids if each not in there]
    units = units_on(new, timezone.localdate(now))
    hours = hours_for(activity)
    made = [
        Completion(
            user_id=each,
            activity=activity,
            unit_id=units.get(each),
            completed_at=now,
            credit_hours=hours,
            **told,
        )
        for each in new
    ]
    Completion.objects.bulk_create(made, batch_size=500)
    note_hours(made)
    note_completed(activity=activity, user_ids=new, at=now)
    return len(new)


def enter_time(user_ids: Sequence[int], activity: Activity, minutes: int, now: datetime) -> None:
    """Enters so many minutes from the time the activity was held, less what the people, who must be locked, are credited
    for already."""
    span = timedelta(minutes=minutes)
    start = activity.held_at or now - span
    asked = (instant_ms(start), instant_ms(min(start + span, now)))
    taken: dict[int, list[tuple[int, int]]] = {}
    near = StudySlice.objects.filter(user__in=user_ids, reserved_until__gt=start, started_at__lt=start + span)
    near.release()
    for user_id, begun, ended in near.values_list("user", "started_at", "ended_at"):
        taken.setdefault(user_id, []).append((instant_ms(begun), instant_ms(ended + ALMOST_A_MILLISECOND)))
    units = units_on(user_ids, timezone.localdate(start))
    zone = timezone.get_default_timezone()
    StudySlice.objects.bulk_create(
        (
            StudySlice(
                user_id=each,
                activity=activity,
                unit_id=units.get(each),
                started_at=instant(a),
                ended_at=instant(b),
                kind=StudySlice.Kind.MANUAL,
            )
            for each in user_ids
            for a, b in split_at_midnight(subtract([asked], taken.get(each, ())), zone)
        ),
        batch_size=500,
    )
