"""What people search for and do not find, for those who can write what is missing: courses' editors, each for the members
of their units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from learning.organisation.admin.screens import behind, paged, query_without, user_of
from learning.organisation.models import User
from learning.organisation.permissions import Action, may, scope_q
from learning.organisation.sheets import download, sheet
from search.models import Asked
from search.models.asked import AskedQuerySet
from search.services.asking import KEPT_DAYS

NAME = "search_admin_asked"
USUAL_DAYS = 30
MOST_ROWS = 10_000  # of a sheet

Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Period:
    """Both days included."""

    first: date
    last: date

    @classmethod
    def of(cls, get: Callable[[str, str], str], *, today: date) -> Period:
        """As `from` and `to` say; what is no day is the beginning of the usual period, or today. The wrong way round is
        turned."""
        last = _day(get("to", "")) or today
        first = _day(get("from", "")) or last - timedelta(days=USUAL_DAYS - 1)
        return cls(min(first, last), max(first, last))


def _day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and found.year >= 2000 else None


def readable(user: User) -> AskedQuerySet:
    """What members of the units were looking for over whose courses the person may decide; for the administrator also
    what those looked for who belong to no unit."""
    rows = Asked.objects.all()
    return rows.filter(Q() if user.is_superuser else scope_q(user, Action.COURSE_EDIT))


@behind(Action.COURSE_EDIT)
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    period = Period.of(request.GET.get, today=today)
    every = request.GET.get("show") == "all"
    rows = readable(user_of(request)).between(period.first, period.last)
    found = rows.by_words(missed=not every)
    if request.GET.get("export") == "xlsx":
        return as_sheet(found)
    return render(
        request,
        "search/admin/asked.html",
        {
            "inside_admin": True,
            "page_title": _("搜索词"),
            "header_title": _("搜索词"),
            "header_icon": "search",
            "header_buttons": [],
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("首页")},
                {"url": reverse("reports_admin:index"), "label": _("报告")},
                {"url": "", "label": _("搜索词")},
            ],
            "page_obj": paged(request, found),
            "query": query_without(request, "export"),
            "period": period,
            "earliest": today - timedelta(days=KEPT_DAYS),
            "today": today,
            "every": every,
            "kept_days": KEPT_DAYS,
        },
    )


def as_sheet(rows: Rows) -> HttpResponse:
    headings = [_("搜索词"), _("次数"), _("没有结果"), _("只有相近结果"), _("最近一天")]
    lines = (
        [row["words"], row["asked"], row["nothing"], row["near"], row["last_day"].isoformat()]
        for row in rows[:MOST_ROWS]
    )
    return download(f"{_('搜索词')}.xlsx", sheet(_("搜索词"), headings, lines))


def door(user: User) -> list[tuple[str, str]]:
    """The line on the reports' first page, for whoever may open it."""
    return (
        [(str(_("搜索词：大家在找什么，什么找不到")), reverse(NAME))] if may(user, Action.COURSE_EDIT) else []
    )
