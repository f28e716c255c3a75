"""Speaks to a lane as an ASGI server would, in this process and with a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import orjson

from learning.lane.http import Lane
from question_bank.exams.lane import make_lane
from question_bank.exams.models import Attempt
from question_bank.exams.tokens import attempt_token
from tests.factories import NOW

T = TypeVar("T")
C = TypeVar("C", bound="LaneClient")


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["code"])


@dataclass
class LaneClient:
    """A lane on one database entry; `now` is its clock."""

    database: dict[str, Any]
    now: datetime = NOW
    lane: Lane = field(init=False)
    header: ClassVar[bytes] = b"x-attempt-token"

    def __post_init__(self) -> None:
        self.lane = self.made()

    def made(self) -> Lane:
        return make_lane(self.database, clock=lambda: self.now)

    async def ops(self, attempt: Attempt, client: str, *ops: dict[str, Any], token: str = "") -> Answered:
        """POST …/ops with the attempt's own token if no other is given."""
        body = orjson.dumps({"client": client, "ops": ops})
        return await self.post(
            f"/api/attempts/{attempt.pk}/ops", body, token or attempt_token(attempt, now=self.now)
        )

    async def post(
        self,
        path: str,
        body: bytes = b"{}",
        token: str = "",
        *,
        method: str = "POST",
        chunks: Sequence[bytes] = (),
    ) -> Answered:
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks or [body])}
            for number, chunk in enumerate(chunks or [body], 1)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(self.header, token.encode("latin-1"))] if token else []
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": headers}
        await self.lane(scope, receive, send)
        found = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return Answered(sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:]))


def in_lane(
    work: Callable[[C], Awaitable[T]],
    database: dict[str, Any],
    *,
    now: datetime = NOW,
    client: type[C] = LaneClient,  # type: ignore[assignment]  # the default of a type variable
) -> T:
    """What `work` returned, with a lane opened before and drained after it."""

    async def main() -> T:
        speaker = client(database, now)
        wishes: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        told: asyncio.Queue[Any] = asyncio.Queue()
        living = asyncio.create_task(speaker.lane({"type": "lifespan"}, wishes.get, told.put))
        await wishes.put({"type": "lifespan.startup"})
        assert (await told.get())["type"] == "lifespan.startup.complete"
        try:
            return await work(speaker)
        finally:
            await wishes.put({"type": "lifespan.shutdown"})
            assert (await told.get())["type"] == "lifespan.shutdown.complete"
            await living

    return asyncio.run(main())


def answer(
    op_id: str, slot: int, base: int, given: Any, *, seq: int = 1, active_ms: int = 0
) -> dict[str, Any]:
    """An answer op as a client writes it."""
    return {
        "id": op_id, "seq": seq, "kind": "answer", "slot": slot, "base": base, "answer": given, "active_ms": active_ms,
    }  # fmt: skip
