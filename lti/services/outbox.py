"""What is put into the grade outbox: a row for each column and person whose outcome may have changed. Nothing is asked of
a platform here, and no score is looked at; both happen when the row is sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from learning.organisation.models import User
from learning.organisation.rows import among, instant
from learning.organisation.services.audit import record
from lti.models import Context, GradeDelivery, LineItem
from question_bank.exams.models import Attempt, Candidate, Exam, Release

Cause = GradeDelivery.Cause

# Learners of the column's course whom the platform knows. A platform that is switched off is told when it is on again.
_PAIRS = """
    SELECT DISTINCT l.id AS line_item_id, m.person_id
    FROM lti_lineitem l
    JOIN lti_context x ON x.id = l.context_id
    JOIN lti_platform p ON p.id = x.platform_id AND p.state <> 'pending'
    JOIN lti_contextmember m ON m.context_id = l.context_id AND m.standing = 'learner' AND m.removed_at IS NULL
    JOIN lti_platformuser u ON u.id = m.person_id
    JOIN {of_whom} ON {joined} AND {whose} = u.user_id
    WHERE l.gone_at IS NULL AND {condition}
"""
# Numbers are drawn, not counted on from the last: two transactions never meet in one.
_NUMBER = {
    "postgresql": "nextval(pg_get_serial_sequence('lti_gradedelivery', 'id'))",
    "sqlite": "(SELECT COALESCE(MAX(sequence), 0) FROM lti_gradedelivery) + ROW_NUMBER() OVER ()",
}
_INSERT = """
    INSERT INTO lti_gradedelivery (line_item_id, person_id, sequence, cause, state, created_at, next_try_at, tries,
                                   refused_as_old, comment, answer)
    SELECT pair.line_item_id, pair.person_id, {number}, %s, %s, %s, %s, 0, 0, '', ''
    FROM ({pairs} ORDER BY 1, 2) pair
"""
_ATTEMPTS = {"of_whom": "exams_attempt a", "joined": "a.exam_id = l.exam_id", "whose": "a.user_id"}
_RESULTS = {
    "of_whom": "(exams_candidate c JOIN exams_result r ON r.candidate_id = c.id)",
    "joined": "c.exam_id = l.exam_id",
    "whose": "c.user_id",
}
_COMPLETIONS = {
    "of_whom": "(study_completion f JOIN study_activity y ON y.id = f.activity_id)",
    "joined": "y.key = 'page:' || l.page_id",
    "whose": "f.user_id",
}
_NEVER_TOLD = """NOT EXISTS (
    SELECT 1 FROM lti_gradedelivery d WHERE d.line_item_id = l.id AND d.person_id = m.person_id)"""

# Completions are written by the study lane as well, which tells nobody: what was told is compared with what is there. A
# telling that failed waits for somebody to send it again.
_LATEST = """NOT EXISTS (SELECT 1 FROM lti_gradedelivery n
    WHERE n.line_item_id = d.line_item_id AND n.person_id = d.person_id AND n.sequence > d.sequence)"""
_NOT_SAID = """NOT EXISTS (
    SELECT 1 FROM lti_gradedelivery d WHERE d.line_item_id = l.id AND d.person_id = m.person_id AND {latest}
    AND (d.state IN ('waiting', 'pending', 'sending', 'failed') OR (d.state = 'sent' AND d.score IS NOT NULL)))"""
_SAID_IN_VAIN = """
    SELECT d.line_item_id, d.person_id
    FROM lti_lineitem l
    JOIN lti_gradedelivery d ON d.line_item_id = l.id AND d.state IN ('sent', 'failed') AND d.score IS NOT NULL
    JOIN lti_platformuser u ON u.id = d.person_id
    WHERE l.page_id IS NOT NULL AND l.gone_at IS NULL AND {latest} AND NOT EXISTS (
        SELECT 1 FROM study_completion f JOIN study_activity y ON y.id = f.activity_id
        WHERE y.key = 'page:' || l.page_id AND f.user_id = u.user_id)
"""
AT_A_TIME = 5000  # rows of a sweep; the next one goes on

# Hundreds hand in at once, and few exams are linked from a platform: a worker asks again only after this time. What it
# misses when a column has just been made, `look_again` makes up for.
KEPT_FOR = timedelta(seconds=30)
_kept: list[tuple[datetime, frozenset[int], frozenset[int]]] = []

_ONE = "SELECT CAST(%s AS bigint) AS line_item_id, CAST(%s AS bigint) AS person_id"
_AGAIN = """
    SELECT DISTINCT d.line_item_id, d.person_id
    FROM lti_gradedelivery d JOIN lti_lineitem l ON l.id = d.line_item_id
    WHERE l.gone_at IS NULL AND {condition} AND NOT EXISTS (
        SELECT 1 FROM lti_gradedelivery o WHERE o.line_item_id = d.line_item_id AND o.person_id = d.person_id
        AND o.state IN ('waiting', 'pending', 'sending'))
