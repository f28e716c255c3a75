"""The little HTTP a lane needs, straight on ASGI: routes with an id, a bounded body, JSON, lifespan.

Knows no cookies, sessions or forms. The server in front bounds the time a slow client may take.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

import orjson

from learning.lane.coalescer import Busy
from learning.lane.problems import Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

RETRY_AFTER_S = 1
# A refused body is still read up to this many times the limit: a client cut off while sending sees no 413.
DRAIN_FACTOR = 4

_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """One POST: the id in its path, its headers, its whole body."""

    id: str
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str | None:
        """The first header of this lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; Problem `malformed` if it is not one."""
        return json_object(self.body)


def json_object(body: bytes, *, most: int | None = None) -> dict[str, Any]:
    """The body as a JSON object; Problem `malformed` if it is not one, `too_large` if it has more than `most` bytes."""
    if most is not None and len(body) > most:
        raise _too_large(most)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = _lenient(body)
    if not isinstance(found, dict):
        raise Problem("malformed", "The body is not a JSON object.")
    return found


def _lenient(body: bytes) -> object:
    """JSON with half a surrogate pair, which orjson refuses and a browser's JSON.stringify writes: an essay is not
    lost for an emoji cut in two."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", "The body is not JSON.") from error


def _too_large(most: int) -> Problem:
    return Problem("too_large", f"The body has more than {most} bytes.")


def _refuse(constant: str) -> object:
    raise ValueError(constant)


Handler = Callable[[Request], Awaitable[bytes]]


class Lane:
    """An ASGI application that answers POSTs on `routes`, such as `{"/api/things/{id}/ops": handler}`.

    A handler returns the JSON of a 200, or raises Problem (Busy is 503). `max_body` is in bytes. `lifespan`
    opens what the handlers use and drains it after the last request.
    """

    def __init__(
        self,
        routes: Mapping[str, Handler],
        *,
        max_body: int,
        lifespan: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._routes = [
            (re.compile("([^/]+)".join(re.escape(part) for part in path.split("{id}"))), handler)
            for path, handler in routes.items()
        ]
        self.max_body, self.lifespan = max_body, lifespan

    def owner(self, scope: Scope) -> Application | None:
        """What answers this request, or the lifespan; None: not the lane's, in a process that serves pages too."""
        if scope["type"] == "http":
            path: str = scope["path"].removeprefix(scope.get("root_path", ""))
            for pattern, handler in self._routes:
                if match := pattern.fullmatch(path):
                    return partial(self._answer, handler, match[1])
        return self._live if scope["type"] == "lifespan" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As an application of its own: what is nobody's is not found."""
        owner = self.owner(scope)
        if owner is not None:
            await owner(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(None, "", scope, receive, send)

    async def _answer(
        self, handler: Handler | None, id_: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        status, content_type, extra = 200, b"application/json", []
        try:
            # The body is read first, whatever the answer: left unread it would be taken for the next request.
            body = await self._body(scope, receive)
            if body is None:
                return
            text = await _handled(handler, id_, scope, body)
        except Problem as problem:
            status, content_type, text = problem.status, b"application/problem+json", problem.json()
            if status == 405:
                extra.append((b"allow", b"POST"))
            if status == 413:
                extra.append((b"connection", b"close"))
            if problem.retry_after_s is not None:
                extra.append((b"retry-after", str(problem.retry_after_s).encode()))
        if scope["method"] == "HEAD":
            text = b""
        headers = [
            (b"content-type", content_type),
            (b"content-length", str(len(text)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *extra,
        ]
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": text})
        except OSError:
            return  # the client left before its answer; what it sent is durable all the same

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None if the client left while sending it; Problem `too_large`."""
        drain_to = DRAIN_FACTOR * self.max_body
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > drain_to:
                raise _too_large(self.max_body)
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            if size > drain_to:
                break
            if size <= self.max_body:
                chunks.append(chunk)
        if size > self.max_body:
            raise _too_large(self.max_body)
        return b"".join(chunks)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        stage = (await receive())["type"]
        try:
            async with self.lifespan():
                await send({"type": f"{stage}.complete"})
                stage = (await receive())["type"]
        except Exception as error:
            _log.exception("%s failed", stage)
            await send({"type": f"{stage}.failed", "message": str(error)})
            return
        await send({"type": f"{stage}.complete"})


async def _handled(handler: Handler | None, id_: str, scope: Scope, body: bytes) -> bytes:
    if handler is None:
        raise Problem("not_found")
    if scope["method"] != "POST":
        raise Problem("method_not_allowed")
    try:
        return await handler(Request(id_, dict(reversed(scope["headers"])), body))
    except Problem:
        raise
    except Busy as error:
        raise Problem("busy", retry_after_s=RETRY_AFTER_S) from error
    except Exception as error:
        _log.exception("%s failed", scope["path"])
        raise Problem("failed") from error


class Lanes(Lane):
    """Several lanes as one application: each request to the lane that owns it, one lifespan for all."""

    def __init__(self, *lanes: Lane) -> None:
        self._lanes = lanes
        super().__init__({}, max_body=max(lane.max_body for lane in lanes), lifespan=self._all)

    def owner(self, scope: Scope) -> Application | None:
        if scope["type"] == "http":
            return next((found for lane in self._lanes if (found := lane.owner(scope))), None)
        return super().owner(scope)

    @asynccontextmanager
    async def _all(self) -> AsyncIterator[None]:
        """Opened in order; drained in reverse, the rest also when one of them fails."""
        async with AsyncExitStack() as stack:
            for lane in self._lanes:
                await stack.enter_async_context(lane.lifespan())
            yield
