"""Files of lessons for those who may see them: video with ranges, pictures of PDF pages, subtitles, originals."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from learning.organisation.models import User

from .models import Material

CHUNK = 256 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# The address of an original may be opened in a tab of its own: nothing in it is to run there.
HANDED_OVER = "/protected-media/"  # deploy/nginx: an internal location over MEDIA_ROOT
SANDBOX = "default-src 'none'; sandbox"
ENDINGS = {"mp4": "video/mp4", "webm": "video/webm", "m4a": "audio/mp4", "mp3": "audio/mpeg", "ogg": "audio/ogg",
           "pdf": "application/pdf", "vtt": "text/vtt; charset=utf-8", "webp": "image/webp", "jpg": "image/jpeg"}  # fmt: skip


@require_safe
@login_required
def material(request: HttpRequest, pk: int, what: str) -> HttpResponseBase:
    """`what`: file, poster, subtitles; anything else, and what the person may not see, is 404."""
    found = _seen(request, pk)
    names = {"file": found.file, "poster": found.poster, "subtitles": found.subtitles}
    name = names.get(what, "")
    if not name:
        raise Http404
    response = _sent(request, name)
    if what == "file" and found.kind == Material.Kind.PDF:
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.original_name)}"
    return response


@require_safe
@login_required
def page(request: HttpRequest, pk: int, number: int) -> HttpResponseBase:
    """The picture of a page of a PDF, counted from 1."""
    found = _seen(request, pk)
    if not 1 <= number <= len(found.pages):
        raise Http404
    return _sent(request, found.pages[number - 1]["file"])


def _seen(request: HttpRequest, pk: int) -> Material:
    rows = Material.objects.seen_by(cast(User, request.user), day=timezone.localdate())
    found = rows.ready().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _sent(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file or the range that was asked for, by us or, where the setting says so, by nginx."""
    content_type = ENDINGS[name.rpartition(".")[2]]
    tag = f'"{hashlib.sha256(name.encode()).hexdigest()[:32]}"'  # a name is random and its content never changes
    if settings.MEDIA_HANDOVER == "x-accel":
        response: HttpResponseBase = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{HANDED_OVER}{quote(name)}"
    else:
        response = _by_us(request, name, content_type, tag)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response


def _by_us(request: HttpRequest, name: str, content_type: str, tag: str) -> HttpResponseBase:
    if not default_storage.exists(name):
        raise Http404
    size = default_storage.size(name)
    changed = http_date(int(default_storage.get_modified_time(name).timestamp()))
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        wanted = request.headers.get("Range", "")
        same = request.headers.get("If-Range") in (None, tag, changed)
        span = asked_range(wanted, size) if wanted and same and request.method == "GET" else (0, size)
        if span is None:
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return response
        start, end = span
        whole = span == (0, size)
        body = _bytes(name, start, end) if request.method == "GET" else iter(())
        response = StreamingHttpResponse(body, content_type=content_type, status=200 if whole else 206)
        response["Content-Length"] = str(end - start)
        if not whole:
            response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Last-Modified"] = changed
    return response


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """[from, to) of the one range that a Range header asks for; the whole for a header that we do not serve by (several
    ranges, another unit), as RFC 9110 allows; None where the range lies outside (416)."""
    found = RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return 0, size
    first, last = found[1], found[2]
    if not first:
        return (max(0, size - int(last)), size) if int(last) and size else None
    start = int(first)
    if last and int(last) < start:
        return 0, size
    return (start, min(size, int(last) + 1) if last else size) if start < size else None


def _bytes(name: str, start: int, end: int) -> Iterator[bytes]:
    with default_storage.open(name) as file:
        file.seek(start)
        left = end - start
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
