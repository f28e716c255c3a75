"""The exams for outside programs: list, start, save, submit, read.

Saves normally reach the lane, which stands before the site. Where a request passes it by, it is answered here by the same
rules, and slower: nothing is lost to a proxy's mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from learning.lane.guard import token_in_body
from learning.lane.http import json_object
from learning.lane.problems import Problem
from learning.lane.token import BadToken, Claims
from learning.organisation.models import User

from .errors import NotFound, iso
from .lane import MAX_BODY
from .models import Attempt
from .models.exams import UNLIMITED_ATTEMPTS
from .outcome import attempt_json, paper_json
from .saving import apply_ops, parse_ops
from .saving.ops import parse_client
from .schemas import (
    AttemptOut,
    ExamLine,
    OpsIn,
    OpsOut,
    ProblemOut,
    ReceiptOut,
    StartedOut,
    StartIn,
    SubmitIn,
)
from .standing import Standing, standings
from .taking.closing import locked_attempt, settle
from .taking.start import start_attempt
from .taking.submitting import submit_attempt
from .tokens import HEADER, VIEWER, attempt_token, read_token

# Ids in paths are opaque strings to the caller: one that is no number is simply not there.
LARGEST_ID = 2**63 - 1

Auth = Callable[[HttpRequest], Any]


class AttemptToken:
    """The attempt's own token in its header, or in a body sent by sendBeacon; sets request.auth to its
    claims."""

    def __call__(self, request: HttpRequest) -> Claims | None:
        token = request.headers.get(HEADER) or _token_in_body(request)
        if not token:
            return None
        try:
            return read_token(token, attempt_id=_attempt_id(request), now=timezone.now())
        except BadToken as error:
            raise Problem("bad_token") from error


def make_router(owner: Sequence[Auth]) -> Router:
    """The router; `owner` are the ways a member signs in, each of which sets request.user."""
    router = Router(tags=["exams"], auth=list(owner))
    token_or_owner = [AttemptToken(), *owner]
    problems: dict[int, Any] = dict.fromkeys((401, 403, 404, 409, 422), ProblemOut)

    @router.get("/exams", response={200: list[ExamLine], 401: ProblemOut}, summary="The member's exams")
    def list_exams(request: HttpRequest) -> HttpResponse:
        lines = [_exam_line(each) for each in standings(user=_member(request), now=timezone.now())]
        return _json(lines)

    @router.post(
        "/exams/{exam_id}/attempts",
        response={201: StartedOut, 200: StartedOut, **problems},
        exclude_none=True,
        summary="Start an attempt, or go on with the open one",
    )
    def start(request: HttpRequest, exam_id: str, body: StartIn | None = None) -> HttpResponse:
        now = timezone.now()
        password = body.password if body else ""
        started = start_attempt(exam_id=_id(exam_id), user=_member(request), password=password, now=now)
        said = paper_json(started.attempt, now=now, fresh=started.created)
        said["token"] = attempt_token(started.attempt, now=now)
        return _json(said, status=201 if started.created else 200)

    @router.get(
        "/attempts/{attempt_id}",
        auth=token_or_owner,
        response={200: AttemptOut, **problems},
        exclude_none=True,
        summary="An attempt with its answers, receipt and released result",
    )
    def read(request: HttpRequest, attempt_id: str) -> HttpResponse:
        now = timezone.now()
        found = settle(_own_attempt(request, _id(attempt_id)), now=now)
        return _json(attempt_json(found, now=now))

    @router.post(
        "/attempts/{attempt_id}/submit",
        auth=token_or_owner,
        response={200: ReceiptOut, **problems},
        summary="Hand in, with the last ops; again: the same receipt",
        openapi_extra={
            "requestBody": {
                "content": {"application/json": {"schema": SubmitIn.json_schema()}},
                "required": True,
            }
        },
    )
    def submit(request: HttpRequest, attempt_id: str) -> HttpResponse:
        body = _body(request)
        reason = body.get("reason", "self")
        if reason not in ("self", "time_up"):
            raise Problem("malformed", "reason must be self or time_up.")
        client, ops = parse_client(body), parse_ops(body.get("ops", []))
        if isinstance(request.auth, Claims) and request.auth.extra == VIEWER:  # type: ignore[attr-defined]  # ninja's
            raise Problem("bad_token", "A viewer's token cannot hand in.")
        owner_id = _owner_id(request)
        receipt = submit_attempt(
            attempt_id=_id(attempt_id),
            by=User(pk=owner_id),
            client=client,
            ops=ops,
            reason=reason,
            now=timezone.now(),
            owner_id=owner_id,
        )
        return _json(receipt.to_json())

    @router.post(
        "/attempts/{attempt_id}/ops",
        auth=[AttemptToken()],
        response={200: OpsOut, **problems, 413: ProblemOut, 503: ProblemOut},
        exclude_none=True,
        summary="Save answers and what else happened; durable before the reply; an empty list is the poll",
        openapi_extra={
            "requestBody": {
                "content": {"application/json": {"schema": OpsIn.json_schema()}},
                "required": True,
            }
        },
    )
    def save(request: HttpRequest, attempt_id: str) -> HttpResponse:
        body = _body(request)
        client, ops = parse_client(body), parse_ops(body.get("ops"))
        claims: Claims = request.auth  # type: ignore[attr-defined]  # AttemptToken returned it
        with transaction.atomic():
            attempt = locked_attempt(int(claims.id))
            viewer = claims.extra == VIEWER
            reply = apply_ops(attempt=attempt, client=client, ops=ops, now=timezone.now(), viewer=viewer)
        if reply.closed:
            raise Problem("attempt_closed")
        return _json(reply.as_json())

    return router


def _member(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Problem("not_signed_in")
    return user


def _own_attempt(request: HttpRequest, attempt_id: int) -> Attempt:
    """The attempt that the token is for, or the signed-in member's own; anybody else's does not exist."""
    attempts = (
        Attempt.objects.select_related("exam", "candidate")
        .defer("exam__plan", "exam__instructions")
        .filter(pk=attempt_id)
    )
    attempt = attempts.filter(user_id=_owner_id(request)).first()
    if attempt is None:
        raise NotFound
    return attempt


def _owner_id(request: HttpRequest) -> int:
    """The member that the token was made for, or who is signed in."""
    claims = request.auth  # type: ignore[attr-defined]  # what ninja's auth returned
    return int(claims.user) if isinstance(claims, Claims) else int(_member(request).pk)


def _attempt_id(request: HttpRequest) -> int:
    match = request.resolver_match
    return _id(str(match.kwargs.get("attempt_id", ""))) if match else -1


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST_ID:
        raise NotFound
    return int(text)


def _body(request: HttpRequest) -> dict[str, Any]:
    return json_object(request.body, most=MAX_BODY)


def _token_in_body(request: HttpRequest) -> str:
    return token_in_body(request.body, most=MAX_BODY) if request.method == "POST" else ""


def _exam_line(standing: Standing) -> dict[str, Any]:
    exam = standing.exam
    return {
        "id": str(exam.pk),
        "title": exam.title,
        "kind": exam.kind,
        "opens_at": iso(exam.opens_at),
        "closes_at": iso(exam.closes_at),
        "attempts_left": UNLIMITED_ATTEMPTS if exam.unlimited else standing.attempts_left,
        "state": standing.state.value,
        "attempts": [{"id": str(a.pk), "no": a.no, "state": a.state} for a in standing.attempts],
    }


def _json(said: Any, *, status: int = 200) -> HttpResponse:
    """Written by orjson, past ninja's response models: those describe it in OpenAPI, and a test holds both
    together."""
    response = HttpResponse(orjson.dumps(said), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
