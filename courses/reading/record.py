"""The member's own study record: the year, the courses, the days of a month, the slices of a day; and how it is counted,
with the member's own figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from wagtail.models import Page

from learning.organisation.models import User
from learning.study.crediting import BEAT_MOST_MS, LATE_MOST_MS, Rules
from learning.study.intervals import MILLISECOND
from learning.study.models import Activity, Completion, Enrolment, StudySlice
from learning.study.services.progress import year_hours, year_target
from learning.study.services.record import DayTotal, day_totals, slices_of
from learning.study.shown import in_seconds

from .catalogue import standings
from .doors import member_of
from .lesson import ANSWER_S, BEAT_S, IDLE_S, PROMPT_FROM_S, PROMPT_TO_S
from .places import pages_of

RECENT = timedelta(days=30)
SHOWN_MS = 1000  # shorter slices are told in one sum


@dataclass(frozen=True, slots=True)
class Year:
    """Credit hours of a calendar year against what is expected."""

    year: int
    hours: Decimal
    target: int

    @property
    def percent(self) -> int:
        return min(100, int(100 * self.hours / self.target)) if self.target else 100


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, local time, and its neighbours for the links; `after` None when it has not begun, `before` None
    when nothing was recorded in it or earlier."""

    first: date
    before: date | None
    after: date | None
    begins_at: datetime
    ends_at: datetime


@never_cache
@login_required
@require_GET
def own_record(request: HttpRequest) -> HttpResponse:
    """?month=2026-06 and, within it, ?day=2026-06-03."""
    now, user = timezone.now(), member_of(request)
    today = timezone.localdate(now)
    day = day_asked(request.GET.get("day", ""), today)
    asked = day or month_asked(request.GET.get("month", ""), today)
    month = month_of(asked, today, first_day_of(user) or today)
    days = day_totals(user, since=month.begins_at, until=month.ends_at)
    told = in_seconds([each.active_ms for each in days])
    listed = [DayTotal(each.day, ms) for each, ms in zip(days, told, strict=True) if ms]
    of_day = next((each.active_ms for each in listed if each.day == day), 0)
    slices, rest_ms = slices_on(user, day, of_day) if day else ([], 0)
    begun = standings(user=user, now=now, only=courses_of(user))
    pages = pages_of(each.course for each in begun)
    context = {
        "year": year_of(user, now=now),
        "courses": [(each, url_of(pages.get(each.course.pk))) for each in begun],
        "month": month,
        "days": list(reversed(listed)),
        "month_ms": sum(told),
        "longest_ms": max(told, default=0),
        "day": day,
        "slices": slices,
        "rest_ms": rest_ms,
    }
    return render(request, "courses/own_record.html", context)


@never_cache
@login_required
@require_GET
def how(request: HttpRequest) -> HttpResponse:
    """How time, completion and hours are counted; what the house's constants are is said from the constants."""
    now, user = timezone.now(), member_of(request)
    since = now - RECENT
    recent = list(slices_of(user, since=since))
    last = next((each for each in recent if length_of([each]) >= SHOWN_MS), None)
    by_kind = in_seconds([length_of([s for s in recent if s.kind == kind]) for kind in StudySlice.Kind])
    context = {
        "days": RECENT.days,
        "total_ms": sum(by_kind),
        "kinds": [(kind.label, ms) for kind, ms in zip(StudySlice.Kind, by_kind, strict=True)],
        "last": last,
        "last_ms": length_of([last]) if last else 0,
        "year": year_of(user, now=now),
        "beat_s": BEAT_S,
        "most_s": BEAT_MOST_MS // 1000,
        "late_hours": LATE_MOST_MS // 3_600_000,
        "idle_s": IDLE_S,
        "prompt_from": PROMPT_FROM_S // 60,
        "prompt_to": PROMPT_TO_S // 60,
        "answer_s": ANSWER_S,
        "threshold": Rules().threshold_percent,
    }
    return render(request, "courses/how.html", context)


def year_of(user: User, *, now: datetime) -> Year:
    year = timezone.localdate(now).year
    return Year(year, year_hours(user=user, year=year), year_target(user=user, now=now))


def courses_of(user: User) -> list[Activity]:
    """Courses the member is or was expected to study, has begun or finished, closed ones too: a record does not
    vanish."""
    enrolled = Enrolment.objects.filter(user=user).values("activity")
    finished = Completion.objects.filter(user=user)
    known = Q(pk__in=enrolled) | Q(pk__in=finished.values("activity"))
    return list(Activity.objects.courses().filter(known | Q(pk__in=finished.values("activity__parent"))))


def slices_on(user: User, day: date, told_ms: int) -> tuple[list[tuple[StudySlice, int]], int]:
    """Those of one local day that last a second, in order, each with the ms told for it, and the ms told for all the
    shorter ones: together what is told for the day."""
    begins, ends = midnight(day), midnight(day + timedelta(days=1))
    found = slices_of(user, since=begins, until=ends).order_by("started_at")
    lengths = [(each, length_of([each])) for each in found]
    listed = [(each, ms) for each, ms in lengths if ms >= SHOWN_MS]
    rest = sum(ms for _each, ms in lengths if ms < SHOWN_MS)
    *told, rest_told = in_seconds([*(ms for _each, ms in listed), rest], told_ms)
    return [(each, ms) for (each, _ms), ms in zip(listed, told, strict=True)], rest_told


def length_of(slices: Sequence[StudySlice]) -> int:
    """Milliseconds."""
    return sum((each.ended_at - each.started_at) // MILLISECOND for each in slices)


def first_day_of(user: User) -> date | None:
    """The local day of the user's first slice."""
    first = slices_of(user).order_by("started_at").values_list("started_at", flat=True).first()
    return timezone.localdate(first) if first else None


def month_of(day: date, today: date, first_day: date) -> Month:
    """The month of `day`; `first_day`: of the record."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return Month(
        first,
        before if first_day < first else None,
        after if after <= today else None,
        midnight(first),
        midnight(after),
    )


def month_asked(text: str, today: date) -> date:
    return day_asked(f"{text}-01", today) or today


def day_asked(text: str, today: date) -> date | None:
    """A day that has come; None for everything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= today else None


def midnight(day: date) -> datetime:
    """When the local day begins."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def url_of(page: Page | None) -> str:
    return (page.url or "") if page else ""
