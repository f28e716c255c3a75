"""Credit hours by unit and local date: the sums that completions add to, and those that make up a period. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Brought(NamedTuple):
    """A completion, as the sums see it: by the unit at the time, on the local day."""

    unit_id: int | None
    day: date
    hours: Decimal


class Sum(NamedTuple):
    """What is added; `from_date` is a day or the first of a month, hundredths are of a credit hour."""

    unit_id: int
    from_date: date
    whole_month: bool
    hundredths: int


class DatedSpan(NamedTuple):
    """Sums of days, or of months, that begin in [begins, ends); None has no end."""

    whole_month: bool
    begins: date
    ends: date | None


def sums_of(brought: Iterable[Brought], sign: int = 1) -> list[Sum]:
    """Two for every unit and day that hours came to, of the day and of its month. People of no unit bring nobody any."""
    found: Counter[tuple[int, date, bool]] = Counter()
    for unit_id, day, hours in brought:
        if unit_id is not None and hours:
            hundredths = sign * int(hours.scaleb(2))
            found[unit_id, day, False] += hundredths
            found[unit_id, day.replace(day=1), True] += hundredths
    return [Sum(*key, hundredths) for key, hundredths in sorted(found.items())]


def spans_of(begins: date, ends: date | None) -> list[DatedSpan]:
    """The sums that together are the period [begins, ends), each instant of it in one: whole months, and the days before
    the first and after the last of them."""
    first = begins if begins.day == 1 else _next_month(begins)
    last = None if ends is None else ends.replace(day=1)
    if last is not None and last < first:
        return [DatedSpan(False, begins, ends)]
    spans = [DatedSpan(False, begins, first), DatedSpan(True, first, last)]
    if last is not None:
        spans.append(DatedSpan(False, last, ends))
    return [each for each in spans if each.ends is None or each.begins < each.ends]


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
