"""Campus platforms in Wagtail's admin: their addresses, the menu item, what waits for the administrator."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.template.context import Context
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.models import User
from learning.organisation.permissions import Action, may

from .admin import urls
from .admin.doors import ROOM
from .admin.waiting import undelivered, waiting
from .views import grades


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern | URLResolver]:
    return [
        path("lti/", include((urls.patterns, ROOM))),
        # Among the exams' own screens.
        path("exams/grades/", grades.grades, name="lti_admin_all_grades"),
        path("exams/<int:exam_id>/grades/", grades.grades, name="lti_admin_grades"),
        path("exams/<int:exam_id>/grades/resend/", grades.grades_resend, name="lti_admin_grades_resend"),
    ]


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    return ActionMenuItem(
        _("校园平台"),
        reverse_lazy(f"{ROOM}:platform_list"),
        name="platforms",
        icon_name="link",
        order=450,
        action=Action.SITE_MANAGE,
    )


class WaitingPanel(Component):
    """On the first page of the admin: platforms and deployments that wait for approval, scores that did not arrive."""

    name = "platforms"
    order = 70
    template_name = "lti/admin/home_panel.html"

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def render_html(self, parent_context: Context | None = None) -> SafeString:
        return super().render_html(parent_context)  # type: ignore[no-any-return]  # laces has no types

    def get_context_data(self, parent_context: Context | None) -> dict[str, Any]:
        return {"rows": self.rows}


@hooks.register("construct_homepage_panels")
def add_panel(request: HttpRequest, panels: list[Component]) -> None:
    user = cast(User, request.user)
    rows = [*(waiting() if may(user, Action.SITE_MANAGE) else []), *undelivered(user)]
    if rows:
        panels.append(WaitingPanel(rows))
