"""What every report's screen shares: closed to whoever may read no report at all, never kept by a cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from reports.frame import may_read_reports

ADMIN = "reports_admin"  # the namespace of the mount inside Wagtail's admin

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def door(view: View[P]) -> View[P]:
    """A report for organisers: signed in and allowed to read reports somewhere; else it does not exist."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_read_reports(request):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P]", never_cache(login_required(opened)))


def link(name: str, *args: object) -> str:
    return reverse(f"{ADMIN}:{name}", args=args)


def home_crumb() -> tuple[str, str]:
    return link("index"), _("报告")


def found(rows: QuerySet[M], pk: int) -> M:
    """The row or 404, also for a number no database can hold."""
    row = rows.filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row
