"""The answer lane: POST /api/attempts/{id}/ops, durable before the reply, group-committed, without Django's
request cycle, cookies or sessions. What ops mean is decided in `saving`; this only carries batches to the
database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from learning.lane.adapters import adapter_from
from learning.lane.group_commit import GroupCommit, utc_now
from learning.lane.guard import Guard
from learning.lane.http import Lane, Request
from learning.lane.kept import Kept
from learning.lane.problems import Problem

from .saving.applying import DIALECTS
from .saving.ops import parse_client, parse_ops
from .saving.writing import Batch, Memory, Saving, save_batch
from .tokens import HEADER, KIND, VIEWER, signer

MAX_BODY = 256 * 1024
MAX_BATCH_OPS = 512
MAX_QUEUED_OPS = 20_000
ATTEMPTS_KEPT = 20_000
FINGERPRINTS_KEPT = 4_096


def make_lane(database: Mapping[str, Any], *, clock: Callable[[], datetime] = utc_now) -> Lane:
    """The lane as an ASGI application on one entry of Django's DATABASES."""
    adapter = adapter_from(database)
    dialect = DIALECTS[adapter.vendor]
    guard = Guard(signer(), kind=KIND, header=HEADER, keep=ATTEMPTS_KEPT)
    memory = Memory(papers=Kept(ATTEMPTS_KEPT), seen_at=Kept(ATTEMPTS_KEPT))

    def batch(savings: list[Saving]) -> Batch:
        return save_batch(savings, now=clock(), dialect=dialect, memory=memory)

    commit = GroupCommit(
        adapter,
        batch,
        key=lambda saving: saving.attempt_id,
        weigh=lambda saving: len(saving.ops) or 1,
        max_batch=MAX_BATCH_OPS,
        max_queue=MAX_QUEUED_OPS,
    )

    async def ops(request: Request) -> bytes:
        body = request.json()
        claims = guard.claims(request, body, now=clock())
        saving = Saving(
            int(claims.id),
            parse_client(body),
            parse_ops(body.get("ops")),
            viewer=claims.extra == VIEWER,
            fingerprint=_fingerprint(request),
        )
        judged = await commit.put(saving)
        if judged is None:
            raise Problem("not_found")
        if judged.reply.closed:
            raise Problem("attempt_closed")
        return orjson.dumps(judged.reply.as_json())

    return Lane({"/api/attempts/{id}/ops": ops}, max_body=MAX_BODY, lifespan=commit.lifespan)


def _fingerprint(request: Request) -> str:
    """Changes when browser or address change; neither can be read from it."""
    return _digest(f"{request.header(b'user-agent')}|{request.header(b'x-forwarded-for')}")


@lru_cache(maxsize=FINGERPRINTS_KEPT)
def _digest(told: str) -> str:
    return hashlib.blake2s(told.encode(), digest_size=8).hexdigest()
