"""How far enrolments have come, kept on them (`begun_at`, `completed_at`): entered by whoever changes the records that say
so, compared with these records, and made anew from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from learning.organisation.rows import among, read
from learning.study.models import Activity, Enrolment

CHUNK = 500  # SQLite takes no list of any length
# What the sessions and completions say of a course or meeting: the first of either, and its own completion.
RECORDS = """
    SELECT COALESCE(l.parent_id, l.id) AS course_id, s.user_id, s.started_at AS at, NULL{instant} AS done
    FROM study_studysession s JOIN study_activity l ON l.id = s.activity_id WHERE {sessions}
    UNION ALL
    SELECT COALESCE(l.parent_id, l.id), f.user_id, f.completed_at,
        CASE WHEN l.parent_id IS NULL THEN f.completed_at END
    FROM study_completion f JOIN study_activity l ON l.id = f.activity_id WHERE {completions}
"""
WRONG = """
    SELECT e.id, e.activity_id, e.user_id, e.begun_at, e.completed_at, r.begun, r.done
    FROM study_enrolment e LEFT JOIN (
        SELECT course_id, user_id, MIN(at) AS begun, MAX(done) AS done FROM ({records}) t GROUP BY course_id, user_id
    ) r ON r.course_id = e.activity_id AND r.user_id = e.user_id
    WHERE {enrolments} AND (e.begun_at {differs} r.begun OR e.completed_at {differs} r.done)
"""
MEND = """
    UPDATE study_enrolment SET begun_at = w.begun, completed_at = w.done FROM ({wrong}) w WHERE w.id = study_enrolment.id
"""


def note_begun(*, activity: Activity, user_ids: Collection[int], at: datetime) -> None:
    """Those of these people who are enrolled in the activity, or in the course that the lesson belongs to, had begun it
    at the time."""
    later = Q(begun_at=None) | Q(begun_at__gt=at)
    for rows in _enrolments(activity.parent_id or activity.pk, user_ids):
        rows.filter(later).update(begun_at=at)


def note_completed(*, activity: Activity, user_ids: Collection[int], at: datetime) -> None:
    """These people have a completion of the activity now: of a lesson it begins the course, of anything else it is the
    enrolment's own."""
    if activity.parent_id is None:
        for rows in _enrolments(activity.pk, user_ids):
            rows.filter(completed_at=None).update(completed_at=at, begun_at=Coalesce(F("begun_at"), at))
    note_begun(activity=activity, user_ids=user_ids, at=at)


def _enrolments(activity_id: int, user_ids: Collection[int]) -> list[Any]:
    ids = sorted(user_ids)
    rows = Enrolment.objects.filter(activity=activity_id)
    return [rows.filter(user__in=ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]


def wrongly_reached() -> list[str]:
    """Where enrolments differ from the sessions and completions, in lines for an operator; [] where they agree."""
    (rows,) = read(_wrong(None))
    return [
        f"enrolment {pk} (activity {activity}, user {user}): begun {was_begun} ≠ {begun}, completed {was_done} ≠ {done}"
        for pk, activity, user, was_begun, was_done, begun, done in sorted(rows)
    ]


def mend_reached(*, activities: Collection[int] | None = None) -> int:
    """Makes both instants anew for the enrolments in these activities (None: in all) that differ from the records;
    returns how many did. One statement."""
    wrong, values = _wrong(activities)
    with connection.cursor() as cursor:
        cursor.execute(MEND.format(wrong=wrong), values)
        return max(0, int(cursor.rowcount))


def _wrong(activities: Collection[int] | None) -> tuple[str, list[Any]]:
    on_postgresql = connection.vendor == "postgresql"
    everything = "1 = 1"
    among_lessons, ids = among("COALESCE(l.parent_id, l.id)", activities or ())
    among_enrolments, _same = among("e.activity_id", activities or ())
    records = RECORDS.format(
        instant="::timestamptz" if on_postgresql else "",
        sessions=everything if activities is None else among_lessons,
        completions=everything if activities is None else among_lessons,
    )
    sql = WRONG.format(
        records=records,
        enrolments=everything if activities is None else among_enrolments,
        differs="IS DISTINCT FROM" if on_postgresql else "IS NOT",
    )
    return sql, [] if activities is None else [ids, ids, ids]
