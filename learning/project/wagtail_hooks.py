"""Wagtail's admin as part of this site: its colours, and no panels for what we do not use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks


@hooks.register("insert_global_admin_css")
def colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("project/admin.css"))


@hooks.register("construct_homepage_panels")
def only_ours(request: HttpRequest, panels: list[Any]) -> None:
    """Pages come with the courses; until then Wagtail's panels about pages would always be empty."""
    panels[:] = [panel for panel in panels if not type(panel).__module__.startswith("wagtail.")]


@hooks.register("construct_main_menu")
def only_used(request: HttpRequest, items: list[Any]) -> None:
    """Search, pages, images and documents belong to the course pages; they are hidden until there are some."""
    items[:] = [
        item for item in items if item.name not in {"search", "explorer", "images", "documents", "help"}
    ]
