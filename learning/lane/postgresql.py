"""Write adapter for PostgreSQL: one connection, one transaction at a time, few round trips.

Needs a direct connection: prepared statements and session settings do not survive a pooler of transactions.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from learning.lane.coalescer import TryAgain
from learning.lane.conversation import Conversation, Rows
from learning.lane.pipe import Pipe

T = TypeVar("T")

# A dead network must not hold the lane: the queue behind this connection belongs to a whole exam.
_PATIENCE: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 5, "tcp_user_timeout": 10_000}
# One locked row or runaway plan costs its own rows, not the lane. Rows are looked up by key, always; left to
# itself the planner takes a batch for 100 rows of an almost empty table and scans what has long filled up
# (a batch of 16 read in 2.0 ms instead of 0.5). A reply promises durability, so a server that commits without
# waiting for the disk is overruled.
_SESSION = """
    SET TIME ZONE 'UTC'; SET lock_timeout TO '2s'; SET statement_timeout TO '10s';
    SET default_transaction_isolation TO 'read committed';
    SET enable_seqscan TO off; SET enable_hashjoin TO off; SET enable_mergejoin TO off; SET jit TO off;
    SET enable_sort TO off;
    SET plan_cache_mode TO force_generic_plan;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
# SQLSTATEs that say nothing about the rows: connection, read-only standby after a fail-over, deadlock and
# serialisation, no resources, shutdown and start-up, I/O.
_STORE_AT_FAULT = ("08", "25006", "40", "53", "57P", "58")


class PostgresqlAdapter:
    """`conninfo` are libpq's connection parameters. Connects at the first run and after a lost connection."""

    vendor = "postgresql"
    # Whoever was answered just now asks again within it: fewer, larger batches. Nobody waits for it in a quiet lane.
    gap_s = 0.001

    def __init__(self, **conninfo: Any) -> None:
        self._conninfo = _PATIENCE | {"application_name": "lane"} | conninfo
        self._connection: AsyncConnection | None = None
        self._pipe: Pipe | None = None
        self._turn = asyncio.Lock()

    async def converse(self, steps: Conversation[T]) -> T:
        """What the conversation returned, after the transaction around it has committed.

        A step that reads nothing is not waited for: it goes out with the next one, or with COMMIT. TryAgain if
        server or network are to blame, else psycopg's error; nothing is stored then, unless the connection was lost
        during COMMIT.
        """
        async with self._turn:
            try:
                return await self._hold(await self._connected(), steps)
            except psycopg.Error as error:
                if not _store_at_fault(error):
                    raise
                await self.close()
                raise TryAgain from error
            except BaseException:
                # What the connection still has to say belongs to nobody.
                await self.close()
                raise

    async def close(self) -> None:
        """Ends the connection; a later run opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _hold(self, connection: AsyncConnection, steps: Conversation[T]) -> T:
        if self._pipe is None:
            self._pipe = Pipe(connection)
        pipe = self._pipe
        pipe.begin()
        try:
            statements = next(steps)
            while True:
                for each in statements:
                    pipe.queue(each)
                rows: list[Rows] = [[] for _ in statements]
                places = [place for place, each in enumerate(statements) if each.reads]
                if places:
                    for place, found in zip(places, await pipe.rows(), strict=True):
                        rows[place] = found
                try:
                    statements = steps.send(rows)
                except StopIteration as done:
                    result: T = done.value
                    break
            await pipe.commit()
        except psycopg.Error:
            if not connection.closed:
                pipe.leave()
                await connection.rollback()
            raise
        return result

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            connection = await AsyncConnection.connect(**self._conninfo, autocommit=True)
            await connection.execute(_SESSION)
            self._connection, self._pipe = connection, None
        return self._connection


def _store_at_fault(error: psycopg.Error) -> bool:
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_STORE_AT_FAULT)
    return isinstance(error, psycopg.OperationalError)
