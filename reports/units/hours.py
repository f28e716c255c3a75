"""Credit hours of a unit by child: of everybody by the units of the time from the sums that study keeps, of some of the
people, or by the units of now, from the completions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from learning.organisation.rows import Statement, among, instant, read
from learning.study.summing import DatedSpan, spans_of
from reports.tallies import StudyTally

from .places import Places, Stay, stays_of
from .queries import StudyTallies, below_today, by_child, decimal


def hours_tallies(
    places: Places, *, begins: datetime, ends: datetime | None, status: str = ""
) -> StudyTallies:
    """Credit hours earned in the period by child, and how many members there are today. Two statements, two more where
    units below were moved. The sums know no person, so a status or the units of now are asked of the completions."""
    if places.now or status:
        when = Span("d.completed_at", begins, ends)
        hours = sums_by_child(places, "study_completion d", "SUM(d.credit_hours)", when, status)
    else:
        hours = _hours_by_child(places, begins, ends)
    heads, values = _members(places, status)
    (rows,) = read((heads, values))
    count = {places.child_of(ancestor): int(n) for ancestor, n in rows}
    return {
        child: StudyTally(hours=decimal(hours.get(child, 0)), heads=count.get(child, 0))
        for child in hours.keys() | count.keys()
    }


def _hours_by_child(places: Places, begins: datetime, ends: datetime | None) -> dict[int, Any]:
    """From the sums by unit and date; a period is of whole local days."""
    first, end = timezone.localdate(begins), timezone.localdate(ends) if ends else None
    below, below_values = below_today(places, "d.unit_id")
    if places.moved:
        among_moved, moved = among("d.unit_id", places.moved)
        below, below_values = f"{below} AND NOT ({among_moved})", [*below_values, moved]
    parts, values = [], []
    for span in spans_of(first, end):
        when, dates = _dated(span)
        parts.append(f"SELECT d.unit_id, d.hundredths FROM study_creditedhours d WHERE {when}{below}")  # noqa: S608
        values += [*dates, *below_values]
    leaves = f"""
        SELECT unit_id, SUM(hundredths) AS total FROM ({" UNION ALL ".join(parts)}) s GROUP BY unit_id
    """  # noqa: S608 — our own names
    statements = [by_child(places, leaves, values, ("total",))]
    stays = stays_of(places)
    if stays:
        when, dates = _dated(DatedSpan(False, first, end))
        among_moved, moved = among("d.unit_id", places.moved)
        sql = f"""
            SELECT d.unit_id, d.from_date, SUM(d.hundredths) FROM study_creditedhours d
            WHERE {when} AND {among_moved} GROUP BY d.unit_id, d.from_date
        """  # noqa: S608
        statements.append((sql, [*dates, moved]))
    rows = read(*statements)
    found: dict[int, int] = {places.child_of(ancestor): int(total) for ancestor, total in rows[0]}
    for child, total in _by_stay(stays, rows[1] if stays else ()):
        found[child] = found.get(child, 0) + total
    return {child: Decimal(total).scaleb(-2) for child, total in found.items()}


@dataclass(frozen=True, slots=True)
class Span:
    """Rows whose instant lies in [begins, ends)."""

    column: str
    begins: datetime
    ends: datetime | None

    def condition(self) -> Statement:
        ends = f" AND {self.column} < %s" if self.ends else ""
        return f"{self.column} >= %s{ends}", [instant(at) for at in (self.begins, self.ends) if at]


def sums_by_child(places: Places, source: str, total: str, span: Span, status: str) -> dict[int, Any]:
    """The sum of rows of `source` (aliased d, with user_id and unit_id: the unit at the time) by child. Rows of a moved
    unit count by the dated closure of their local day."""
    when, values = span.condition()
    unit, joins = "d.unit_id", ""
    join_values: list[Any] = []
    if places.now or status:
        joins = """JOIN organisation_membership m ON m.user_id = d.user_id AND m.from_date <= %s
            AND (m.to_date IS NULL OR m.to_date > %s)"""
        join_values = [places.day, places.day]
        unit = "m.unit_id" if places.now else unit
    conditions = ""
    if status:
        conditions += " AND m.person_status = %s"
        values = [*values, status]
    fixed, fixed_values = conditions, values
    if places.moved:
        among_moved, moved = among(unit, places.moved)
        fixed, fixed_values = f"{conditions} AND NOT ({among_moved})", [*values, moved]
    below, below_values = below_today(places, unit)
    leaves = f"""
        SELECT {unit} AS unit_id, {total} AS total FROM {source} {joins}
        WHERE {when}{fixed}{below} GROUP BY {unit}
    """  # noqa: S608 — our own names
    (rows,) = read(by_child(places, leaves, [*join_values, *fixed_values, *below_values], ("total",)))
    found = {places.child_of(ancestor): value for ancestor, value in rows}
    stays = stays_of(places)
    if stays:
        day, zone = _local_day(span.column)
        among_moved, moved = among(unit, places.moved)
        sql = f"""
            SELECT {unit}, {day} AS day, {total} FROM {source} {joins}
            WHERE {when}{conditions} AND {among_moved} GROUP BY {unit}, day
        """  # noqa: S608 — our own names
        (rows,) = read((sql, [*zone, *join_values, *values, moved]))
        for child, value in _by_stay(stays, rows):
            found[child] = found.get(child, 0) + value
    return found


def _by_stay(stays: Mapping[int, Sequence[Stay]], rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Any]]:
    """(child, value) of rows of moved units, (unit, day, value)."""
    for unit_id, on, value in rows:
        day = on if isinstance(on, date) else date.fromisoformat(on)
        for stay in stays.get(unit_id, ()):
            if stay.holds(day):
                yield stay.child, value


def _dated(span: DatedSpan) -> Statement:
    """Which sums (aliased d) the span is of."""
    ends = " AND d.from_date < %s" if span.ends else ""
    whole = "" if span.whole_month else "NOT "
    return f"{whole}d.whole_month AND d.from_date >= %s{ends}", [at for at in (span.begins, span.ends) if at]


def _local_day(column: str) -> tuple[str, list[Any]]:
    sql, values = connection.ops.datetime_cast_date_sql(column, [], timezone.get_current_timezone_name())
    return sql, list(values)


def _members(places: Places, status: str) -> Statement:
    below, below_values = below_today(places, "m.unit_id")
    leaves = f"""
        SELECT m.unit_id, COUNT(*) AS n FROM organisation_membership m
        WHERE m.from_date <= %s AND (m.to_date IS NULL OR m.to_date > %s)
            {"AND m.person_status = %s" if status else ""}{below} GROUP BY m.unit_id
    """  # noqa: S608 — our own names
    values = [places.day, places.day, *([status] if status else []), *below_values]
    return by_child(places, leaves, values, ("n",))
