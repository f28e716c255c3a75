"""The PostgreSQL adapter on the real server that DATABASE_URL names."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from learning.lane.coalescer import Coalescer, TryAgain
from learning.lane.conversation import Conversation, Rows, Statement
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


def said(*statements: Statement) -> Conversation[list[Rows]]:
    """One step; what its statements found."""
    return (yield list(statements))


def insert(id_: int) -> Statement:
    return Statement(INSERT, (id_,))


PID = Statement("SELECT pg_backend_pid()", (), reads=True)


def with_adapter(conninfo: Conninfo, use: Callable[[PostgresqlAdapter], Awaitable[None]]) -> None:
    async def main() -> None:
        adapter = PostgresqlAdapter(**conninfo)
        try:
            await use(adapter)
        finally:
            await adapter.close()

    asyncio.run(main())


def test_what_a_conversation_wrote_is_seen_by_others_when_it_returns(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        await adapter.converse(said(insert(1)))
        assert stored(conninfo) == [1]

    with_adapter(conninfo, use)


@pytest.mark.parametrize("reads", [True, False])
def test_a_failing_statement_leaves_nothing_and_the_adapter_goes_on(conninfo: Conninfo, reads: bool) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        again = Statement("INSERT INTO slot VALUES (1, 'b') RETURNING id", (), reads=reads)
        for _ in range(3):
            with pytest.raises(psycopg.errors.UniqueViolation):
                await adapter.converse(said(insert(1), again))
            assert stored(conninfo) == []
        await adapter.converse(said(insert(2)))
        assert stored(conninfo) == [2]

    with_adapter(conninfo, use)


def test_a_constraint_checked_at_commit_is_an_error_and_no_acknowledgement(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        with psycopg.connect(**conninfo, autocommit=True) as other:
            other.execute("CREATE TABLE slot_late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await adapter.converse(said(insert(1), Statement("INSERT INTO slot_late VALUES (1), (1)", ())))

    with_adapter(conninfo, use)
    assert stored(conninfo) == []


@pytest.mark.parametrize("reads", [True, False])
def test_a_killed_connection_is_to_be_tried_again_and_the_next_connects_anew(
    conninfo: Conninfo, reads: bool
) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        end = Statement("SELECT pg_terminate_backend(pg_backend_pid())", (), reads=reads)
        with pytest.raises(TryAgain):
            await adapter.converse(said(insert(1), end))
        assert stored(conninfo) == []
        await adapter.converse(said(insert(2)))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_a_connection_killed_while_idle_is_to_be_tried_again(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        ((pid,),) = await adapter.converse(said(PID))
        with psycopg.connect(**conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", pid)
        with pytest.raises(TryAgain):
            await adapter.converse(said(insert(1)))
        await adapter.converse(said(insert(1)))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [1]


def fail_with(sqlstate: str) -> Statement:
    return Statement(f"DO $$ BEGIN RAISE EXCEPTION 'trial' USING ERRCODE = '{sqlstate}'; END $$", ())


@pytest.mark.parametrize("sqlstate", ["08006", "25006", "40001", "40P01", "53100", "57P01", "58030"])
def test_what_is_the_servers_fault_is_to_be_tried_again_on_a_new_connection(
    conninfo: Conninfo, sqlstate: str
) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        pids = []
        for _ in range(2):
            pids += await adapter.converse(said(PID))
            with pytest.raises(TryAgain):
                await adapter.converse(said(fail_with(sqlstate)))
        assert pids[0] != pids[1]

    with_adapter(conninfo, use)


@pytest.mark.parametrize("sqlstate", ["22P02", "23505", "23514", "54000", "55P03", "57014"])
def test_what_may_be_a_rows_fault_is_told_as_it_is(conninfo: Conninfo, sqlstate: str) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        with pytest.raises(psycopg.Error) as raised:
            await adapter.converse(said(fail_with(sqlstate)))
        assert raised.value.sqlstate == sqlstate

    with_adapter(conninfo, use)


def test_an_absent_server_is_to_be_tried_again() -> None:
    async def main() -> None:
        with pytest.raises(TryAgain):
            await PostgresqlAdapter(host="127.0.0.1", port=1, dbname="none").converse(said(PID))

    asyncio.run(main())


def test_a_row_locked_too_long_is_the_rows_own_trouble(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        await adapter.converse(said(insert(1)))
        impatient = Statement("SET LOCAL lock_timeout TO '1ms'", ())
        with psycopg.connect(**conninfo) as other:
            other.execute("SELECT 1 FROM slot FOR UPDATE")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await adapter.converse(said(impatient, Statement("SELECT 1 FROM slot FOR SHARE", ())))
        assert await adapter.converse(said(Statement("SELECT id FROM slot", (), reads=True))) == [[(1,)]]

    with_adapter(conninfo, use)


def test_a_cancelled_conversation_leaves_nothing_and_its_connection_behind(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        reached = asyncio.Event()

        def steps() -> Conversation[None]:
            yield [insert(1), PID]
            reached.set()
            yield [Statement("SELECT pg_sleep(30)", (), reads=True)]

        running = asyncio.ensure_future(adapter.converse(steps()))
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await adapter.converse(said(insert(2)))

    with_adapter(conninfo, use)
    assert stored(conninfo) == [2]


def test_a_server_that_commits_without_the_disk_is_overruled(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        asked = "SELECT current_setting('synchronous_commit'), current_setting('TimeZone')"
        assert await adapter.converse(said(Statement(asked, (), reads=True))) == [[("on", "UTC")]]

    with_adapter(conninfo | {"options": "-c synchronous_commit=off -c TimeZone=Asia/Shanghai"}, use)


def test_a_coalescer_on_a_connection_that_dies_acknowledges_every_row_once_stored(conninfo: Conninfo) -> None:
    async def use(adapter: PostgresqlAdapter) -> None:
        batches = 0

        async def write(rows: list[int]) -> list[int]:
            nonlocal batches
            batches += 1
            statements = [Statement("INSERT INTO slot SELECT unnest(%s::int[]), 'a'", (rows,))]
            if batches in (2, 3):
                statements.append(Statement("SELECT pg_terminate_backend(pg_backend_pid())", ()))
            await adapter.converse(said(*statements))
            return rows

        lane: Coalescer[int, int] = Coalescer(write, keys=lambda row: (), order=lambda row: row, max_batch=10)
        assert await asyncio.gather(*(lane.put(row) for row in range(50))) == list(range(50))

    with_adapter(conninfo, use)
    assert stored(conninfo) == list(range(50))
