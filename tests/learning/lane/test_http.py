"""The lane's HTTP, spoken to as an ASGI server would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
import pytest

from learning.lane.coalescer import Busy
from learning.lane.http import Handler, Lane, Lanes, Request, json_object
from learning.lane.problems import PROBLEMS, Problem

LIMIT = 100


async def echo(request: Request) -> bytes:
    return orjson.dumps({"id": request.id, "token": request.header(b"x-token"), "said": request.json()})


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


def lane(handler: Handler = echo) -> Lane:
    return Lane({"/api/things/{id}/ops": handler}, max_body=LIMIT, lifespan=nothing)


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    unread: int

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        problem = orjson.loads(self.body)
        assert PROBLEMS[problem["code"]] == (self.status, problem["title"])
        return str(problem["code"])


def ask(
    app: Lane,
    path: str = "/api/things/a1/ops",
    *,
    body: Sequence[bytes | None] = (b"{}",),
    method: str = "POST",
    headers: Sequence[tuple[bytes, bytes]] = (),
    root_path: str = "",
) -> Response | None:
    """None when nothing was sent; None in `body` is the client leaving."""
    messages: list[dict[str, Any]] = [
        {"type": "http.disconnect"}
        if chunk is None
        else {"type": "http.request", "body": chunk, "more_body": number < len(body)}
        for number, chunk in enumerate(body, 1)
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers), "root_path": root_path}
    asyncio.run(lane_call(app, scope, receive, send))
    if not sent:
        return None
    start, end = sent
    found = {key.decode(): value.decode() for key, value in start["headers"]}
    assert int(found["content-length"]) == len(end["body"])
    assert found["cache-control"] == "no-store"
    return Response(start["status"], found, end["body"], len(messages))


async def lane_call(app: Lane, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


def answered(*args: Any, **kwargs: Any) -> Response:
    response = ask(*args, **kwargs)
    assert response is not None
    return response


def test_a_post_reaches_its_handler_with_id_header_and_json() -> None:
    response = answered(lane(), body=[b'{"a"', b":1}"], headers=[(b"x-token", b"t")])
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert orjson.loads(response.body) == {"id": "a1", "token": "t", "said": {"a": 1}}


def test_an_absent_header_is_none() -> None:
    assert orjson.loads(answered(lane()).body)["token"] is None


def test_the_site_may_live_under_a_path() -> None:
    assert answered(lane(), path="/school/api/things/a1/ops", root_path="/school").status == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/things//ops", "/api/things/a/b/ops", "/api/things/a1/ops/", "/x/api/things/a1/ops"]
)
def test_any_other_path_is_not_found(path: str) -> None:
    assert answered(lane(), path=path).code == "not_found"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_another_method_is_told_what_is_allowed(method: str) -> None:
    response = answered(lane(), method=method, body=[b""])
    assert (response.code, response.headers["allow"]) == ("method_not_allowed", "POST")


def test_head_gets_a_status_and_no_body() -> None:
    response = answered(lane(), method="HEAD", body=[b""])
    assert (response.status, response.body) == (405, b"")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"\xff", b'{"a": NaN}', b"[" * 99])
def test_what_is_not_a_json_object_is_malformed(body: bytes) -> None:
    assert answered(lane(), body=[body]).code == "malformed"


def test_half_a_surrogate_pair_is_a_character_of_the_text() -> None:
    assert json_object(b'{"a":"x\\ud800"}') == {"a": "x\ud800"}


def test_an_object_longer_than_asked_for_is_too_large() -> None:
    assert json_object(b'{"a":1}', most=7) == {"a": 1}
    with pytest.raises(Problem) as refused:
        json_object(b'{"a":1}', most=6)
    assert refused.value.code == "too_large"


def test_a_body_of_just_the_limit_is_read() -> None:
    assert answered(lane(), body=[b'{"a":"' + b"x" * (LIMIT - 8) + b'"}']).status == 200


@pytest.mark.parametrize("body", [[b"x" * (LIMIT + 1)], [b"x" * LIMIT, b"x"], [b"x" * 60] * 5])
def test_a_larger_body_is_refused_after_it_was_read(body: list[bytes]) -> None:
    response = answered(lane(), body=body)
    assert (response.code, response.unread, response.headers["connection"]) == ("too_large", 0, "close")


def test_an_endless_body_is_cut_off_and_the_connection_closed() -> None:
    response = answered(lane(), body=[b"x" * LIMIT] * 50)
    assert (response.code, response.headers["connection"]) == ("too_large", "close")
    assert response.unread == 45


def test_a_body_announced_as_endless_is_not_read_at_all() -> None:
    response = answered(lane(), body=[b"x"] * 50, headers=[(b"content-length", b"1000000")])
    assert (response.code, response.unread) == ("too_large", 50)


@pytest.mark.parametrize("path", ["/api/things/a1/ops", "/elsewhere"])
def test_refusals_read_the_whole_body_so_that_the_connection_can_go_on(path: str) -> None:
    response = answered(lane(), path=path, method="PUT", body=[b"x", b"y", b"z"])
    assert (response.unread, "connection" in response.headers) == (0, False)


def test_a_client_that_leaves_while_sending_gets_nothing_and_changes_nothing() -> None:
    async def never(request: Request) -> bytes:
        raise AssertionError

    assert ask(lane(never), body=[b"{", None]) is None


def test_a_client_that_left_before_its_answer_is_no_error() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        raise OSError

    scope = {"type": "http", "method": "POST", "path": "/api/things/a1/ops", "headers": []}
    asyncio.run(lane_call(lane(), scope, receive, send))


def test_a_full_lane_is_503_with_retry_after() -> None:
    async def full(request: Request) -> bytes:
        raise Busy

    response = answered(lane(full))
    assert (response.code, response.headers["retry-after"]) == ("busy", "1")


def test_a_problem_of_the_handler_keeps_its_members() -> None:
    async def early(request: Request) -> bytes:
        raise Problem("time_remains", "Go on.", members={"remaining_ms": 5})

    response = answered(lane(early))
    assert response.code == "time_remains"
    assert orjson.loads(response.body)["remaining_ms"] == 5
    assert orjson.loads(response.body)["detail"] == "Go on."


def test_a_failing_handler_is_logged_and_tells_the_client_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request) -> bytes:
        raise OSError("secret")

    response = answered(lane(broken))
    assert response.code == "failed"
    assert b"secret" not in response.body
    assert "secret" in caplog.text


def test_owner_says_which_requests_are_the_lanes() -> None:
    app = lane()
    assert app.owner({"type": "http", "path": "/api/things/a1/ops"}) is not None
    assert app.owner({"type": "http", "path": "/s/api/things/a1/ops", "root_path": "/s"}) is not None
    assert app.owner({"type": "http", "path": "/api/things/a1"}) is None
    assert app.owner({"type": "lifespan"}) is not None
    assert app.owner({"type": "websocket", "path": "/api/things/a1/ops"}) is None


@pytest.mark.parametrize("fails_at", ["", "startup", "shutdown"])
def test_lifespan_opens_at_startup_closes_at_shutdown_and_tells_of_failure(fails_at: str) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        for stage in ("startup", "shutdown"):
            seen.append(stage)
            if stage == fails_at:
                raise RuntimeError(stage)
            if stage == "startup":
                yield

    asked = ["lifespan.startup", "lifespan.shutdown"]

    async def receive() -> dict[str, Any]:
        seen.append(asked[0])
        return {"type": asked.pop(0)}

    async def send(message: Any) -> None:
        seen.append(message["type"])

    app = Lane({}, max_body=LIMIT, lifespan=lifespan)
    asyncio.run(lane_call(app, {"type": "lifespan"}, receive, send))
    whole = ["lifespan.startup", "startup", "lifespan.startup.complete"]
    whole += ["lifespan.shutdown", "shutdown", "lifespan.shutdown.complete"]
    if fails_at:
        at = whole.index(fails_at) + 1
        whole = [*whole[:at], f"lifespan.{fails_at}.failed"]
    assert seen == whole


def test_two_lanes_of_one_process_answer_each_their_own() -> None:
    async def other(request: Request) -> bytes:
        return b'"other"'

    second = Lane({"/api/others/{id}": other}, max_body=10 * LIMIT, lifespan=nothing)
    both = Lanes(lane(), second)
    first_told, second_told = ask(both), ask(both, "/api/others/1", body=(b"x" * 5 * LIMIT,))
    assert first_told is not None
    assert second_told is not None
    assert (first_told.status, second_told.body) == (200, b'"other"')
    nobodys = ask(both, "/api/nothing", body=(b"{}",))
    assert nobodys is not None
    assert (nobodys.status, nobodys.code) == (404, "not_found")
    assert both.owner({"type": "http", "path": "/api/others/1"}) is not None
    assert both.owner({"type": "http", "path": "/api/nothing"}) is None
    assert both.owner({"type": "lifespan"}) is not None
    too_large = ask(both, body=(b"x" * 2 * LIMIT,))
    assert too_large is not None
    assert too_large.status == 413


def test_two_lanes_live_and_end_together() -> None:
    told: list[str] = []

    def made(name: str) -> Lane:
        @asynccontextmanager
        async def lifespan() -> AsyncIterator[None]:
            told.append(f"{name} opens")
            yield
            told.append(f"{name} ends")

        return Lane({}, max_body=LIMIT, lifespan=lifespan)

    asked = ["lifespan.startup", "lifespan.shutdown"]

    async def receive() -> Any:
        return {"type": asked.pop(0)}

    async def send(message: Any) -> None:
        told.append(message["type"])

    asyncio.run(lane_call(Lanes(made("a"), made("b")), {"type": "lifespan"}, receive, send))
    assert told == [
        "a opens", "b opens", "lifespan.startup.complete", "b ends", "a ends", "lifespan.shutdown.complete",
    ]  # fmt: skip
