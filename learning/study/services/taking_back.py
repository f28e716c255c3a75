"""What was entered by hand is taken back: the records become as if it had never been entered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services import audit
from learning.study.errors import NotPossible
from learning.study.lessons import Covered, course_complete, demanded, lesson_complete, parts_of
from learning.study.models import Activity, Completion, Coverage, StudySlice

from .finishing import LONGEST_MINUTES, complete, enter_time, lessons_of
from .hours import note_hours
from .people import lock_people
from .reached import mend_reached

MANUAL = Completion.Kind.MANUAL
A_MINUTE = timedelta(minutes=1)


@transaction.atomic
def take_back(*, activity: Activity, users: Sequence[User], by: User, reason: str, now: datetime) -> int:
    """Takes back that these people finished the activity, as far as it was entered by hand: the completion with its
    credit hours, the lessons entered with a course, and the study time. What they did themselves counts from then on,
    on the day they did it; the course above stays complete only where it is by rule. Returns for how many.

    Raises NotPossible without a reason, or where nothing is entered, or nothing any more, for any of them."""
    if not reason.strip():
        raise NotPossible(_("请填写原因。"))
    lock_people([user.pk for user in users])
    entered = list(Completion.objects.filter(activity=activity, user__in=users, kind=MANUAL))
    if not entered:
        raise NotPossible(_("这条登记已经撤销。"))
    ids = sorted(each.user_id for each in entered)
    gone = [*entered, *_with_the_course(activity, entered)]
    time = StudySlice.objects.filter(activity=activity, user__in=ids, kind=StudySlice.Kind.MANUAL)
    lengths = [each.ended_at - each.started_at for each in time]
    time.delete()
    _remove(gone)
    for lesson in activity.children.all() if activity.kind == Activity.Kind.COURSE else [activity]:
        _complete_as_covered(lesson, [each.user_id for each in gone if each.activity_id == lesson.pk])
    if activity.kind == Activity.Kind.COURSE:
        _complete_by_rule(activity, ids)
    elif activity.parent is not None:
        _complete_by_rule(activity.parent, _remove_what_needed(activity, entered))
    _enter_hidden_time(activity, ids, now)
    mend_reached(activities={activity.pk, activity.parent_id or activity.pk})
    data = {
        "people": len(ids),
        "hours": f"{sum((each.credit_hours for each in gone), Decimal('0.00')):.2f}",
        "minutes": sum(lengths, timedelta()) // A_MINUTE,
        "reason": reason.strip(),
        "numbers": list(User.objects.filter(pk__in=ids).order_by("number").values_list("number", flat=True)),
    }
    audit.record(
        actor=by, action="study.take_back", obj=activity, unit=activity.owner_unit, data=data, now=now
    )
    return len(ids)


def _with_the_course(course: Activity, entered: Iterable[Completion]) -> list[Completion]:
    """The lessons' completions that came in the same entry."""
    same = {(each.user_id, each.completed_at, each.by_id, each.reason) for each in entered}
    lessons = Completion.objects.filter(
        activity__parent=course, user__in={each.user_id for each in entered}, kind=MANUAL
    )
    return [each for each in lessons if (each.user_id, each.completed_at, each.by_id, each.reason) in same]


def _remove(gone: Collection[Completion]) -> None:
    note_hours(gone, sign=-1)
    Completion.objects.filter(pk__in=[each.pk for each in gone]).delete()


def _complete_as_covered(lesson: Activity, user_ids: Collection[int]) -> None:
    """Completes the lesson for those who have taken it in themselves, on the day they had."""
    parts = parts_of(lesson.parts)
    asked = {each.key for each in demanded(parts)}
    rows: dict[int, list[Coverage]] = {}
    for row in Coverage.objects.filter(activity=lesson, user__in=user_ids):
        rows.setdefault(row.user_id, []).append(row)
    for user_id, own in rows.items():
        if lesson_complete(
            parts, {each.part: Covered(each.covered_ms, bool(each.completed_at)) for each in own}
        ):
            at = max(each.completed_at or each.updated_at for each in own if not asked or each.part in asked)
            complete([user_id], lesson, now=at)


def _remove_what_needed(lesson: Activity, entered: Collection[Completion]) -> list[int]:
    """Removes the course's own completion of those who have not finished the lesson without the entry in time for it;
    returns their ids. A course completed before the entry, or entered by hand itself, does not rest on it."""
    lessons = lessons_of(lesson.parent) if lesson.parent else []
    if any(each.required for each in lessons) and lesson.pk not in {
        each.id for each in lessons if each.required
    }:
        return []
    entered_at = {each.user_id: each.completed_at for each in entered}
    own_at = dict(
        Completion.objects.filter(activity=lesson, user__in=entered_at).values_list("user", "completed_at")
    )
    courses = Completion.objects.filter(activity=lesson.parent, user__in=entered_at).exclude(kind=MANUAL)
    gone = [
        each
        for each in courses
        if each.completed_at >= entered_at[each.user_id]
        and not (each.user_id in own_at and own_at[each.user_id] <= each.completed_at)
    ]
    _remove(gone)
    return [each.user_id for each in gone]


def _complete_by_rule(course: Activity, user_ids: Collection[int]) -> None:
    """Completes the course for those who have all that it asks for now, on the day of the last of it."""
    lessons = lessons_of(course)
    asked = {each.id for each in lessons if each.required} or {each.id for each in lessons}
    done: dict[int, dict[int, datetime]] = {}
    rows = Completion.objects.filter(activity__in=asked, user__in=user_ids)
    for user_id, lesson_id, at in rows.values_list("user", "activity", "completed_at"):
        done.setdefault(user_id, {})[lesson_id] = at
    for user_id, instants in done.items():
        if course_complete(lessons, instants):
            complete([user_id], course, now=max(instants.values()))


def _enter_hidden_time(activity: Activity, user_ids: Collection[int], now: datetime) -> None:
    """Other meetings at the same time had no time entered where this one had: they have it now."""
    if activity.held_at is None:
        return
    most = timedelta(minutes=LONGEST_MINUTES)
    near = Activity.objects.filter(
        kind=Activity.Kind.MEETING,
        held_at__gt=activity.held_at - most,
        held_at__lt=activity.held_at + most,
        completions__user__in=user_ids,
    ).exclude(pk=activity.pk)
    for other in near.distinct().order_by("held_at", "pk"):
        there = Completion.objects.filter(activity=other, user__in=user_ids)
        enter_time(list(there.values_list("user", flat=True)), other, other.nominal_minutes, now)
