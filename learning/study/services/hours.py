"""The sums of credit hours by unit and date (CreditedHours): added to by whoever makes or erases completions, compared
with the completions, mended and tidied."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from learning.organisation.rows import Statement, read, write
from learning.study.models import Completion, CreditedHours
from learning.study.summing import Brought, sums_of

MENDING = 6203  # names the lock under which one process mends at a time
LOCK = "SELECT pg_advisory_xact_lock(%s)"
INTO = "INSERT INTO study_creditedhours (unit_id, from_date, whole_month, hundredths)"
# Both in one statement, so that what is being completed meanwhile is in both or in neither.
WRONG = """
    WITH by_day AS (
        SELECT unit_id, day, CAST(ROUND(SUM(credit_hours) * 100) AS bigint) AS hundredths
        FROM (SELECT unit_id, {day} AS day, credit_hours FROM study_completion
            WHERE unit_id IS NOT NULL AND credit_hours > 0) f GROUP BY unit_id, day
    )
    SELECT unit_id, from_date, whole_month, SUM(counted) AS counted, SUM(kept) AS kept FROM (
        SELECT unit_id, day AS from_date, FALSE AS whole_month, hundredths AS counted, 0 AS kept FROM by_day
        UNION ALL SELECT unit_id, {month}, TRUE, hundredths, 0 FROM by_day
        UNION ALL SELECT unit_id, from_date, whole_month, 0, hundredths FROM study_creditedhours
    ) t GROUP BY unit_id, from_date, whole_month HAVING SUM(counted) <> SUM(kept)
"""
SEVERAL = """
    SELECT unit_id, from_date, whole_month, SUM(hundredths) AS hundredths FROM study_creditedhours
    GROUP BY unit_id, from_date, whole_month HAVING COUNT(*) > 1 OR SUM(hundredths) = 0
"""
# What is added by those who come meanwhile stays beside the row that this makes.
TIDY = f"""
    WITH gone AS (
        DELETE FROM study_creditedhours c USING ({SEVERAL}) s
        WHERE c.unit_id = s.unit_id AND c.from_date = s.from_date AND c.whole_month = s.whole_month
        RETURNING c.unit_id, c.from_date, c.whole_month, c.hundredths
    )
    {INTO} SELECT unit_id, from_date, whole_month, SUM(hundredths) FROM gone
    GROUP BY unit_id, from_date, whole_month HAVING SUM(hundredths) <> 0
"""  # noqa: S608 — our own names


def note_hours(completions: Iterable[Completion], *, sign: int = 1) -> None:
    """Adds what these completions brought to the sums, or takes it out (-1): part of the transaction that makes or
    erases them."""
    zone = timezone.get_default_timezone()
    brought = (
        Brought(each.unit_id, timezone.localdate(each.completed_at, zone), each.credit_hours)
        for each in completions
    )
    sums = [CreditedHours(**each._asdict()) for each in sums_of(brought, sign)]
    CreditedHours.objects.bulk_create(sums, batch_size=200)


def wrong_hours() -> list[str]:
    """Where the sums differ from the completions, in lines for an operator; [] where they agree."""
    (rows,) = read(_wrong())
    return [
        f"credit hours of unit {unit}, {'month' if whole_month else 'day'} from {day}: {kept / 100:.2f} ≠ {counted / 100:.2f}"
        for unit, day, whole_month, counted, kept in sorted(rows)
    ]


@transaction.atomic
def mend_hours() -> int:
    """Adds to the sums what they lack against the completions; returns how many lacked something."""
    sql, values = _wrong()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # a second one would add the same once more
            cursor.execute(LOCK, [MENDING])
        cursor.execute(
            f"{INTO} SELECT unit_id, from_date, whole_month, counted - kept FROM ({sql}) w",  # noqa: S608
            values,
        )
        return max(0, int(cursor.rowcount))


@transaction.atomic
def tidy_hours() -> None:
    """Makes one row of several that are added up anyway. No sum changes, whoever adds to it meanwhile."""
    if connection.vendor == "postgresql":
        write(TIDY, [[]])
        return
    (several,) = read((SEVERAL, ()))
    write("DELETE FROM study_creditedhours WHERE unit_id = %s AND from_date = %s AND whole_month = %s",
          [row[:3] for row in several])  # fmt: skip
    write(f"{INTO} VALUES (%s, %s, %s, %s)", [row for row in several if row[3]])


def _wrong() -> Statement:
    zone = timezone.get_default_timezone_name()
    day, day_values = connection.ops.datetime_cast_date_sql("completed_at", [], zone)
    month, month_values = connection.ops.date_trunc_sql("month", "day", [])
    if connection.vendor == "postgresql":
        month = f"({month})::date"
    return WRONG.format(day=day, month=month), [*day_values, *month_values]
