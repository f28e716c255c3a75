"""Who is expected to study (应学): the audience of a course, the members of a class, whoever begins by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from learning.organisation.models import Membership, User
from learning.organisation.rows import instant
from learning.study.models import Activity, Enrolment

CHUNK = 500
# How each database makes a JSON list in order.
KEYS = {
    "postgresql": "SELECT c.unit_id, jsonb_agg(a.key ORDER BY c.depth) AS keys FROM {above} GROUP BY c.unit_id",
    "sqlite": "SELECT unit_id, json_group_array(key) AS keys FROM "
    "(SELECT c.unit_id, a.key FROM {above} ORDER BY c.unit_id, c.depth) GROUP BY unit_id",
}
ABOVE = (
    "organisation_unitclosure c JOIN organisation_unit a ON a.id = c.ancestor_id "
    "WHERE c.from_date <= %s AND (c.to_date IS NULL OR c.to_date > %s)"
)
# Who studied before being enrolled had begun then (see `reached`); asked by person, of whom most have nothing yet.
BEGUN = """
    SELECT s.started_at AS at FROM study_studysession s JOIN study_activity l ON l.id = s.activity_id
    WHERE s.user_id = m.user_id AND (l.id = {activity} OR l.parent_id = {activity})
    UNION ALL
    SELECT f.completed_at FROM study_completion f JOIN study_activity l ON l.id = f.activity_id
    WHERE f.user_id = m.user_id AND (l.id = {activity} OR l.parent_id = {activity})
"""
DONE = (
    "SELECT f.completed_at FROM study_completion f WHERE f.user_id = m.user_id AND f.activity_id = {activity}"
)
# One statement for any number of people. A class or an audience makes an expected one of who had begun alone.
ENROL = """
    INSERT INTO study_enrolment
        (activity_id, user_id, unit_id, unit_ancestors, person_status, source, enrolled_at, due_at, begun_at, completed_at)
    WITH above AS ({keys}), members AS ({members})
    SELECT {activity}, m.user_id, m.unit_id, COALESCE(above.keys, '[]'), m.person_status, %s, {at}, {due},
        (SELECT MIN(t.at) FROM ({begun}) t), ({done})
    FROM members m LEFT JOIN above ON above.unit_id = m.unit_id
    LEFT JOIN study_enrolment e ON e.activity_id = %s AND e.user_id = m.user_id
    WHERE e.id IS NULL OR (e.source = 'self' AND %s <> 'self')
    ORDER BY m.user_id
    ON CONFLICT (activity_id, user_id) DO UPDATE SET source = excluded.source, due_at = excluded.due_at
    WHERE study_enrolment.source = 'self' AND excluded.source <> 'self'
"""


def enrol_audience(*, activity: Activity, now: datetime) -> int:
    """Expects everyone whom the activity is meant for today, with the unit and status of today; returns how many were
    not expected before. Who is enrolled already stays as they are."""
    return _enrol(activity, audience(activity, now=now), Enrolment.Source.AUDIENCE, now, activity.due_at)


def enrol(
    *,
    activity: Activity,
    users: Iterable[User],
    source: str,
    now: datetime,
    due_at: datetime | None = None,
) -> int:
    """Enrols these people with the unit they belong to today; returns how many were new. Who belongs to none is left
    out. `due_at` None: the activity's."""
    ids = sorted({user.pk for user in users})
    due_at = due_at or activity.due_at
    made = 0
    for start in range(0, len(ids), CHUNK):
        members = Membership.objects.on(timezone.localdate(now)).filter(user__in=ids[start : start + CHUNK])
        made += _enrol(activity, members, source, now, due_at)
    return made


def audience(activity: Activity, *, now: datetime) -> QuerySet[Membership]:
    """The memberships today whom a course or meeting is meant for: below its owner, in its units, of its statuses."""
    members = (
        Membership.objects.on(timezone.localdate(now))
        .filter(user__is_active=True)
        .within(activity.owner_unit)
    )
    paths = list(activity.audience_units.values_list("path", flat=True))
    if paths:
        meant = Q()
        for path in paths:
            meant |= Q(unit__path__startswith=path)
        members = members.filter(meant)
    statuses: Sequence[str] = activity.audience_statuses
    return members.filter(person_status__in=statuses) if statuses else members


def sweep_audiences(*, now: datetime) -> int:
    """Expects whoever joined an audience since: for every open required course and meeting. Returns how many."""
    activities = Activity.objects.filter(parent=None, is_open=True, required=True).select_related(
        "owner_unit"
    )
    return sum(enrol_audience(activity=each, now=now) for each in activities.order_by("pk"))


def _enrol(
    activity: Activity, members: QuerySet[Membership], source: str, now: datetime, due_at: datetime | None
) -> int:
    day = timezone.localdate(now)
    chosen, told = members.values("user_id", "unit_id", "person_status").query.sql_with_params()
    at, due = instant(now), instant(due_at)
    keys = KEYS[connection.vendor].format(above=ABOVE)
    cast = "::timestamptz" if connection.vendor == "postgresql" else ""
    whole = "::bigint" if connection.vendor == "postgresql" else ""
    same = f"%s{whole}"
    sql = ENROL.format(
        keys=keys,
        members=chosen,
        activity=same,
        at=f"%s{cast}",
        due=f"%s{cast}",
        begun=BEGUN.format(activity=same),
        done=DONE.format(activity=same),
    )
    five = [activity.pk] * 5
    parameters = [day, day, *told, activity.pk, str(source), at, due, *five, activity.pk, str(source)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return max(0, int(cursor.rowcount))
