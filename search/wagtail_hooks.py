"""Search in Wagtail's admin: its screens and the ways to them."""

from __future__ import annotations

from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from learning.organisation.admin.menus import ActionMenuItem
from learning.organisation.permissions import Action

from .admin import asked, state


@hooks.register("register_admin_urls")
def register_asked() -> list[URLPattern]:
    return [path("search/asked/", asked.asked, name=asked.NAME)]


hooks.register("report_doors", asked.door)


@hooks.register("register_admin_urls")
def register_state() -> list[URLPattern]:
    return [
        path("search/state/", state.state, name=state.NAME),
        path("search/state/catch-up/", state.catch_up, name=state.CATCH_UP),
        path("search/state/rebuild/", state.rebuild_all, name=state.REBUILD),
    ]


@hooks.register("register_settings_menu_item")
def register_state_menu() -> MenuItem:
    return ActionMenuItem(
        _("搜索状态"),
        reverse_lazy(state.NAME),
        name="search-state",
        icon_name="search",
        order=800,
        action=Action.SITE_MANAGE,
    )
