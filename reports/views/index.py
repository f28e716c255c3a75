"""Where the reports begin: the units, courses and people one may read about, what other rooms report (the hook
"report_doors": user → [(words, address)]), and the filters one has saved."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail import hooks

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, people_allowing, scopes
from learning.organisation.searching import PERSON, holding
from reports.models import SavedFilter
from reports.views.courses import readable_courses

from .doors import ADMIN, door, link

ROWS = 20
MOST_SAVED = 100


@door
@require_GET
def index(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    words = request.GET.get("q", "").strip()[:80]
    context: dict[str, Any] = {
        "units": _top_units(user),
        "courses": readable_courses(user).order_by("-updated_at")[:ROWS],
        "people": _people(user, words) if words else [],
        "words": words,
        "more": [line for offer in hooks.get_hooks("report_doors") for line in offer(user)],
        "saved": [
            {"row": each, "url": f"{link('index')}{each.report}{'?' if each.query else ''}{each.query}"}
            for each in SavedFilter.objects.of(user)
        ],
        "page_title": _("报告"),
        "header_title": _("报告"),
        "header_icon": "table",
        "header_buttons": [],
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": _("首页")},
            {"url": "", "label": _("报告")},
        ],
        "frame": "reports/frame_admin.html",
        "inside_admin": True,
    }
    return render(request, "reports/index.html", context)


def _top_units(user: User) -> list[Unit]:
    """The highest units that the person may read about, each with the units right below it as `below`."""
    paths = scopes(user, Action.REPORT_VIEW)
    tops = Q(depth=1) if "" in paths else Q(path__in=paths)
    units = list(Unit.objects.filter(tops))
    units = [each for each in units if not any(each.is_descendant_of(other) for other in units)]
    for each in units:
        each.below = list(each.get_children().filter(closed_date=None))
    return units


def _people(user: User, words: str) -> list[User]:
    people = holding(people_allowing(user, Action.REPORT_VIEW), words, *PERSON)
    return list(people.order_by("number")[:ROWS])


@door
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keeps a report with its filters under a name; the same name again replaces it."""
    report, query = request.POST.get("report", ""), _clean(request.POST.get("query", ""))
    name = request.POST.get("name", "").strip()[:60]
    home = link("index")
    try:
        known = resolve(f"{home}{report}")
    except Resolver404:
        raise Http404 from None
    if known.namespaces != [ADMIN] or len(report) > 120 or len(query) > 500:
        raise Http404
    mine = SavedFilter.objects.filter(user=user_of(request))
    if not name:
        messages.error(request, _("请填写名称。"))
    elif mine.exclude(name=name).count() >= MOST_SAVED:
        messages.error(request, _("最多保存 %(most)d 个筛选，请先删除不用的。") % {"most": MOST_SAVED})
    else:
        SavedFilter.objects.update_or_create(
            user=user_of(request),
            name=name,
            defaults={"report": report, "query": query, "created_at": timezone.now()},
        )
        messages.success(request, _("已保存筛选“%(name)s”，可以在“报告”首页打开。") % {"name": name})
    return redirect(f"{home}{report}{'?' if query else ''}{query}")


@door
@require_POST
def delete_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    row = found(SavedFilter.objects.filter(user=user_of(request)), filter_id)
    row.delete()
    messages.success(request, _("已删除筛选“%(name)s”。") % {"name": row.name})
    return redirect(link("index"))


def _clean(query: str) -> str:
    """The filters alone: no page, no file."""
    pairs = parse_qsl(query)
    return urlencode([(k, v) for k, v in pairs if k != "export" and not k.startswith("page")])
