"""The answer lane: POST /api/attempts/{id}/ops, durable before the reply, group-committed, without Django's
request cycle, cookies or sessions. What ops mean is decided in `saving`; this only carries batches to the
database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from learning.lane.adapters import adapter_from
from learning.lane.coalescer import Coalescer
from learning.lane.http import Lane, Request
from learning.lane.kept import Kept
from learning.lane.problems import Problem
from learning.lane.sqlite import SqliteAdapter
from learning.lane.token import BadToken, Claims

from .saving.judging import Judgement
from .saving.ops import parse_client, parse_ops
from .saving.statements import PostgresqlDialect, SqliteDialect
from .saving.writing import Memory, Saving, save_batch
from .tokens import VIEWER, read_token

MAX_BODY = 256 * 1024
MAX_BATCH_OPS = 512
MAX_QUEUED_OPS = 20_000
SQLITE_GAP_S = 0.005  # other writers of the file get their turn between our commits
# Whoever was answered just now asks again within it: fewer, larger batches. Nobody waits for it in a quiet lane.
POSTGRESQL_GAP_S = 0.001
ATTEMPTS_KEPT = 20_000
FINGERPRINTS_KEPT = 4_096
_ID = re.compile(r"[0-9]{1,18}")


def utc_now() -> datetime:
    return datetime.now(UTC)


def make_lane(database: Mapping[str, Any], *, clock: Callable[[], datetime] = utc_now) -> Lane:
    """The lane as an ASGI application on one entry of Django's DATABASES."""
    adapter = adapter_from(database)
    # Tokens that were found good: a page sends the same one with every request.
    tokens: Kept[str, Claims] = Kept(ATTEMPTS_KEPT)
    memory = Memory(papers=Kept(ATTEMPTS_KEPT), seen_at=Kept(ATTEMPTS_KEPT))

    dialect = SqliteDialect() if isinstance(adapter, SqliteAdapter) else PostgresqlDialect()

    async def write(savings: list[Saving]) -> Sequence[Judgement | None]:
        return await adapter.converse(save_batch(savings, now=clock(), dialect=dialect, memory=memory))

    coalescer = Coalescer(
        write,
        keys=lambda saving: (saving.attempt_id,),
        order=lambda saving: saving.attempt_id,
        weigh=lambda saving: len(saving.ops) or 1,
        max_batch=MAX_BATCH_OPS,
        max_queue=MAX_QUEUED_OPS,
        min_gap_s=SQLITE_GAP_S if isinstance(adapter, SqliteAdapter) else POSTGRESQL_GAP_S,
    )

    async def ops(request: Request) -> bytes:
        body = request.json()
        token = request.header(b"x-attempt-token") or body.get("token")
        if not isinstance(token, str) or not _ID.fullmatch(request.id):
            raise Problem("bad_token")
        now = clock()
        claims = tokens.get(token)
        if claims is None or claims.id != request.id or now >= claims.expires_at:
            try:
                claims = tokens[token] = read_token(token, attempt_id=int(request.id), now=now)
            except BadToken as error:
                raise Problem("bad_token") from error
        saving = Saving(
            int(claims.id),
            parse_client(body),
            parse_ops(body.get("ops")),
            viewer=claims.extra == VIEWER,
            fingerprint=_fingerprint(request),
        )
        judged = await coalescer.put(saving)
        if judged is None:
            raise Problem("not_found")
        if judged.reply.closed:
            raise Problem("attempt_closed")
        return orjson.dumps(judged.reply.as_json())

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await coalescer.drain()
            await adapter.close()

    return Lane({"/api/attempts/{id}/ops": ops}, max_body=MAX_BODY, lifespan=lifespan)


def _fingerprint(request: Request) -> str:
    """Changes when browser or address change; neither can be read from it."""
    return _digest(f"{request.header(b'user-agent')}|{request.header(b'x-forwarded-for')}")


@lru_cache(maxsize=FINGERPRINTS_KEPT)
def _digest(told: str) -> str:
    return hashlib.blake2s(told.encode(), digest_size=8).hexdigest()
