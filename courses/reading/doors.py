"""Who may come in: a page of the courses is for members who are meant to study it, and for its organisers to look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from wagtail.models import Page

from courses.models import TopicPage
from courses.publishing import key_of
from learning.organisation.models import Membership, User
from learning.organisation.permissions import Action, scope_q
from learning.study.models import Activity

View = Callable[[Any, HttpRequest], HttpResponse]


def for_members(view: View) -> View:
    """A view of a page that wants someone signed in and is never kept by a cache."""

    @wraps(view)
    def shown(page: Any, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = view(page, request)
        add_never_cache_headers(response)
        return response

    return shown


def member_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def is_preview(request: HttpRequest) -> bool:
    """Whether Wagtail shows a draft to its author: nothing of it is recorded."""
    return bool(getattr(request, "is_preview", False))


def activity_of(page: Page, *, user: User, now: datetime) -> Activity:
    """The page's activity, if it is open to the member or theirs to organise. Raises Http404: what is foreign does not
    exist."""
    found = Activity.objects.filter(key=key_of(page)).select_related("parent").first()
    if found is None:
        raise Http404
    if Activity.objects.open_to(user, day=timezone.localdate(now)).filter(pk=found.pk).exists():
        return found
    if Activity.objects.allowing(user, Action.COURSE_VIEW).filter(pk=found.pk).exists():
        return found
    raise Http404


def topics_for(user: User, *, now: datetime) -> Any:
    """Public topics of the member's unit and those above it, and those the member organises."""
    membership = (
        Membership.objects.on(timezone.localdate(now)).filter(user=user).select_related("unit").first()
    )
    seen = scope_q(user, Action.COURSE_VIEW, "owner_unit")
    if membership:
        path, step = membership.unit.path, type(membership.unit).steplen
        above = [path[:end] for end in range(step, len(path) + 1, step)]
        seen = seen | Q(owner_unit__path__in=above)
    return TopicPage.objects.live().filter(seen)
