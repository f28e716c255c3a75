"""Wagtail's admin as part of this site: its colours, one search for everything, nothing of what we do not use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.auth import require_admin_access
from wagtail.admin.search import SearchArea

from learning.organisation.admin.doors import leads_to_closed

from .finding import find, may_find


@hooks.register("insert_global_admin_css")
def colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("project/admin.css"))


@hooks.register("construct_homepage_panels")
def only_ours(request: HttpRequest, panels: list[Any]) -> None:
    """Pages come with the courses; until then Wagtail's panels about pages would always be empty."""
    panels[:] = [panel for panel in panels if not type(panel).__module__.startswith("wagtail.")]


@hooks.register("construct_main_menu")
@hooks.register("construct_settings_menu")
@hooks.register("construct_reports_menu")
def only_open_doors(request: HttpRequest, items: list[Any]) -> None:
    """Wagtail's help leads to its own handbook on another host; ours lies in docs/handbook."""
    items[:] = [item for item in items if item.name != "help" and not leads_to_closed(item)]


@hooks.register("register_admin_urls")
def register_find() -> list[URLPattern]:
    return [path("find/", require_admin_access(find), name="admin_find")]


class FindArea(SearchArea):
    """First of all areas, so that the search of the side bar leads here."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_find(request.user)  # type: ignore[arg-type]  # behind require_admin_access


@hooks.register("register_admin_search_area")
def register_find_area() -> SearchArea:
    return FindArea(_("查找"), reverse("admin_find"), name="find", icon_name="search", order=1)
