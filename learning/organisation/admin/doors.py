"""Which of Wagtail's own pages belong to this product. Wagtail mounts groups, sites, collections, workflows, reports and
pages whether they are used or not: what is not named here answers 404, and a menu item that leads there is not shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, get_script_prefix, resolve

# A view's name as `reverse` knows it, or a namespace with its colon for all of its views.
_open = {
    "wagtailadmin_account",
    "wagtailadmin_dismissibles",
    "wagtailadmin_home",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_login",  # the middleware sends it to ours
    "wagtailadmin_logout",
    "wagtailadmin_sprite",
    "wagtailadmin_tag_autocomplete",  # the upload form of the image chooser
    "wagtailimages_chooser:",  # the crest of 网站外观
    "wagtailsettings:",
    "wagtailusers_users:",
}


def open_doors(*names: str) -> None:
    """Opens more of Wagtail's pages, for a room that begins to use them; called from its wagtail_hooks."""
    _open.update(names)


# Asked before an open door's view with (request, door, kwargs): whether it exists for this person, or where to go instead.
Guard = Callable[[HttpRequest, str, Mapping[str, Any]], bool | HttpResponse]
_guards: dict[str, Guard] = {}


def guard_doors(prefix: str, guard: Guard) -> None:
    """Lets a room judge visits to the open doors whose names begin so: Wagtail answers "no permission" for rows of
    others, where to us they do not exist."""
    _guards[prefix] = guard


def guarded(request: HttpRequest, door: str, kwargs: Mapping[str, Any]) -> bool | HttpResponse:
    """What the door's guard says; True where there is none."""
    for prefix, guard in _guards.items():
        if door.startswith(prefix):
            return guard(request, door, kwargs)
    return True


def is_open(door: str) -> bool:
    """Whether the view of this name may be visited at all; our own views are not Wagtail's and always are."""
    if not door.startswith("wagtail"):
        return True
    return door in _open or f"{door.partition(':')[0]}:" in _open


def leads_to_closed(item: Any) -> bool:
    """Whether a menu item's address is that of a closed page; a group of items has none of its own."""
    path = urlsplit(str(item.url)).path
    prefix = get_script_prefix()
    if not path.startswith(prefix):
        return False
    try:
        return not is_open(resolve(f"/{path.removeprefix(prefix)}").view_name)
    except Resolver404:
        return False
