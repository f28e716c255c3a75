"""Who may come in: a page of the courses is for members who are meant to study it, and for its organisers to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from wagtail.models import Page

from courses.models import TopicPage
from courses.publishing import key_of
from courses.reflecting.returned import any_returned
from learning.organisation.models import Membership, UnitClosure, User
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


@dataclass(frozen=True, slots=True)
class Entry:
    """The activity of a page, with its course. `recorded`: open to the member, and not only theirs to organise.
    `given_back`: some reflection of theirs was returned, of whatever lesson."""

    activity: Activity
    recorded: bool
    given_back: bool = False


def entry_to(page: Page, *, user: User, now: datetime) -> Entry:
    """Raises Http404: what is neither open to the member nor theirs to organise does not exist."""
    mine = Activity.objects.open_to(user, day=timezone.localdate(now))
    found = mine.filter(key=key_of(page)).select_related("parent").annotate(back=any_returned(user)).first()
    if found is not None:
        return Entry(found, recorded=True, given_back=found.back)  # type: ignore[attr-defined]  # annotated
    theirs = Activity.objects.allowing(user, Action.COURSE_VIEW).filter(is_open=True)
    looked_at = theirs.filter(key=key_of(page)).select_related("parent").first()
    if looked_at is None:
        raise Http404
    return Entry(looked_at, recorded=False)


def topics_for(user: User, *, now: datetime) -> QuerySet[TopicPage]:
    """Public topics of the member's unit and of those above it."""
    day = timezone.localdate(now)
    units = Membership.objects.on(day).filter(user=user).values("unit")
    above = UnitClosure.objects.on(day).filter(unit__in=units).values("ancestor")
    found: QuerySet[TopicPage] = TopicPage.objects.live().filter(owner_unit__in=above)
    return found


def organised_topics(user: User) -> QuerySet[TopicPage]:
    """Public topics that the person may look at as their organiser."""
    found: QuerySet[TopicPage] = TopicPage.objects.live().filter(
        scope_q(user, Action.COURSE_VIEW, "owner_unit")
    )
    return found
