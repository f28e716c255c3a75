"""Two doors that stand before every view: the first change of a password, and Wagtail's side doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from wagtail.admin.views.bulk_action.registry import bulk_action_registry

from .admin.doors import guarded, is_open
from .admin.scoped import is_scoped_bulk_action


class FirstChangeMiddleware:
    """Sends a signed-in user whose password was given by somebody else to the change page first. Whom a campus platform
    has signed in has used no password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.must_change_password and not user.launched:
            change, leave = reverse("password_change"), reverse("logout")
            if request.path not in (change, leave, reverse("set_language")):
                return redirect(change)
        return self.get_response(request)


class AdminDoorsMiddleware:
    """Closes the admin and its documents to launched sessions, and what Wagtail opens to everybody who may enter its
    admin: pages this product does not use (admin/doors.py), bulk actions on our models that know no rows of units, and
    its own log-in page (ours counts failures by device and sends codes)."""

    OUR_APPS = ("organisation", "study", "questions", "exams", "courses", "reports", "lti", "search")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        door = request.resolver_match.view_name if request.resolver_match else ""
        inside = request.path.startswith(reverse("wagtailadmin_home")) or door.startswith("wagtaildocs_")
        if inside and getattr(request.user, "launched", False):
            raise Http404
        if door == "wagtailadmin_login":
            return redirect("login")
        passes = self.bulk_passes(**kwargs) if door == "wagtail_bulk_action" else is_open(door)
        said = guarded(request, door, kwargs) if passes else False
        if said is False:
            return render(request, "wagtailadmin/404.html", status=404)
        return said if isinstance(said, HttpResponse) else None

    def bulk_passes(self, app_label: str, model_name: str, action: str) -> bool:
        """Scoped actions do; on models of others, Wagtail's own once they were opened."""
        if is_scoped_bulk_action(bulk_action_registry.get_bulk_action_class(app_label, model_name, action)):
            return True
        return app_label not in self.OUR_APPS and is_open("wagtail_bulk_action")
