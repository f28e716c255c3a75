"""Who shows a page to a member: the rooms above the models enter themselves here (apps.ready), pages only ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

Shown = Callable[[Any, HttpRequest], HttpResponse]
_shown: dict[str, Shown] = {}


def show_with(model: str, view: Shown) -> None:
    """From now on pages of this model ("CoursePage") are answered by the view; it is called as view(page, request), also
    in the organiser's preview, where request.is_preview is true and the page may be an unsaved draft."""
    _shown[model] = view


def view_of(page: object) -> Shown | None:
    return _shown.get(type(page).__name__)
