"""What a unit's report is asked for, as its URL says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.utils import timezone

from learning.organisation.models import PersonStatus

YEAR = timedelta(days=365)
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class UnitFilter:
    """`begins` and `ends`: the first and the last day, local; `begins` None = since this day a year ago. `exam`, `course`:
    ids, 0 = all. `unit_now`: by the units that people belong to now, not at the time (按现支部)."""

    begins: date | None = None
    ends: date | None = None
    exam: int = 0
    course: int = 0
    status: str = ""
    unit_now: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> UnitFilter:
        """What cannot be read is as if it were not there."""
        status = query.get("status", "")
        return cls(
            _day(query.get("from", "")),
            _day(query.get("to", "")),
            _id(query.get("exam", "")),
            _id(query.get("course", "")),
            status if status in PersonStatus.values else "",
            query.get("unit", "") == "now",
        )

    def query(self) -> str:
        """The same as a query string, "" or beginning with "?"."""
        pairs = {
            "from": self.begins.isoformat() if self.begins else "",
            "to": self.ends.isoformat() if self.ends else "",
            "exam": str(self.exam or ""),
            "course": str(self.course or ""),
            "status": self.status,
            "unit": "now" if self.unit_now else "",
        }
        said = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{said}" if said else ""

    def period(self, now: datetime) -> tuple[datetime, datetime | None]:
        """[from, to): whole local days; without an end it has none."""
        begins = _midnight(self.begins or timezone.localdate(now - YEAR))
        return begins, _midnight(self.ends + timedelta(days=1)) if self.ends else None

    def without_items(self) -> UnitFilter:
        return replace(self, exam=0, course=0)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1900, 1, 1) <= day <= date(9998, 12, 30) else None


def _id(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return number if number <= LARGEST_ID else 0
