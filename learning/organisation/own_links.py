"""Lines of 「我的」 that rooms above add: a page of theirs about the person's own account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class OwnLink:
    """`icon` is a name of site/sprite.html."""

    url: str
    title: str
    meta: str
    icon: str = "person"


Link = Callable[[HttpRequest], OwnLink | None]
_links: list[Link] = []


def add_own_link(link: Link) -> None:
    """Adds a line, shown where `link` gives one for the request; called once, from the app's `ready`."""
    if link not in _links:
        _links.append(link)


def own_links(request: HttpRequest) -> list[OwnLink]:
    return [found for link in _links if (found := link(request)) is not None]
