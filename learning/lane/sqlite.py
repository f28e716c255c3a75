"""Write adapter for SQLite: one thread owns one connection, so the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from learning.lane.coalescer import TryAgain
from learning.lane.conversation import Conversation, hold

T = TypeVar("T")


class SqliteAdapter:
    """`path` is a file or a `file:` URI. WAL, synchronous FULL: a commit that returned survives a power cut.

    `busy_timeout_s` is how long a transaction waits for other writers of the file before it raises TryAgain.
    """

    vendor = "sqlite"
    gap_s = 0.005  # other writers of the file get their turn between two transactions

    def __init__(self, path: str | os.PathLike[str], *, busy_timeout_s: float = 20.0) -> None:
        self._path, self._busy_timeout_s = os.fspath(path), busy_timeout_s
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane-sqlite")

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returned, after the transaction around it has committed.

        `work` runs in the adapter's thread; once handed over it ends, also when the caller is cancelled.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def converse(self, steps: Conversation[T]) -> T:
        """What the conversation returned, after the transaction around it has committed."""
        return await self.run(lambda connection: hold(steps, connection.cursor(), mark="?"))

    async def close(self) -> None:
        """Ends the connection after the work under way; a later run opens another."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._connected()
            # IMMEDIATE takes the write lock now: a transaction that has read cannot wait for it any more.
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise TryAgain from error
            raise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                self._path,
                timeout=self._busy_timeout_s,
                isolation_level=None,
                uri=self._path.startswith("file:"),
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
