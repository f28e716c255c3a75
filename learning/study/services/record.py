"""What stands in a person's record of study time, as the person may see it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import DurationField, ExpressionWrapper, F, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from learning.organisation.models import User
from learning.study.intervals import MILLISECOND
from learning.study.models import StudySlice, StudySliceQuerySet


class DayTotal(NamedTuple):
    """Credited study time of one local day."""

    day: date
    active_ms: int


def slices_of(
    user: User, *, since: datetime | None = None, until: datetime | None = None
) -> StudySliceQuerySet:
    """The person's slices that begin in [since, until), the latest first, with activity and course."""
    found = StudySlice.objects.filter(user=user).select_related("activity__parent").order_by("-started_at")
    if since is not None:
        found = found.filter(started_at__gte=since)
    return found.filter(started_at__lt=until) if until is not None else found


def day_totals(user: User, *, since: datetime | None = None, until: datetime | None = None) -> list[DayTotal]:
    """Study time by local day, days without any left out, in order; exact, because no slice crosses midnight."""
    spent = ExpressionWrapper(F("ended_at") - F("started_at"), DurationField())
    days = (
        slices_of(user, since=since, until=until)
        .order_by()
        .annotate(day=TruncDate("started_at", tzinfo=timezone.get_default_timezone()))
        .values("day")
        .annotate(spent=Sum(spent))
        .order_by("day")
    )
    return [
        DayTotal(day, (spent or timedelta()) // MILLISECOND)
        for day, spent in days.values_list("day", "spent")
    ]
