"""The reports in Wagtail's admin: their doors and their menu."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.permissions import Action

from . import manage_urls
from .views.doors import ADMIN


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern | URLResolver]:
    return [path("reports/", include((manage_urls.patterns(), ADMIN)))]


@hooks.register("register_admin_menu_item")
def register_menu() -> MenuItem:
    return ActionMenuItem(
        _("报告"),
        reverse_lazy(f"{ADMIN}:index"),
        name="evaluation",
        icon_name="table",
        order=400,
        action=Action.REPORT_VIEW,
    )
