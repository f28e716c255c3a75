"""Two doors that stand before every view: the first change of a password, and Wagtail's side doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin.views.bulk_action.registry import bulk_action_registry

from .admin.scoped import is_scoped_bulk_action


class FirstChangeMiddleware:
    """Sends a signed-in user whose password was given by somebody else to the change page first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password:
            change, leave = reverse("password_change"), reverse("logout")
            if request.path not in (change, leave, reverse("set_language")):
                return redirect(change)
        return self.get_response(request)


class AdminDoorsMiddleware:
    """Closes what Wagtail opens to everybody who may enter its admin and what knows no rows of units: bulk actions on
    our models that are not scoped, and its own log-in page (ours counts failures by device and sends codes)."""

    OUR_APPS = ("organisation", "questions", "exams")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        door = request.resolver_match.view_name if request.resolver_match else ""
        if door == "wagtailadmin_login":
            return redirect("login")
        if door == "wagtail_bulk_action" and kwargs["app_label"] in self.OUR_APPS:
            action = bulk_action_registry.get_bulk_action_class(
                kwargs["app_label"], kwargs["model_name"], kwargs["action"]
            )
            if not is_scoped_bulk_action(action):
                raise Http404
        return None
