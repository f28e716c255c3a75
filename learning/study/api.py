"""Studying for outside programs: open a lesson, beat.

Beats normally reach the lane, which stands before the site. Where one passes it by, it is answered here by the same rules,
and slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from learning.lane.guard import token_in_body
from learning.lane.http import json_object
from learning.lane.problems import Problem
from learning.lane.token import BadToken, Claims
from learning.organisation.models import User

from .beating import apply_beat, parse_beat
from .beating.writing import Refusal
from .errors import NotForYou
from .lane import MAX_BODY
from .models import StudySession
from .schemas import BeatIn, BeatOut, OpenedOut, OpenIn, ProblemOut
from .services.sessions import open_session
from .tokens import HEADER, read_token

LARGEST_ID = 2**63 - 1

Auth = Callable[[HttpRequest], Any]


class StudyToken:
    """The session's own token in its header, or in a body sent by sendBeacon; sets request.auth to its claims."""

    def __call__(self, request: HttpRequest) -> Claims | None:
        token = request.headers.get(HEADER) or _token_in_body(request)
        if not token:
            return None
        match = request.resolver_match
        try:
            session_id = _id(str(match.kwargs.get("session_id", ""))) if match else -1
            return read_token(token, session_id=session_id, now=timezone.now())
        except (BadToken, NotForYou) as error:
            raise Problem("bad_token") from error


def make_router(owner: Sequence[Auth]) -> Router:
    """The router; `owner` are the ways a member signs in, each of which sets request.user."""
    router = Router(tags=["study"], auth=list(owner))
    problems: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 422), ProblemOut)

    @router.post("/study", response={201: OpenedOut, **problems}, summary="Open a lesson in a tab")
    def open_lesson(request: HttpRequest, body: OpenIn) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            raise Problem("not_signed_in")
        activity_id = _id(body.activity)
        session, token = open_session(user=user, activity_id=activity_id, tab=body.tab, now=timezone.now())
        return _json({"session": str(session.pk), "token": token}, status=201)

    @router.post(
        "/study/{session_id}/beats",
        auth=[StudyToken()],
        response={200: BeatOut, **problems, 413: ProblemOut, 429: ProblemOut, 503: ProblemOut},
        summary="Tell how the lesson is studied; every 15 seconds",
        openapi_extra={
            "requestBody": {
                "content": {"application/json": {"schema": BeatIn.json_schema()}},
                "required": True,
            }
        },
    )
    def beat(request: HttpRequest, session_id: str) -> HttpResponse:
        told = parse_beat(_body(request))
        claims: Claims = request.auth  # type: ignore[attr-defined]  # StudyToken returned it
        session = StudySession(pk=int(claims.id), user_id=int(claims.user), activity_id=int(claims.extra))
        reply = apply_beat(session=session, beat=told, now=timezone.now())
        if isinstance(reply, Refusal):
            raise Problem(reply.value)
        return _json(reply.as_json())

    return router


def _id(text: str) -> int:
    """Ids are opaque strings to the caller: one that is no number is simply not there."""
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST_ID:
        raise NotForYou
    return int(text)


def _body(request: HttpRequest) -> dict[str, Any]:
    return json_object(request.body, most=MAX_BODY)


def _token_in_body(request: HttpRequest) -> str:
    return token_in_body(request.body, most=MAX_BODY) if request.method == "POST" else ""


def _json(said: Any, *, status: int = 200) -> HttpResponse:
    """Written by orjson, past ninja's response models: those describe it in OpenAPI, and a test holds both together."""
    response = HttpResponse(orjson.dumps(said), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
