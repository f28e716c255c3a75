"""The lane of beats: POST /api/study/{id}/beats, durable before the reply, group-committed, without Django's request
cycle, cookies or sessions. What a beat means is decided in `beating`; this only carries batches to the database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

from learning.lane.adapters import adapter_from
from learning.lane.coalescer import Coalescer
from learning.lane.http import Lane, Request
from learning.lane.kept import Kept
from learning.lane.problems import Problem
from learning.lane.sqlite import SqliteAdapter
from learning.lane.token import BadToken, Claims

from .beating.beats import parse_beat
from .beating.judging import Reply
from .beating.statements import PostgresqlDialect, SqliteDialect
from .beating.writing import Beating, Known, Memory, Refusal, beat_batch
from .tokens import read_token

MAX_BODY = 64 * 1024
MAX_BATCH = 256
MAX_QUEUED = 10_000
SQLITE_GAP_S = 0.005  # other writers of the file get their turn between our commits
POSTGRESQL_GAP_S = 0.001  # whoever was answered just now asks again within it: fewer, larger batches
TOKENS_KEPT = 20_000
ACTIVITIES_KEPT = 2_000
# Ten beats a second of one person are no page of ours; two hours kept offline come as 480 at once and pass.
WINDOW_S, MOST_IN_WINDOW = 60, 600
_ID = re.compile(r"[0-9]{1,18}")


def utc_now() -> datetime:
    return datetime.now(UTC)


def make_lane(database: Mapping[str, Any], *, clock: Callable[[], datetime] = utc_now) -> Lane:
    """The lane as an ASGI application on one entry of Django's DATABASES."""
    adapter = adapter_from(database)
    on_sqlite = isinstance(adapter, SqliteAdapter)
    dialect = SqliteDialect() if on_sqlite else PostgresqlDialect()
    # Tokens that were found good: a page sends the same one with every beat.
    tokens: Kept[str, Claims] = Kept(TOKENS_KEPT)
    activities: Kept[int, Known] = Kept(ACTIVITIES_KEPT)
    memory = Memory(activities=activities)
    counts: Kept[str, tuple[float, int]] = Kept(TOKENS_KEPT)
    zone = ZoneInfo(settings.TIME_ZONE)

    async def write(beatings: list[Beating]) -> Sequence[Reply | Refusal]:
        return await adapter.converse(
            beat_batch(beatings, now=clock(), dialect=dialect, memory=memory, zone=zone)
        )

    coalescer = Coalescer(
        write,
        keys=lambda beating: (beating.user_id,),
        order=lambda beating: beating.user_id,
        max_batch=MAX_BATCH,
        max_queue=MAX_QUEUED,
        min_gap_s=SQLITE_GAP_S if on_sqlite else POSTGRESQL_GAP_S,
    )

    def slow_down(user: str, now: datetime) -> None:
        at = now.timestamp()
        began, count = counts.get(user) or (at, 0)
        if not 0 <= at - began < WINDOW_S:
            began, count = at, 0
        counts[user] = (began, count + 1)
        if count >= MOST_IN_WINDOW:
            raise Problem("slow_down", retry_after_s=max(1, round(began + WINDOW_S - at)))

    async def beats(request: Request) -> bytes:
        body = request.json()
        token = request.header(b"x-study-token") or body.get("token")
        if not isinstance(token, str) or not _ID.fullmatch(request.id):
            raise Problem("bad_token")
        now = clock()
        claims = tokens.get(token)
        if claims is None or claims.id != request.id or now >= claims.expires_at:
            try:
                claims = tokens[token] = read_token(token, session_id=int(request.id), now=now)
            except BadToken as error:
                raise Problem("bad_token") from error
        beat = parse_beat(body)
        slow_down(claims.user, now)
        reply = await coalescer.put(Beating(int(claims.user), int(claims.id), int(claims.extra), beat))
        if isinstance(reply, Refusal):
            raise Problem(reply.value)
        return orjson.dumps(reply.as_json())

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await coalescer.drain()
            await adapter.close()

    return Lane({"/api/study/{id}/beats": beats}, max_body=MAX_BODY, lifespan=lifespan)
