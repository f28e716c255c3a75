"""The lane of beats: POST /api/study/{id}/beats, durable before the reply, group-committed, without Django's request
cycle, cookies or sessions. What a beat means is decided in `beating`; this only carries batches to the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

from learning.lane.adapters import adapter_from
from learning.lane.group_commit import GroupCommit, utc_now
from learning.lane.guard import Guard
from learning.lane.http import Lane, Request
from learning.lane.kept import Kept
from learning.lane.problems import Problem

from .beating.applying import DIALECTS
from .beating.beats import parse_beat
from .beating.writing import Batch, Beating, Memory, Refusal, beat_batch
from .tokens import HEADER, KIND, signer

MAX_BODY = 64 * 1024
MAX_BATCH = 256
MAX_QUEUED = 10_000
TOKENS_KEPT = 20_000
ACTIVITIES_KEPT = 2_000
# Ten beats a second of one person are no page of ours; two hours kept offline come as 480 at once and pass.
WINDOW_S, MOST_IN_WINDOW = 60, 600


def make_lane(database: Mapping[str, Any], *, clock: Callable[[], datetime] = utc_now) -> Lane:
    """The lane as an ASGI application on one entry of Django's DATABASES."""
    adapter = adapter_from(database)
    dialect = DIALECTS[adapter.vendor]
    guard = Guard(signer(), kind=KIND, header=HEADER, keep=TOKENS_KEPT)
    memory = Memory(activities=Kept(ACTIVITIES_KEPT))
    counts: Kept[str, tuple[float, int]] = Kept(TOKENS_KEPT)
    zone = ZoneInfo(settings.TIME_ZONE)

    def batch(beatings: list[Beating]) -> Batch:
        return beat_batch(beatings, now=clock(), dialect=dialect, memory=memory, zone=zone)

    commit = GroupCommit(
        adapter,
        batch,
        key=lambda beating: beating.user_id,
        max_batch=MAX_BATCH,
        max_queue=MAX_QUEUED,
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
        now = clock()
        claims = guard.claims(request, body, now=now)
        beat = parse_beat(body)
        slow_down(claims.user, now)
        reply = await commit.put(Beating(int(claims.user), int(claims.id), int(claims.extra), beat))
        if isinstance(reply, Refusal):
            raise Problem(reply.value)
        return orjson.dumps(reply.as_json())

    return Lane({"/api/study/{id}/beats": beats}, max_body=MAX_BODY, lifespan=commit.lifespan)
