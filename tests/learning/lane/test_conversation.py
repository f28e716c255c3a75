"""A conversation held by either adapter or on a cursor of Django's: steps in one transaction, errors that leave nothing
behind."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connection as site
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from learning.lane.coalescer import TryAgain
from learning.lane.conversation import Conversation, Statement, hold
from learning.lane.postgresql import PostgresqlAdapter
from learning.lane.sqlite import SqliteAdapter

T = TypeVar("T")
DSN = os.environ.get("DATABASE_URL", "")
TABLE = "slot (id integer PRIMARY KEY, answer text NOT NULL)"
INSERT = "INSERT INTO slot (id, answer) VALUES (%s, %s)"
Asked = Callable[["Place"], Awaitable[T]]


class Place:
    """An adapter, what others see of its table, and its dialect's way to say some rows."""

    def __init__(self, adapter: PostgresqlAdapter | SqliteAdapter, seen: Callable[[], list[Any]]) -> None:
        self.adapter, self.seen = adapter, seen

    async def hold(self, steps: Conversation[T]) -> T:
        return await self.adapter.converse(steps)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Asked[Any]], Any]]:
    if request.param == "sqlite":
        path = tmp_path / "lane.sqlite3"
        others: Any = sqlite3.connect(path, isolation_level=None)
        others.execute(f"CREATE TABLE {TABLE}")

        def make() -> PostgresqlAdapter | SqliteAdapter:
            return SqliteAdapter(path)
    else:
        schema = sql.Identifier(f"lane_{uuid.uuid4().hex}")
        conninfo = conninfo_to_dict(DSN, options=f"-c search_path={schema.as_string(None)[1:-1]}")
        others = psycopg.connect(**conninfo, autocommit=True)
        others.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        others.execute(f"CREATE TABLE {TABLE}")

        def make() -> PostgresqlAdapter | SqliteAdapter:
            return PostgresqlAdapter(**conninfo)

    def run(work: Asked[Any]) -> Any:
        async def main() -> Any:
            adapter = make()
            try:
                return await work(
                    Place(
                        adapter, lambda: others.execute("SELECT id, answer FROM slot ORDER BY id").fetchall()
                    )
                )
            finally:
                await adapter.close()

        return asyncio.run(main())

    yield run
    if request.param == "postgresql":
        others.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))
    others.close()


def put(id_: int, answer: str | None) -> Statement:
    return Statement(INSERT, (id_, answer))


READ = Statement("SELECT id, answer FROM slot ORDER BY id", (), reads=True)


def copying(*ids: int) -> Conversation[int]:
    """Writes rows, reads all, writes a copy of each, returns how many it saw."""
    none = yield [put(id_, "a") for id_ in ids]
    assert none == [[] for _ in ids]
    _first, rows = yield [Statement("SELECT 7", (), reads=True), READ]
    yield [put(row[0] + 100, row[1]) for row in rows]
    return len(rows)


def test_steps_share_a_transaction_and_a_read_sees_what_was_written(ask: Callable[[Asked[int]], int]) -> None:
    async def work(place: Place) -> tuple[int, list[Any]]:
        return await place.hold(copying(1, 2)), place.seen()

    assert ask(work) == (2, [(1, "a"), (2, "a"), (101, "a"), (102, "a")])


def test_rows_come_to_the_statements_that_asked_for_them(ask: Callable[[Asked[Any]], Any]) -> None:
    def steps() -> Conversation[Any]:
        return (yield [put(5, "x"), READ, put(6, "y"), READ])

    async def work(place: Place) -> Any:
        return [[list(map(tuple, rows)) for rows in found] for found in [await place.hold(steps())]]

    assert ask(work) == [[[], [(5, "x")], [], [(5, "x"), (6, "y")]]]


@pytest.mark.parametrize("late", [False, True])
def test_error_leaves_nothing_behind_and_the_adapter_usable(
    ask: Callable[[Asked[Any]], Any], late: bool
) -> None:
    def steps() -> Conversation[None]:
        yield [put(1, "a")]
        if late:
            yield [READ]
        yield [put(2, None), READ]

    async def work(place: Place) -> Any:
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
            await place.hold(steps())
        nothing = place.seen()
        return nothing, await place.hold(copying(1)), place.seen()

    assert ask(work) == ([], 1, [(1, "a"), (101, "a")])


