"""Minutes studied in a unit: a diagnosis that a site may turn on, never part of a result, a ranking or an assessment."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from reports.tallies import StudyTally

from .hours import Span, sums_by_child
from .places import Places
from .queries import StudyTallies

LENGTH_S = {
    "postgresql": "EXTRACT(EPOCH FROM SUM(d.ended_at - d.started_at))",
    "sqlite": "SUM((julianday(d.ended_at) - julianday(d.started_at)) * 86400)",
}
MILLISECONDS = 1000


def minutes_tallies(
    places: Places, *, begins: datetime, ends: datetime | None, status: str = ""
) -> StudyTallies:
    """Active study time of the period by child, from the slices, by the unit at the time or now."""
    span = Span("d.started_at", begins, ends)
    found = sums_by_child(places, "study_studyslice d", LENGTH_S[connection.vendor], span, status)
    return {child: StudyTally(active_ms=round(seconds * MILLISECONDS)) for child, seconds in found.items()}
