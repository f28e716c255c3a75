"""Uploaded pictures, for an installation without a web server before it; nginx serves the renditions itself."""

from __future__ import annotations

import re

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Wagtail's folders of pictures. What else is uploaded is not for everybody: imports/ holds answers, and documents go
# through a view of their own.
PICTURE = re.compile(r"(?:images|original_images)/[^/\\\0.][^/\\\0]*\.([A-Za-z0-9]+)")
TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


@require_safe
@cache_control(public=True, max_age=86400)
def media(request: HttpRequest, name: str) -> HttpResponse:
    """The picture, shown as what its name says it is. An SVG may hold scripts: an <img> shows it, its own address only
    downloads it. Anything but a picture's place and ending is 404."""
    picture = PICTURE.fullmatch(name)
    ending = picture[1].lower() if picture else ""
    content_type = "image/svg+xml" if ending == "svg" else TYPES.get(ending)
    if content_type is None:
        raise Http404
    try:
        with default_storage.open(name) as file:
            response = HttpResponse(file.read(), content_type=content_type)
    except (FileNotFoundError, IsADirectoryError):
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    if ending == "svg":
        response["Content-Disposition"] = "attachment"
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
