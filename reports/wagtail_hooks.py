"""The reports in Wagtail's admin: their doors and their menu."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from learning.organisation.models import User
from learning.organisation.permissions import Action, may

from . import manage_urls
from .views.doors import ADMIN


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern | URLResolver]:
    return [path("reports/", include((manage_urls.patterns(), ADMIN)))]


class ReportsMenuItem(MenuItem):
    """Shown to whoever may read reports somewhere."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may(cast(User, request.user), Action.REPORT_VIEW)


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    return ReportsMenuItem(
        _("报告"), reverse_lazy(f"{ADMIN}:index"), name="evaluation", icon_name="table", order=400
    )
