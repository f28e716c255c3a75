"""Rows of requests in, durable replies out: a coalescer whose batches are conversations with one database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Generic, TypeVar

from learning.lane.adapters import Adapter
from learning.lane.coalescer import Coalescer
from learning.lane.conversation import Conversation

Row = TypeVar("Row")
Reply = TypeVar("Reply")


def utc_now() -> datetime:
    """A lane's clock where a test gives no other."""
    return datetime.now(UTC)


class GroupCommit(Generic[Row, Reply]):
    """`batch` is the conversation of some rows, one reply for each; it may be held twice (see Coalescer).

    Rows of one `key` are written one after the other; within a batch they are in the order of their keys.
    """

    def __init__(
        self,
        adapter: Adapter,
        batch: Callable[[list[Row]], Conversation[Sequence[Reply]]],
        *,
        key: Callable[[Row], int],
        weigh: Callable[[Row], int] | None = None,
        max_batch: int,
        max_queue: int,
    ) -> None:
        async def write(rows: list[Row]) -> Sequence[Reply]:
            return await adapter.converse(batch(rows))

        self._adapter = adapter
        self._coalescer = Coalescer(
            write,
            keys=lambda row: (key(row),),
            order=key,
            weigh=weigh,
            max_batch=max_batch,
            max_queue=max_queue,
            min_gap_s=adapter.gap_s,
        )
        self.put = self._coalescer.put  # without a coroutine between them

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """For the lane that takes the rows: at the end every accepted one is answered, then the connection closed."""
        try:
            yield
        finally:
            await self._coalescer.drain()
            await self._adapter.close()
