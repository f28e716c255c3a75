"""The counts of a unit's report, read by a fixed number of statements whatever the number of units and people: people
are grouped by the child that their leaf stands under, by a join with the closure (PostgreSQL and SQLite alike)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson

from learning.organisation.rows import Statement, among, instant, read
from learning.study.models import Activity
from question_bank.exams.models import Exam
from reports.tallies import (
    EXCELLENT_SHARE,
    ExamTally,
    Standing,
    StudyTally,
    exam_total,
    one_candidate,
    study_total,
)

from .places import Places

ExamTallies = dict[int, ExamTally]  # by child id, OWN for the unit's own people
StudyTallies = dict[int, StudyTally]
HUNDRED = 100
BY_STATE = {
    "exempt": Standing.EXEMPT,
    "deferred": Standing.DEFERRED,
    "barred": Standing.BARRED,
    "absent": Standing.ABSENT,
}


@dataclass(frozen=True, slots=True)
class Scale:
    """In what scores are counted: in points where all exams have one full mark, else out of 100."""

    full: Decimal | None

    def score(self, points: Decimal, full: Decimal) -> Fraction:
        if self.full is not None:
            return Fraction(points)
        return Fraction(points) * HUNDRED / Fraction(full) if full else Fraction(0)


def exam_tallies(
    places: Places, exams: Sequence[Exam], *, status: str = "", now: datetime
) -> tuple[ExamTallies, Scale]:
    """The exams' candidates by child. One statement, two where units below were moved."""
    if not exams:
        return {}, Scale(None)
    statements = [_exam_statement(places, exams, status)]
    if places.moved:
        statements.append(_exam_statement(places, exams, status, moved=True))
    rows = read(*statements)
    by_id = {exam.pk: exam for exam in exams}
    placed = [(places.child_of(row[0]), row[1:]) for row in rows[0]]
    for row in rows[1] if places.moved else ():
        child = places.child_in(_json(row[0]))
        if child is not None:
            placed.append((child, row[1:]))
    fulls = {decimal(row[4]) for _child, row in placed if row[4] is not None}
    scale = Scale(fulls.pop() if len(fulls) == 1 else None)
    parts: dict[int, list[ExamTally]] = defaultdict(list)
    for child, (exam_id, state, live, score, full, passed, band, n) in placed:
        exam = by_id[exam_id]
        standing = standing_of(state, score is not None, live or 0, over=exam.closes_at <= now)
        if standing is not Standing.MARKED:
            parts[child].append(one_candidate(standing, n))
            continue
        points, most = decimal(score), decimal(full)
        parts[child].append(
            one_candidate(
                standing,
                n,
                score=scale.score(points, most),
                passed=bool(passed),
                excellent=is_excellent(exam, points, most, band),
            )
        )
    return {child: exam_total(tallies) for child, tallies in parts.items()}, scale


def standing_of(state: str, has_result: bool, live: int, *, over: bool) -> Standing:
    """What the organiser decided goes before what happened; `live`: 2 an attempt waits to be marked, 1 one is open."""
    if state in BY_STATE:
        return BY_STATE[state]
    if has_result:
        return Standing.MARKED
    if live:
        return Standing.MARKING if live == 2 else Standing.SITTING
    return Standing.ABSENT if over else Standing.WAITING


def is_excellent(exam: Exam, score: Decimal, full: Decimal, band: str) -> bool:
    """优秀: in the exam's highest band; where it names none, from 90 % of the full mark."""
    if exam.bands:
        return bool(band == max(exam.bands, key=lambda each: Decimal(str(each["from"])))["name"])
    return full > 0 and Fraction(score) / Fraction(full) >= EXCELLENT_SHARE


def _exam_statement(places: Places, exams: Sequence[Exam], status: str, *, moved: bool = False) -> Statement:
    wanted, exam_ids = among("c.exam_id", [exam.pk for exam in exams])
    sitting, _same = among("a.exam_id", [exam.pk for exam in exams])
    who = _who(places, "c", status, moved=moved)
    child, joins, join_values = who.unit, who.joins, who.join_values
    below, below_values = "", list[Any]()
    if not moved:
        under, ids = among("k.ancestor_id", places.ids)
        child = "k.ancestor_id"
        joins += f"""JOIN organisation_unitclosure k ON k.unit_id = {who.unit} AND {under} AND k.to_date IS NULL
            AND (k.ancestor_id <> %s OR k.depth = 0)"""
        join_values = [*join_values, ids, places.unit.pk]
        below, below_values = below_today(places, who.unit)
    sql = f"""
        SELECT {child}, c.exam_id, c.state, o.live, r.score, r.max_score, r.passed, r.band, COUNT(*)
        FROM exams_candidate c {joins}
        LEFT JOIN exams_result r ON r.candidate_id = c.id
        LEFT JOIN (
            SELECT a.candidate_id, MAX(CASE a.state WHEN 'marking' THEN 2 ELSE 1 END) AS live
            FROM exams_attempt a
            WHERE {sitting} AND a.state IN ('marking', 'in_progress', 'paused') GROUP BY a.candidate_id
        ) o ON o.candidate_id = c.id
        WHERE {wanted}{who.conditions}{below}
        GROUP BY {child}, c.exam_id, c.state, o.live, r.score, r.max_score, r.passed, r.band
    """  # noqa: S608 — our own names
    return sql, [*join_values, exam_ids, exam_ids, *who.values, *below_values]


