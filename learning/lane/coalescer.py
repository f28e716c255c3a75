"""Group commit: rows that arrive while one batch commits form the next; no timer, no fixed batch size.

Knows when to write, whom to tell and what to try again; what a row means is the business of `write_batch`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

Row = TypeVar("Row")
Reply = TypeVar("Reply")

FIRST_RETRY_S = 0.05
LONGEST_RETRY_S = 1.0


class Busy(Exception):
    """Not acknowledged: the queue is full, the lane is closing, or the store stayed away. Ask again later."""


class TryAgain(Exception):
    """The store failed and the rows are not to blame: lost connection, deadlock, locked file."""


@dataclass(slots=True)
class _Waiter(Generic[Row, Reply]):
    row: Row
    keys: Collection[Hashable]
    weight: int
    reply: asyncio.Future[Reply]


@dataclass(slots=True)
class _Batch(Generic[Row, Reply]):
    waiters: list[_Waiter[Row, Reply]] = field(default_factory=list)
    weight: int = 0


class Coalescer(Generic[Row, Reply]):
    """`await put(row)` returns the row's reply once the batch that carried it is durable.

    `write_batch` gets the rows sorted by `order` (one order everywhere keeps concurrent writers free of
    deadlocks) and returns one reply per row after its commit. If it raises TryAgain the batch is written
    again for up to `retry_for_s`; since a lost connection can hide a commit, writing twice must do no harm.
    For any other error the batch is halved until the bad row stands alone.

    Two rows that share one of their `keys` never share a batch and are written in the order of their puts.
    `max_batch` and `max_queue` count `weigh(row)`, 1 if not given; the queue includes the rows being written.
    `min_gap_s` is the pause after each write, for a store that others write only between ours (SQLite).
    """

    def __init__(
        self,
        write_batch: Callable[[list[Row]], Awaitable[Sequence[Reply]]],
        *,
        keys: Callable[[Row], Collection[Hashable]],
        order: Callable[[Row], SupportsRichComparison],
        weigh: Callable[[Row], int] | None = None,
        max_batch: int = 256,
        max_queue: int = 4096,
        min_gap_s: float = 0.0,
        retry_for_s: float = 10.0,
    ) -> None:
        self._write_batch = write_batch
        self._keys, self._order, self._weigh = keys, order, weigh
        self._max_batch, self._max_queue = max_batch, max_queue
        self._min_gap_s, self._retry_for_s = min_gap_s, retry_for_s
        self._queued = 0
        self._forming: deque[_Batch[Row, Reply]] = deque()
        self._first = 0  # serial number of _forming[0]
        self._last_with: dict[Hashable, int] = {}  # key -> serial number of the last forming batch with it
        self._free_at = 0.0
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

    async def put(self, row: Row) -> Reply:
        """The reply to `row`, durable. Raises Busy, or whatever `write_batch` raised for this row alone.

        Cancelling the caller neither withdraws the row nor disturbs its batch.
        """
        weight = 1 if self._weigh is None else self._weigh(row)
        if self._closing or (self._queued and self._queued + weight > self._max_queue):
            raise Busy
        loop = asyncio.get_running_loop()
        waiter: _Waiter[Row, Reply] = _Waiter(row, self._keys(row), weight, loop.create_future())
        self._place(waiter)
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write_all(loop))
        return await waiter.reply

    async def drain(self) -> None:
        """Refuses new rows and returns when every accepted one has its answer."""
        self._closing = True
        if self._writer is not None:
            await asyncio.wait([self._writer])

    def _place(self, waiter: _Waiter[Row, Reply]) -> None:
        """Into the earliest batch with room that comes after every batch holding one of its keys."""
        serial = self._first
        for key in waiter.keys:
            serial = max(serial, self._last_with.get(key, -1) + 1)
        while True:
            while serial >= self._first + len(self._forming):
                self._forming.append(_Batch())
            batch = self._forming[serial - self._first]
            if not batch.waiters or batch.weight + waiter.weight <= self._max_batch:
                break
            serial += 1
        batch.waiters.append(waiter)
        batch.weight += waiter.weight
        self._queued += waiter.weight
        for key in waiter.keys:
            self._last_with[key] = serial

    def _take(self) -> _Batch[Row, Reply]:
        batch = self._forming.popleft()
        for waiter in batch.waiters:
            for key in waiter.keys:
                if self._last_with.get(key) == self._first:
                    del self._last_with[key]
        self._first += 1
        batch.waiters.sort(key=lambda waiter: self._order(waiter.row))
        return batch

    async def _write_all(self, loop: asyncio.AbstractEventLoop) -> None:
        batch: _Batch[Row, Reply] = _Batch()
        try:
            while self._forming:
                # The gap comes before the batch is taken, so that rows arriving meanwhile still join it.
                await self._wait_for_gap(loop)
                batch = self._take()
                await self._settle(loop, batch.waiters)
                self._queued -= batch.weight
        except BaseException:
            # The loop is being torn down: nobody may wait for ever on a writer that is gone.
            for left in (batch, *self._forming):
                for waiter in left.waiters:
                    waiter.reply.cancel()
            self._forming.clear()
            self._last_with.clear()
            self._queued = 0
            raise

    async def _settle(self, loop: asyncio.AbstractEventLoop, waiters: list[_Waiter[Row, Reply]]) -> None:
        try:
            replies = await self._written(loop, [waiter.row for waiter in waiters])
        except Exception as error:
            if len(waiters) > 1 and not isinstance(error, Busy):
                # One bad row must fail alone: halve until it stands by itself.
                middle = len(waiters) // 2
                await self._settle(loop, waiters[:middle])
                await self._settle(loop, waiters[middle:])
                return
            for waiter in waiters:
                if not waiter.reply.done():
                    waiter.reply.set_exception(error)
            return
        if len(replies) != len(waiters):
            # Already committed, so neither halved nor tried again; no reply can be told from another.
            fault = RuntimeError(f"write_batch gave {len(replies)} replies for {len(waiters)} rows")
            for waiter in waiters:
                if not waiter.reply.done():
                    waiter.reply.set_exception(fault)
            return
        for waiter, reply in zip(waiters, replies, strict=True):
            if not waiter.reply.done():  # done already: its caller was cancelled
                waiter.reply.set_result(reply)

    async def _written(self, loop: asyncio.AbstractEventLoop, rows: list[Row]) -> Sequence[Reply]:
        pause_s, give_up_at = FIRST_RETRY_S, loop.time() + self._retry_for_s
        while True:
            await self._wait_for_gap(loop)
            try:
                return await self._write_batch(rows)
            except TryAgain as error:
                if loop.time() + pause_s > give_up_at:
                    raise Busy from error
            finally:
                self._free_at = loop.time() + self._min_gap_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_RETRY_S)

    async def _wait_for_gap(self, loop: asyncio.AbstractEventLoop) -> None:
        gap_s = self._free_at - loop.time()
        if gap_s > 0:
            await asyncio.sleep(gap_s)
