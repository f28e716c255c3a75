"""How the index stands, and the two things to do about it, for the administrator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from learning.organisation.admin.screens import behind, tell, warn
from learning.organisation.permissions import Action
from search.models import Kind
from search.services.health import index_health
from search.services.keeping import try_again
from search.tasks import index_pending, rebuild

NAME = "search_admin_state"
CATCH_UP = "search_admin_catch_up"
REBUILD = "search_admin_rebuild"

door = behind(Action.SITE_MANAGE)


@door
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    health = index_health(now=now)
    return render(
        request,
        "search/admin/state.html",
        {
            "inside_admin": True,
            "page_title": _("搜索状态"),
            "header_title": _("搜索状态"),
            "header_icon": "search",
            "header_buttons": [],
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("首页")},
                {"url": "", "label": _("搜索状态")},
            ],
            "health": health,
            "lag_s": round(health.lag_s(now=now)),
            "kinds": [(Kind(kind).label, count) for kind, count in health.entries.items()],
        },
    )


@door
@require_POST
def catch_up(request: HttpRequest) -> HttpResponse:
    """What failed is tried again too."""
    try_again()
    return _queued(request, index_pending, _("已开始补齐，稍后刷新本页查看。"))


@door
@require_POST
def rebuild_all(request: HttpRequest) -> HttpResponse:
    return _queued(request, rebuild, _("已开始全部重建，期间搜索照常可用，稍后刷新本页查看。"))


def _queued(request: HttpRequest, task: Any, words: str) -> HttpResponse:
    try:
        task.delay()
    except OperationalError:
        warn(request, _("后台任务没有接收，请检查后台服务是否在运行。"))
    else:
        tell(request, words)
    return redirect(NAME)