"""


def exams_with_columns(*, now: datetime) -> frozenset[int]:
    """Ids of the exams that fill columns, at most KEPT_FOR old."""
    return _filling(now)[0]


def pages_with_columns(*, now: datetime) -> frozenset[int]:
    """The same for courses, by the ids of their pages."""
    return _filling(now)[1]


def _filling(now: datetime) -> tuple[frozenset[int], frozenset[int]]:
    if not _kept or not timedelta(0) <= now - _kept[0][0] < KEPT_FOR:
        filling = list(LineItem.objects.filter(gone_at=None).values_list("exam", "page").distinct())
        exams = frozenset(exam for exam, _page in filling if exam is not None)
        _kept[:] = [(now, exams, frozenset(page for _exam, page in filling if page is not None))]
    return _kept[0][1:]


def forget() -> None:
    """What fills columns has changed."""
    _kept.clear()


def put_attempts(*, attempts: Collection[Attempt], cause: GradeDelivery.Cause, now: datetime) -> int:
    """Rows for the people of these attempts, in the transaction that changed them; how many. One statement, and as a rule
    none where no platform has a column for these exams."""
    asked = exams_with_columns(now=now)
    ids = [attempt.pk for attempt in attempts if attempt.exam_id in asked]
    if not ids:
        return 0
    condition, value = among("a.id", ids)
    return _put(_ATTEMPTS, condition, [value], cause, at=now, now=now)


def put_release(*, release: Release, now: datetime) -> int:
    """Rows for everybody with a result to whom the release shows the score, or hides it again; how many."""
    if release.what != Release.What.SCORE or not LineItem.objects.filter(exam=release.exam_id).exists():
        return 0
    condition, values = "c.exam_id = %s", [release.exam_id]
    if release.unit is not None:
        rows = Candidate.objects.filter(exam=release.exam_id).only("pk", "unit_ancestors")
        condition, ids = among("c.id", [row.pk for row in rows if release.unit.key in row.unit_ancestors])
        values = [ids]
    if release.revoked_at is None:
        return _put(_RESULTS, condition, values, Cause.RELEASED, at=max(now, release.at), now=now)
    return _put(_RESULTS, condition, values, Cause.TAKEN_BACK, at=now, now=now)


def deliver_to_column(*, line_item: LineItem, now: datetime) -> int:
    """Rows for outcomes that were there before the column, or before their person was in the course; how many."""
    condition = f"l.id = %s AND {_NEVER_TOLD}"
    return _put(_outcomes_of(line_item), condition, [line_item.pk], Cause.LINKED, at=now, now=now)


def look_again(*, line_item: LineItem, now: datetime) -> int:
    """Rows for everybody who has an outcome for a column, or was told one; what has not changed is not sent again. For a
    column that other workers may not have known until now."""
    rows = _put(_outcomes_of(line_item), "l.id = %s", [line_item.pk], Cause.LINKED, at=now, now=now)
    return rows + _insert(_AGAIN.format(condition="l.id = %s"), [line_item.pk], Cause.LINKED, at=now, now=now)


def put_missing(*, now: datetime) -> int:
    """The same for all columns: whoever came into a course after the exam, by roster or a late launch."""
    return _put(_RESULTS, _NEVER_TOLD, [], Cause.LINKED, at=now, now=now)


def put_completions(*, now: datetime) -> int:
    """Rows for completions of courses that no row tells, and for what was told of completions that are no more; how many.
    Two statements, each of at most AT_A_TIME rows. Again: nothing."""
    unsaid = _PAIRS.format(condition=_NOT_SAID.format(latest=_LATEST), **_COMPLETIONS)
    in_vain = _SAID_IN_VAIN.format(latest=_LATEST)
    rows = _insert(_few(unsaid), [AT_A_TIME], Cause.COMPLETED, at=now, now=now)
    return rows + _insert(_few(in_vain), [AT_A_TIME], Cause.TAKEN_BACK, at=now, now=now)


def _few(pairs: str) -> str:
    return f"SELECT * FROM ({pairs} LIMIT %s) few"  # noqa: S608 — our own SQL


def _outcomes_of(line_item: LineItem) -> dict[str, str]:
    return _RESULTS if line_item.exam_id is not None else _COMPLETIONS


def put_one(
    *,
    line_item_id: int,
    person_id: int,
    cause: GradeDelivery.Cause,
    at: datetime,
    now: datetime,
    state: GradeDelivery.State = GradeDelivery.State.PENDING,
) -> None:
    """One row, to be looked at from `at` on."""
    _insert(_ONE, [line_item_id, person_id], cause, at=at, now=now, state=state)


def resend(*, rows: QuerySet[GradeDelivery], of: Exam | Context, by: User, now: datetime) -> int:
    """Puts into the outbox once more what these rows of an exam, or of a course's completions, told or failed to tell; how
    many. Not where something is under way anyhow, or the column is gone. One entry in the audit log."""
    condition, ids = among("d.id", list(rows.values_list("pk", flat=True)))
    with transaction.atomic():
        count = _insert(_AGAIN.format(condition=condition), [ids], Cause.RESENT, at=now, now=now)
        if count:
            record(
                actor=by,
                action="grades.resend",
                obj=of,
                unit=of.owner_unit if isinstance(of, Exam) else of.platform.unit,
                data={"count": count},
                now=now,
            )
    return count


def _put(
    source: dict[str, str],
    condition: str,
    values: list[Any],
    cause: GradeDelivery.Cause,
    *,
    at: datetime,
    now: datetime,
) -> int:
    return _insert(_PAIRS.format(condition=condition, **source), values, cause, at=at, now=now)


def _insert(
    pairs: str,
    values: list[Any],
    cause: GradeDelivery.Cause,
    *,
    at: datetime,
    now: datetime,
    state: GradeDelivery.State = GradeDelivery.State.PENDING,
) -> int:
    sql = _INSERT.format(number=_NUMBER[connection.vendor], pairs=pairs)
    with connection.cursor() as cursor:
        cursor.execute(sql, [cause.value, state.value, instant(now), instant(at), *values])
        rows: int = cursor.rowcount
    return max(0, rows)