@dataclass(frozen=True, slots=True)
class _Who:
    """Parts of a statement that say whose rows count, and for which unit: `unit` is its id, or the JSON of its ancestors
    where it was moved."""

    unit: str
    joins: str
    conditions: str
    join_values: list[Any]
    values: list[Any]


def _who(places: Places, row: str, status: str, *, moved: bool) -> _Who:
    """Of candidates or enrolments, which have unit, unit_ancestors and person_status of the time."""
    values: list[Any] = []
    join_values: list[Any] = []
    unit, joins, conditions, status_of = f"{row}.unit_id", "", "", f"{row}.person_status"
    if moved:
        condition, ids = among(unit, places.moved)
        unit, conditions = f"{row}.unit_ancestors", f" AND {condition}"
        values.append(ids)
    elif places.now:
        unit, status_of = "m.unit_id", "m.person_status"
        joins = f"""JOIN organisation_membership m ON m.user_id = {row}.user_id AND m.from_date <= %s
            AND (m.to_date IS NULL OR m.to_date > %s) """
        join_values = [places.day, places.day]
    elif places.moved:
        condition, ids = among(unit, places.moved)
        conditions = f" AND NOT ({condition})"
        values.append(ids)
    if status:
        conditions += f" AND {status_of} = %s"
        values.append(status)
    return _Who(unit, joins, conditions, join_values, values)


def study_tallies(
    places: Places, courses: Sequence[Activity], *, status: str = "", now: datetime
) -> StudyTallies:
    """The courses' enrolments (not the self-chosen) by child. One statement, two where units below were moved."""
    if not courses:
        return {}
    statements = [_study_statement(places, courses, status, now)]
    if places.moved:
        statements.append(_study_statement(places, courses, status, now, moved=True))
    rows = read(*statements)
    parts: dict[int, list[StudyTally]] = defaultdict(list)
    for row in rows[0]:
        parts[places.child_of(row[0])].append(_enrolled(row[1:]))
    for row in rows[1] if places.moved else ():
        child = places.child_in(_json(row[0]))
        if child is not None:
            parts[child].append(_enrolled(row[1:]))
    return {child: study_total(tallies) for child, tallies in parts.items()}


def _enrolled(counts: Sequence[Any]) -> StudyTally:
    due, finished, begun, overdue = map(int, counts)
    return StudyTally(due=due, finished=finished, begun=begun, overdue=overdue)


def _study_statement(
    places: Places, courses: Sequence[Activity], status: str, now: datetime, *, moved: bool = False
) -> Statement:
    wanted, ids = among("e.activity_id", [course.pk for course in courses])
    # The course's own date, where the enrolment has none, is known here: no row of it is joined.
    past, past_ids = among(
        "e.activity_id", [each.pk for each in courses if each.due_at and each.due_at < now]
    )
    counts = f"""COUNT(*) AS due, COUNT(e.completed_at) AS finished,
        COUNT(CASE WHEN e.completed_at IS NULL THEN e.begun_at END) AS begun,
        COUNT(CASE WHEN e.completed_at IS NULL AND (e.due_at < %s OR (e.due_at IS NULL AND {past})) THEN 1 END) AS overdue"""
    count_values = [instant(now), past_ids]
    who = _who(places, "e", status, moved=moved)
    chosen = f"{wanted} AND e.source <> 'self'{who.conditions}"
    if moved:
        sql = f"""
            SELECT {who.unit}, {counts} FROM study_enrolment e {who.joins}
            WHERE {chosen} GROUP BY {who.unit}
        """  # noqa: S608 — our own names
        return sql, [*count_values, *who.join_values, ids, *who.values]
    below, below_values = below_today(places, who.unit)
    leaves = f"""
        SELECT {who.unit} AS unit_id, {counts} FROM study_enrolment e {who.joins}
        WHERE {chosen}{below} GROUP BY {who.unit}
    """  # noqa: S608
    values = [*count_values, *who.join_values, ids, *who.values, *below_values]
    return by_child(places, leaves, values, ("due", "finished", "begun", "overdue"))


def below_today(places: Places, unit: str) -> tuple[str, list[Any]]:
    """A condition that begins with AND: the unit stands below today. Of the root's nothing has to be asked. By their
    ids, which tell the planner how few they are: it read all candidates and members of the school for a branch."""
    if places.unit.is_root():
        return "", []
    condition, ids = among(unit, places.below)
    return f" AND {condition}", [ids]


def by_child(places: Places, leaves: str, values: Sequence[Any], sums: Sequence[str]) -> Statement:
    """Sums of the leaves (a statement with unit_id) by ancestor: the many rows are counted before the closure is joined,
    to one row a unit."""
    under, ids = among("k.ancestor_id", places.ids)
    added = ", ".join(f"SUM(t.{name})" for name in sums)
    sql = f"""
        WITH leaves AS ({leaves}) SELECT k.ancestor_id, {added} FROM leaves t
        JOIN organisation_unitclosure k ON k.unit_id = t.unit_id AND {under} AND k.to_date IS NULL
            AND (k.ancestor_id <> %s OR k.depth = 0)
        GROUP BY k.ancestor_id
    """  # noqa: S608 — our own names
    return sql, [*values, ids, places.unit.pk]


def decimal(value: Any) -> Decimal:
    """SQLite keeps decimals as floats or whole numbers; points have two places."""
    return value if isinstance(value, Decimal) else Decimal(str(value)).quantize(Decimal("0.01"))


def _json(value: Any) -> list[str]:
    return value if isinstance(value, list) else orjson.loads(value)  # type: ignore[no-any-return]
