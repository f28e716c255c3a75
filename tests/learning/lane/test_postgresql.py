"""The PostgreSQL adapter on the real server that DATABASE_URL names."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict

from learning.lane.coalescer import Coalescer, TryAgain
from learning.lane.postgresql import PostgresqlAdapter

pytestmark = pytest.mark.postgresql

DSN = os.environ.get("DATABASE_URL", "")
INSERT = "INSERT INTO slot VALUES (%s, 'a')"

Conninfo = dict[str, Any]


@pytest.fixture
def conninfo() -> Iterator[Conninfo]:
    """Leads to a schema of its own with one table."""
    schema = sql.Identifier(f"lane_{uuid.uuid4().hex}")
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        connection.execute(
            sql.SQL("CREATE TABLE {}.slot (id int PRIMARY KEY, answer text NOT NULL)").format(schema)
        )
        yield conninfo_to_dict(DSN, options=f"-c search_path={schema.as_string(None)[1:-1]}")
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))


def stored(conninfo: Conninfo) -> list[int]:
    with psycopg.connect(**conninfo) as connection:
        return [id_ for (id_,) in connection.execute("SELECT id FROM slot ORDER BY id")]


def insert(id_: int) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda tx: tx.execute(INSERT, (id_,))


def with_adapter(conninfo: Conninfo, use: Callable[[PostgresqlAdapter], Awaitable[None]]) -> None:
    async def main() -> None:
        adapter = PostgresqlAdapter(**conninfo)
        try:
            await use(adapter)
        finally:
            await adapter.close()

    asyncio.run(main())


def test_what_the_work_wrote_is_seen_by_others_when_run_returns(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        await adapter.run(insert(1))
        assert stored(conninfo) == [1]

    with_adapter(conninfo, use)


def test_work_may_read_before_it_writes_and_a_cursor_may_be_read_after_the_commit(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def work(tx: AsyncConnection) -> psycopg.AsyncCursor[Any]:
            row = await (await tx.execute("SELECT 41")).fetchone()
            assert row is not None
            return await tx.execute(
                "INSERT INTO slot VALUES (%s, 'a') RETURNING id",
                (row[0] + 1,),
            )

        cursor = await adapter.run(work)
        assert stored(conninfo) == [42]
        assert await cursor.fetchall() == [(42,)]

    with_adapter(conninfo, use)


@pytest.mark.parametrize("fetched", [True, False])
def test_work_with_a_failing_statement_leaves_nothing_and_the_adapter_goes_on(
    conninfo: Conninfo, fetched: bool
) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def twice(tx: AsyncConnection) -> None:
            await insert(1)(tx)
            again = await tx.execute("INSERT INTO slot VALUES (1, 'b') RETURNING id")
            if fetched:
                await again.fetchall()

        for _ in range(3):
            with pytest.raises(psycopg.errors.UniqueViolation):
                await adapter.run(twice)
            assert stored(conninfo) == []
        await adapter.run(insert(2))
        assert stored(conninfo) == [2]

    with_adapter(conninfo, use)


def test_work_that_raises_of_itself_leaves_nothing(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def work(tx: AsyncConnection) -> None:
            await insert(1)(tx)
            raise LookupError

        with pytest.raises(LookupError):
            await adapter.run(work)
        await adapter.run(insert(2))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_work_that_hides_an_error_is_not_taken_for_committed(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def work(tx: AsyncConnection) -> None:
            await insert(1)(tx)
            try:
                async with tx.pipeline():
                    await insert(1)(tx)
            except psycopg.errors.UniqueViolation:
                return

        with pytest.raises(RuntimeError, match="hid an error"):
            await adapter.run(work)
        await adapter.run(insert(2))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_a_constraint_checked_at_commit_is_an_error_and_no_acknowledgement(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def work(tx: AsyncConnection) -> None:
            await insert(1)(tx)
            await tx.execute("INSERT INTO slot_late VALUES (1), (1)")

        with psycopg.connect(**conninfo, autocommit=True) as other:
            other.execute("CREATE TABLE slot_late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await adapter.run(work)

    with_adapter(conninfo, use)
    assert stored(conninfo) == []


def test_a_killed_connection_is_to_be_tried_again_and_the_next_run_connects_anew(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        async def work(tx: AsyncConnection) -> None:
            await insert(1)(tx)
            await (await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")).fetchall()

        with pytest.raises(TryAgain):
            await adapter.run(work)
        assert stored(conninfo) == []
        await adapter.run(insert(2))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_a_connection_killed_while_idle_is_to_be_tried_again(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        cursor = await adapter.run(lambda tx: tx.execute("SELECT pg_backend_pid()"))
        with psycopg.connect(**conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", await cursor.fetchone())
        with pytest.raises(TryAgain):
            await adapter.run(insert(1))
        await adapter.run(insert(1))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [1]


def fail_with(sqlstate: str) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda tx: tx.execute(
        sql.SQL("DO $$ BEGIN RAISE EXCEPTION 'trial' USING ERRCODE = {}; END $$").format(sqlstate)
    )


@pytest.mark.parametrize("sqlstate", ["08006", "25006", "40001", "40P01", "53100", "57P01", "58030"])
def test_what_is_the_servers_fault_is_to_be_tried_again_on_a_new_connection(
    conninfo: Conninfo, sqlstate: str
) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        pids = []
        for _ in range(2):
            cursor = await adapter.run(lambda tx: tx.execute("SELECT pg_backend_pid()"))
            pids += await cursor.fetchall()
            with pytest.raises(TryAgain):
                await adapter.run(fail_with(sqlstate))
        assert pids[0] != pids[1]

    with_adapter(conninfo, use)


@pytest.mark.parametrize("sqlstate", ["22P02", "23505", "23514", "54000", "55P03", "57014"])
def test_what_may_be_a_rows_fault_is_told_as_it_is(conninfo: Conninfo, sqlstate: str) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        with pytest.raises(psycopg.Error) as raised:
            await adapter.run(fail_with(sqlstate))
        assert raised.value.sqlstate == sqlstate

    with_adapter(conninfo, use)


def test_an_absent_server_is_to_be_tried_again() -> None:
    async def main() -> None:
        with pytest.raises(TryAgain):
            await PostgresqlAdapter(host="127.0.0.1", port=1, dbname="none").run(
                lambda tx: tx.execute("SELECT 1")
            )

    asyncio.run(main())


def test_a_row_locked_too_long_is_the_rows_own_trouble(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        await adapter.run(insert(1))

        async def work(tx: AsyncConnection) -> None:
            await tx.execute("SET LOCAL lock_timeout TO '1ms'")
            await tx.execute("SELECT 1 FROM slot FOR SHARE")

        with psycopg.connect(**conninfo) as other:
            other.execute("SELECT 1 FROM slot FOR UPDATE")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await adapter.run(work)

    with_adapter(conninfo, use)


def test_a_cancelled_run_leaves_nothing_and_its_connection_behind(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        started = asyncio.Event()

        async def work(tx: AsyncConnection) -> None:
            await (await tx.execute("INSERT INTO slot VALUES (1, 'a') RETURNING id")).fetchall()
            started.set()
            await asyncio.Event().wait()

        running = asyncio.ensure_future(adapter.run(work))
        await started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await adapter.run(insert(2))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_a_server_that_commits_without_the_disk_is_overruled(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        cursor = await adapter.run(
            lambda tx: tx.execute("SELECT current_setting('synchronous_commit'), current_setting('TimeZone')")
        )
        assert await cursor.fetchone() == ("on", "UTC")

    with_adapter(conninfo | {"options": "-c synchronous_commit=off -c TimeZone=Asia/Shanghai"}, use)


def test_a_coalescer_on_a_connection_that_dies_acknowledges_every_row_once_stored(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        batches = 0

        async def write(rows: list[int]) -> list[int]:
            nonlocal batches
            batches += 1
            kill = batches in (2, 3)

            async def work(tx: AsyncConnection) -> None:
                await tx.execute(
                    "INSERT INTO slot SELECT unnest(%s::int[]), 'a'",
                    (rows,),
                )
                if kill:
                    await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")

            await adapter.run(work)
            return rows

        lane: Coalescer[int, int] = Coalescer(write, keys=lambda row: (), order=lambda row: row, max_batch=10)
        assert await asyncio.gather(*(lane.put(row) for row in range(50))) == list(range(50))

    with_adapter(conninfo, use)
    assert stored(conninfo) == list(range(50))
