"""Our own addresses as platforms are to know them, and which addresses are ours."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse

from lti.models import origin_of

ROOM = "lti/"


def absolute(request: HttpRequest, name: str, *args: object) -> str:
    """A door of ours in full, under the host that the request came to."""
    return request.build_absolute_uri(reverse(name, args=args))


def ours_at(request: HttpRequest) -> Callable[[str], bool]:
    """Whether a URL is a door of the tool at this very origin: what a platform may name as target or redirect."""
    origin = origin_of(request.build_absolute_uri("/"))
    room = f"{reverse('home')}{ROOM}"

    def ours(url: str) -> bool:
        if origin_of(url) != origin or any(ord(char) <= ord(" ") or char == "\\" for char in url):
            return False
        parts = urlsplit(url)
        return parts.path.startswith(room) and ".." not in parts.path and "@" not in parts.netloc

    return ours