def test_unreadable_statement_is_told_each_time(ask: Callable[[Asked[Any]], Any]) -> None:
    def steps() -> Conversation[None]:
        yield [put(1, "a"), Statement("SELECT nothing FROM nowhere WHERE id = %s", (1,), reads=True), READ]

    async def work(place: Place) -> Any:
        for _ in range(2):
            with pytest.raises((sqlite3.OperationalError, psycopg.errors.UndefinedTable)):
                await place.hold(steps())
        return await place.hold(copying(1))

    assert ask(work) == 1


def test_fault_of_the_conversation_itself_rolls_back(ask: Callable[[Asked[Any]], Any]) -> None:
    def steps() -> Conversation[None]:
        yield [put(1, "a"), READ]
        yield [put(2, "a")]
        raise KeyError("a bug")

    async def work(place: Place) -> Any:
        with pytest.raises(KeyError):
            await place.hold(steps())
        nothing = place.seen()
        return nothing, await place.hold(copying(1))

    assert ask(work) == ([], 1)


def many() -> Conversation[Any]:
    """Three rows by one statement, then a look for three of which two are there, then all."""
    none = yield [Statement(INSERT, [(n, "a") for n in range(3)], each=True)]
    assert none == [[]]
    looked = Statement("SELECT id FROM slot WHERE id = %s", [(2,), (9,), (0,)], reads=True, each=True)
    return (yield [looked, READ])


MANY = [[(2,), (0,)], [(0, "a"), (1, "a"), (2, "a")]]


def test_statement_for_each_of_many_rows_runs_once_a_row(tmp_path: Path) -> None:
    path = tmp_path / "lane.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {TABLE}")

    async def main() -> Any:
        adapter = SqliteAdapter(path)
        try:
            return await adapter.converse(many())
        finally:
            await adapter.close()

    assert asyncio.run(main()) == MANY


@pytest.mark.django_db
def test_djangos_cursor_holds_the_same_conversations() -> None:
    with site.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE}")
        assert hold(many(), cursor) == MANY
        cursor.execute("DELETE FROM slot")
        assert hold(copying(1, 2), cursor) == 2
        cursor.execute(READ.sql)
        assert cursor.fetchall() == [(1, "a"), (2, "a"), (101, "a"), (102, "a")]
        cursor.execute("DROP TABLE slot")


@pytest.mark.postgresql
def test_more_than_the_sockets_hold_goes_both_ways(ask: Callable[[Asked[Any]], Any], request: Any) -> None:
    text = "学" * 1_000_000

    def steps() -> Conversation[int]:
        rows = yield [Statement("SELECT %s", (text,), reads=True) for _ in range(6)]
        return sum(len(found[0][0]) for found in rows)

    async def work(place: Place) -> int:
        return await place.hold(steps())

    assert ask(work) == 6 * len(text)


@pytest.mark.postgresql
def test_lost_connection_asks_to_try_again_and_the_next_time_works() -> None:
    def killed() -> Conversation[None]:
        (rows,) = yield [Statement("SELECT pg_backend_pid()", (), reads=True)]
        with psycopg.connect(DSN, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", rows[0])
        yield [Statement("SELECT 1", (), reads=True)]

    def well() -> Conversation[int]:
        (rows,) = yield [Statement("SELECT 2", (), reads=True)]
        return int(rows[0][0])

    async def main() -> int:
        adapter = PostgresqlAdapter(**conninfo_to_dict(DSN))
        try:
            with pytest.raises(TryAgain):
                await adapter.converse(killed())
            return await adapter.converse(well())
        finally:
            await adapter.close()

    assert asyncio.run(main()) == 2


@pytest.mark.postgresql
def test_cancelled_conversation_takes_its_connection_with_it() -> None:
    def slow() -> Conversation[None]:
        yield [Statement("SELECT pg_sleep(30)", (), reads=True)]

    def well() -> Conversation[int]:
        (rows,) = yield [Statement("SELECT 2", (), reads=True)]
        return int(rows[0][0])

    async def main() -> int:
        adapter = PostgresqlAdapter(**conninfo_to_dict(DSN))
        try:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(adapter.converse(slow()), 0.2)
            return await adapter.converse(well())
        finally:
            await adapter.close()

    assert asyncio.run(main()) == 2
