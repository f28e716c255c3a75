"""What can be studied comes and goes with the pages that hold it; what was studied stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from learning.organisation.models import Unit
from learning.study.crediting import shared_hours
from learning.study.lessons import is_test, parts_of
from learning.study.models import Activity

from .finishing import complete_courses
from .reached import mend_reached


@transaction.atomic
def publish_activity(
    *,
    key: str,
    kind: str,
    title: str,
    owner_unit: Unit,
    parent: Activity | None = None,
    position: int = 0,
    required: bool = True,
    nominal_minutes: int = 0,
    parts: Sequence[Mapping[str, Any]] = (),
    rules: Mapping[str, Any] | None = None,
    credit: Mapping[str, Any] | None = None,
    audience_units: Collection[Unit] = (),
    audience_statuses: Iterable[str] = (),
    due_at: datetime | None = None,
    held_at: datetime | None = None,
    now: datetime,
) -> Activity:
    """The activity of that key, made or brought up to date, and open. `rules` None: of a lesson its course's, of
    anything else what stands. A course's rules are copied to its lessons. Raises lessons.BadParts."""
    parts_of(parts)
    found = Activity.objects.select_for_update(no_key=True).filter(key=key).first()
    activity = found or Activity(key=key, rules={})
    moved = found is not None and found.parent_id != (parent.pk if parent else None)
    before = activity.parent_id
    if rules is None:
        rules = parent.rules if parent is not None else activity.rules
    activity.kind, activity.title, activity.owner_unit = kind, title[:200], owner_unit
    activity.parent, activity.position, activity.required = parent, position, required
    activity.nominal_minutes, activity.parts = nominal_minutes, [dict(each) for each in parts]
    activity.rules = dict(rules)
    if parent is None:
        activity.credit = dict(credit or {})
    activity.audience_statuses = sorted(set(audience_statuses))
    activity.due_at, activity.held_at = due_at, held_at
    activity.is_open, activity.updated_at = True, now
    activity.save()
    activity.audience_units.set(audience_units)
    if kind == Activity.Kind.COURSE:
        activity.children.exclude(rules=activity.rules).update(rules=activity.rules, updated_at=now)
        share_hours(course=activity)
    elif parent is not None:
        if moved and before is not None:
            share_hours(course=Activity.objects.get(pk=before))
        share_hours(course=parent)
        activity.refresh_from_db(fields=["credit"])
    if found is not None and parent is not None:
        if moved:  # who had begun the lesson has begun another course
            mend_reached(activities=[each for each in (before, parent.pk) if each])
        complete_courses(courses=[parent], now=now)
    return activity


@transaction.atomic
def close_activity(*, key: str, now: datetime) -> None:
    """Nobody can study it from now on, nor the lessons of a closed course. Records stay. A course that waited for
    nothing else is completed for whoever waited."""
    activity = Activity.objects.select_for_update(no_key=True, of=("self",)).filter(key=key).first()
    if activity is None or not activity.is_open:
        return
    activity.is_open, activity.updated_at = False, now
    activity.save(update_fields=["is_open", "updated_at"])
    if activity.parent is not None:
        share_hours(course=activity.parent)
        complete_courses(courses=[activity.parent], now=now)


def share_hours(*, course: Activity) -> None:
    """Gives each of the course's open lessons its share of the credit hours. What was completed keeps what it brought."""
    lessons = list(course.children.filter(is_open=True).order_by("position", "pk"))
    facts = [(each.nominal_minutes, is_test(parts_of(each.parts))) for each in lessons]
    for lesson, hours in zip(lessons, shared_hours(course.credit, facts), strict=True):
        share = {"hours": str(hours)}
        if lesson.credit != share:
            Activity.objects.filter(pk=lesson.pk).update(credit=share)
