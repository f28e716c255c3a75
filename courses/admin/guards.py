"""Wagtail's doors to pages: which are open, for which pages, and where its explorer's addresses lead instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.models import Page
from wagtail.permissions import policy_registry

from courses.models import CoursePage, TopicPage
from courses.models.page_tester import TOP_DEPTH, TOP_PATH
from learning.organisation.admin.doors import guard_doors, open_doors
from learning.organisation.models import User

PAGE_ARGUMENTS = ("page_id", "parent_page_id", "pk")
EXPLORER = ("wagtailadmin_explore", "wagtailadmin_explore_root", "wagtailadmin_pages:add_subpage")
DOORS = (
    "wagtailadmin_pages:add",
    "wagtailadmin_pages:preview_on_add",
    "wagtailadmin_pages:edit",
    "wagtailadmin_pages:preview_on_edit",
    "wagtailadmin_pages:view_draft",
    "wagtailadmin_pages:delete",
    "wagtailadmin_pages:unpublish",
    "wagtailadmin_pages:usage",
    "wagtailadmin_pages:history",
    "wagtailadmin_pages:history_results",
    "wagtailadmin_pages:revisions_index",
    "wagtailadmin_pages:revisions_view",
    "wagtailadmin_pages:revisions_revert",
    "wagtailadmin_pages:revisions_unschedule",
    "wagtailadmin_pages:revisions_compare",
    # Links in a text, and courses of a topic.
    "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_search",
    "wagtailadmin_choose_page_external_link",
    "wagtailadmin_choose_page_email_link",
    "wagtailadmin_choose_page_anchor_link",
    "wagtailadmin_choose_page_phone_link",
    # Says when somebody else is editing the same page.
    "wagtailadmin_editing_sessions:",
    *EXPLORER,
)


def open_page_doors() -> None:
    open_doors(*DOORS)
    for prefix in ("wagtailadmin_pages:", "wagtailadmin_choose_page", "wagtailadmin_explore"):
        guard_doors(prefix, pages_of_the_scope)
    guard_doors("wagtailadmin_editing_sessions:", sessions_of_pages)


def pages_of_the_scope(request: HttpRequest, door: str, kwargs: Mapping[str, Any]) -> bool | HttpResponse:
    """Whether every page that the address names is one the person may see; the explorer's pages are ours."""
    if not request.user.is_authenticated:
        return True  # Wagtail asks to log in
    user = request.user
    if door in EXPLORER:
        return _outline(user, kwargs.get("parent_page_id"))
    if "content_type_app_name" in kwargs and kwargs["content_type_app_name"] != "courses":
        return False
    named = {kwargs[name] for name in PAGE_ARGUMENTS if name in kwargs}
    return not named or seen(user).filter(pk__in=named).count() == len(named)


def sessions_of_pages(request: HttpRequest, door: str, kwargs: Mapping[str, Any]) -> bool | HttpResponse:
    if "object_id" not in kwargs or not request.user.is_authenticated:
        return True
    is_page = kwargs.get("app_label") in ("courses", "wagtailcore") and str(kwargs["object_id"]).isdecimal()
    return is_page and seen(request.user).filter(pk=kwargs["object_id"]).exists()


def choosable(pages: QuerySet[Page], request: HttpRequest) -> QuerySet[Page]:
    """For the chooser of pages: those of the own scope."""
    return pages.filter(pk__in=seen(cast(User, request.user)).values("pk"))


def seen(user: User) -> QuerySet[Page]:
    pages: QuerySet[Page] = policy_registry.get_by_type(Page).explorable_instances(user)
    return pages


def _outline(user: User, page_id: int | None) -> bool | HttpResponse:
    """Where Wagtail would show its explorer (after saving, deleting, publishing), or ask what to add, stands the outline of
    the course."""
    page = seen(user).filter(pk=page_id).first() if page_id else None
    if page_id and page is None:
        return False
    if page is None or page.depth < TOP_DEPTH:
        return redirect("course_list")
    top = page.path[:TOP_PATH]
    if TopicPage.objects.filter(path=top).exists():
        return redirect("topic_list")
    return redirect("course_outline", pk=CoursePage.objects.get(path=top).pk)
