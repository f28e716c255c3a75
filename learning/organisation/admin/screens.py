"""What every organiser's screen needs, whatever its room: the door by action, the row or 404, pages, words of success."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from learning.organisation.models import User
from learning.organisation.permissions import Action, may

PAGE_SIZE = 50

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def behind(action: Action, *, or_if: Callable[[User], bool] | None = None) -> Callable[[View[P]], View[P]]:
    """Signed in, never kept by a cache; to whoever may do the action nowhere the screen does not exist, unless `or_if`
    lets them in without a role."""

    def guarded(view: View[P]) -> View[P]:
        @wraps(view)
        def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = user_of(request)
            if not may(user, action) and not (or_if and or_if(user)):
                raise Http404
            return view(request, *args, **kwargs)

        return cast("View[P]", never_cache(login_required(opened)))

    return guarded


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def found(rows: QuerySet[M], pk: object) -> M:
    """The row or 404, also for a number no database can hold."""
    try:
        row = rows.filter(pk=pk).first()
    except (ValueError, OverflowError):
        row = None
    if row is None:
        raise Http404
    return row


def tell(request: HttpRequest, text: str) -> None:
    messages.success(request, text)


def warn(request: HttpRequest, text: str) -> None:
    messages.error(request, text)


def paged(request: HttpRequest, rows: Any, size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the URL asks for; a number beyond the end is the last page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def query_without(request: HttpRequest, *names: str) -> str:
    """The URL's query without these parameters, for links that change one filter and keep the others."""
    query = request.GET.copy()
    for name in ("page", *names):
        query.pop(name, None)
    return query.urlencode()
