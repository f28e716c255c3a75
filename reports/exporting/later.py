"""A file of many rows is made by a worker: it asks the report's own screen, as the same person, with the same address, so
rights and numbers are those of the page. Kept for a day, for that person alone."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest, QueryDict
from django.urls import resolve
from django.utils import translation

from learning.organisation.models import User
from reports.shape import Report

FOLDER = "exports"
KEPT = timedelta(days=1)
LONGEST = timedelta(minutes=30)  # after which nobody works on it any more
MANY_ROWS = 3000  # about a second of work
ASKED, MADE, FAILED, FILE = "asked.json", "made.json", "failed", "file"
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

log = logging.getLogger("dangxiao.reports")


@dataclass(frozen=True, slots=True)
class Made:
    """Headers of the finished file, and where it lies in the storage."""

    content_type: str
    disposition: str
    place: str


def is_long(report: Report) -> bool:
    return sum(len(table.rows) for table in report.all_tables) > MANY_ROWS


def is_worker(request: HttpRequest) -> bool:
    """Whether the file is being made now."""
    return bool(getattr(request, "makes_a_file", False))


def ask(request: HttpRequest, user: User) -> str:
    """Notes what is wanted; returns the token of the file to come."""
    token = secrets.token_urlsafe(16)
    asked = {
        "path": request.path_info,
        "query": request.GET.urlencode(),
        "language": translation.get_language(),
    }
    default_storage.save(_place(user.pk, token, ASKED), ContentFile(json.dumps(asked).encode()))
    return token


def make(*, user_id: int, token: str) -> None:
    """Makes the file, once however often it is asked to. What goes wrong is noted, so that nobody waits for ever."""
    if made(user_id, token) is not None or not is_asked(user_id, token):
        return
    try:
        _make(User.objects.get(pk=user_id, is_active=True), token)
    except Exception:  # whatever it is, whoever waits is told
        log.exception("a report's file could not be made")
        _write(user_id, token, FAILED, b"")


def is_asked(user_id: int, token: str) -> bool:
    return bool(TOKEN.fullmatch(token)) and default_storage.exists(_place(user_id, token, ASKED))


def has_failed(user_id: int, token: str, *, now: datetime) -> bool:
    """Or was asked for so long ago that it must have been lost."""
    asked_at = default_storage.get_modified_time(_place(user_id, token, ASKED))
    return default_storage.exists(_place(user_id, token, FAILED)) or asked_at < now - LONGEST


def made(user_id: int, token: str) -> Made | None:
    """None while it is not there."""
    place = _place(user_id, token, MADE)
    if not TOKEN.fullmatch(token) or not default_storage.exists(place):
        return None
    with default_storage.open(place) as file:
        told = json.load(file)
    return Made(told["content_type"], told["disposition"], _place(user_id, token, FILE))


def drop_old(*, now: datetime) -> int:
    """Deletes what is older than a day; returns how many files that were asked for."""
    dropped = 0
    for folder in list(_folders()):
        _dirs, names = default_storage.listdir(folder)
        times = [default_storage.get_modified_time(f"{folder}/{name}") for name in names]
        if times and max(times) > now - KEPT:
            continue
        for name in names:
            default_storage.delete(f"{folder}/{name}")
        default_storage.delete(folder)
        dropped += 1
    return dropped


def _make(user: User, token: str) -> None:
    with default_storage.open(_place(user.pk, token, ASKED)) as file:
        asked = json.load(file)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", asked["path"], asked["path"]
    request.GET, request.user = QueryDict(asked["query"]), user
    request.makes_a_file = True  # type: ignore[attr-defined]
    view = resolve(asked["path"])
    with translation.override(asked["language"]):
        response = view.func(request, *view.args, **view.kwargs)
    if response.status_code != 200 or not response.has_header("Content-Disposition"):
        raise ValueError(f"the report answered {response.status_code}")
    _write(user.pk, token, FILE, response.content)
    headers = {"content_type": response["Content-Type"], "disposition": response["Content-Disposition"]}
    _write(user.pk, token, MADE, json.dumps(headers).encode())


def _write(user_id: int, token: str, name: str, content: bytes) -> None:
    """In place of what an interrupted run has left."""
    place = _place(user_id, token, name)
    default_storage.delete(place)
    default_storage.save(place, ContentFile(content))


def _place(user_id: int, token: str, name: str) -> str:
    return f"{FOLDER}/{user_id}/{token}/{name}"


def _folders() -> Iterator[str]:
    try:
        people, _files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    for person in people:
        tokens, _files = default_storage.listdir(f"{FOLDER}/{person}")
        yield from (f"{FOLDER}/{person}/{token}" for token in tokens)
