"""libpq's pipeline without psycopg's cursors: a step of many statements is one packet out and one wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import AsyncConnection, pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from learning.lane.conversation import Rows, Statement

BEGIN, COMMIT = b"BEGIN", b"COMMIT"
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)


class Pipe:
    """One connection's. Parameters are texts, numbers, lists of numbers, None; statements are prepared once.

    An error leaves the transaction failed and the pipe usable, unless the connection is lost or the caller was
    cancelled: then neither is of use any more.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._pg = connection.pgconn
        self._transformer = Transformer(connection)
        self._names: dict[str, bytes] = {}
        self._numbers = count()
        self._wanted: list[bool] = []  # of each result still to come: whether its rows are
        self._new: list[str] = []  # prepared since the last wait: unknown to the server if that fails

    def begin(self) -> None:
        """Queues BEGIN; it goes out with the first step."""
        self._pg.enter_pipeline_mode()
        self._query(BEGIN)

    def queue(self, statement: Statement) -> None:
        name = self._names.get(statement.sql)
        if name is None:
            name = self._names[statement.sql] = b"lane%d" % next(self._numbers)
            self._new.append(statement.sql)
            self._pg.send_prepare(name, _numbered(statement.sql))
            self._wanted.append(False)
        self._pg.send_query_prepared(name, [_text(each) for each in statement.parameters])
        self._wanted.append(statement.reads)

    async def rows(self) -> list[Rows]:
        """The rows of the queued statements that read, in their order."""
        return [self._load(result) for wanted, result in await self._results() if wanted]

    async def commit(self) -> None:
        self._query(COMMIT)
        await self._results()
        self._pg.exit_pipeline_mode()

    def leave(self) -> None:
        """Ends the pipeline after an error whose results were all read."""
        self._pg.exit_pipeline_mode()

    def _query(self, sql: bytes) -> None:
        self._pg.send_query_params(sql, None)
        self._wanted.append(False)

    async def _results(self) -> list[tuple[bool, pq.abc.PGresult]]:
        wanted, self._wanted = self._wanted, []
        new, self._new = self._new, []
        self._pg.pipeline_sync()
        await self._flush()
        found = await self._fetch()
        for result in found:
            if result.status in _FAILED:
                for sql in new:
                    del self._names[sql]
                raise error_from_result(result)
        return list(zip(wanted, found, strict=True))

    async def _flush(self) -> None:
        while self._pg.flush():
            # The server may be unable to take more until somebody takes what it says.
            await self._ready(writing=True)
            self._pg.consume_input()

    async def _fetch(self) -> list[pq.abc.PGresult]:
        found: list[pq.abc.PGresult] = []
        while True:
            while self._pg.is_busy():
                await self._ready()
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is None:
                if self._pg.status != pq.ConnStatus.OK:
                    raise psycopg.OperationalError("the connection was lost")
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            else:
                found.append(result)

    async def _ready(self, *, writing: bool = False) -> None:
        loop, socket = asyncio.get_running_loop(), self._pg.socket
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(socket, _wake, ready)
        if writing:
            loop.add_writer(socket, _wake, ready)
        try:
            await ready
        finally:
            loop.remove_reader(socket)
            if writing:
                loop.remove_writer(socket)

    def _load(self, result: pq.abc.PGresult) -> Rows:
        self._transformer.set_pgresult(result)
        rows: Rows = self._transformer.load_rows(0, result.ntuples, tuple)
        return rows


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _numbered(sql: str) -> bytes:
    first, *rest = sql.split("%s")
    return "".join([first, *(f"${number}{part}" for number, part in enumerate(rest, 1))]).encode()


def _text(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{{{','.join(map(str, value))}}}".encode()
    return str(value).encode()
