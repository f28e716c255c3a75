"""The SQLite adapter on a real file."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from learning.lane.coalescer import TryAgain
from learning.lane.sqlite import SqliteAdapter

ROOT = Path(__file__).resolve().parents[3]
MAKE = "CREATE TABLE slot (id INTEGER PRIMARY KEY, answer TEXT NOT NULL)"
INSERT = "INSERT INTO slot (id, answer) VALUES (?, ?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lane.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute(MAKE)
    connection.close()
    return path


def stored(path: Path) -> list[tuple[int, str]]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.execute("SELECT id, answer FROM slot ORDER BY id"))
    finally:
        connection.close()


def with_adapter(
    path: Path | str, use: Callable[[SqliteAdapter], Awaitable[None]], busy_s: float = 20
) -> None:
    async def main() -> None:
        adapter = SqliteAdapter(path, busy_timeout_s=busy_s)
        try:
            await use(adapter)
        finally:
            await adapter.close()

    asyncio.run(main())


def test_what_the_work_wrote_is_seen_by_others_when_run_returns(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        assert await adapter.run(lambda tx: tx.execute(INSERT, (1, "a")).rowcount) == 1
        assert stored(path) == [(1, "a")]

    with_adapter(path, use)


def test_work_that_raises_leaves_nothing_and_the_adapter_goes_on(path: Path) -> None:
    def twice(tx: sqlite3.Connection) -> None:
        tx.execute(INSERT, (1, "a"))
        tx.execute(INSERT, (1, "b"))

    async def use(adapter: SqliteAdapter) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            await adapter.run(twice)
        await adapter.run(lambda tx: tx.execute(INSERT, (2, "c")))

    with_adapter(path, use)
    assert stored(path) == [(2, "c")]


def test_the_connection_is_durable_and_patient(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        asked = [
            await adapter.run(lambda tx, name=name: tx.execute(f"PRAGMA {name}").fetchone()[0])  # type: ignore[misc]
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
        assert asked == ["wal", 2, 20_000, 1]

    with_adapter(path, use)


def test_the_write_lock_is_taken_before_the_work_reads(path: Path) -> None:
    def another_writes_meanwhile(tx: sqlite3.Connection) -> None:
        other = sqlite3.connect(path, timeout=0)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute(INSERT, (1, "other"))
        finally:
            other.close()

    async def use(adapter: SqliteAdapter) -> None:
        await adapter.run(another_writes_meanwhile)

    with_adapter(path, use)


def test_a_file_locked_by_another_writer_is_to_be_tried_again(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TryAgain):
            await adapter.run(lambda tx: tx.execute(INSERT, (1, "a")))
        other.execute("ROLLBACK")
        other.close()
        await adapter.run(lambda tx: tx.execute(INSERT, (1, "a")))

    with_adapter(path, use, busy_s=0)
    assert stored(path) == [(1, "a")]


def test_the_event_loop_runs_on_while_the_work_is_done(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        go_on = threading.Event()
        running = asyncio.ensure_future(adapter.run(lambda tx: go_on.wait(timeout=30)))
        await asyncio.sleep(0)
        go_on.set()  # would never happen if run() held the loop
        assert await running

    with_adapter(path, use)


def test_a_cancelled_caller_does_not_stop_the_commit(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        started, go_on = threading.Event(), threading.Event()

        def work(tx: sqlite3.Connection) -> None:
            started.set()
            tx.execute(INSERT, (1, "a"))
            go_on.wait(timeout=30)

        running = asyncio.ensure_future(adapter.run(work))
        await asyncio.sleep(0)
        started.wait(timeout=30)
        running.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running

    with_adapter(path, use)
    assert stored(path) == [(1, "a")]


def test_a_closed_adapter_opens_again(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        await adapter.run(lambda tx: tx.execute(INSERT, (1, "a")))
        await adapter.close()
        await adapter.run(lambda tx: tx.execute(INSERT, (2, "b")))

    with_adapter(path, use)
    assert stored(path) == [(1, "a"), (2, "b")]


def test_a_uri_is_a_path_too(path: Path) -> None:
    async def use(adapter: SqliteAdapter) -> None:
        await adapter.run(lambda tx: tx.execute(INSERT, (1, "a")))

    with_adapter(path.as_uri(), use)
    assert stored(path) == [(1, "a")]


KILLED = """
import asyncio, os, signal, sys
from learning.lane.coalescer import Coalescer
from learning.lane.sqlite import SqliteAdapter

async def main():
    adapter = SqliteAdapter(sys.argv[1])
    async def write(rows):
        def work(tx):
            tx.executemany("INSERT INTO slot (id, answer) VALUES (?, 'a')", [(row,) for row in rows])
            if 60 in rows:
                os.kill(os.getpid(), signal.SIGKILL)
        await adapter.run(work)
        return rows
    lane = Coalescer(write, keys=lambda row: (), order=lambda row: row, max_batch=8)
    async def put(row):
        os.write(1, b"%d\\n" % await lane.put(row))
    await asyncio.gather(*map(put, range(100)))

asyncio.run(main())
"""


def test_kill_9_loses_no_acknowledged_row_and_keeps_no_half_batch(path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=False
    )
    assert killed.returncode == -9
    acknowledged = {int(line) for line in killed.stdout.split()}
    rows = [id_ for id_, _ in stored(path)]
    assert acknowledged
    assert acknowledged <= set(rows)
    assert rows == list(range(56))  # whole batches of 8 before the one that held row 60
