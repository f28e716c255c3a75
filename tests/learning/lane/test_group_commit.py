"""Rows of a lane written by an adapter: a conversation a batch, one row of a key in each, drained at the end."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from learning.lane.coalescer import Busy
from learning.lane.conversation import Conversation, Statement
from learning.lane.group_commit import GroupCommit
from learning.lane.sqlite import SqliteAdapter


class Put(NamedTuple):
    id: int
    answer: str | None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lane.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE slot (id integer, answer text NOT NULL)")
    return path


class Lane:
    """Rows of one table; every batch is noted."""

    def __init__(self, path: Path) -> None:
        self.batches: list[list[int]] = []
        self.commit = GroupCommit(
            SqliteAdapter(path), self.batch, key=lambda put: put.id, max_batch=8, max_queue=8
        )

    def batch(self, puts: list[Put]) -> Conversation[Sequence[str]]:
        self.batches.append([put.id for put in puts])
        yield [Statement("INSERT INTO slot VALUES (%s, %s)", puts, each=True)]
        return [f"{put.id} stored" for put in puts]


def stored(path: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT id, answer FROM slot").fetchall()


def test_batch_is_in_the_order_of_keys_and_has_each_key_once(path: Path) -> None:
    async def main() -> tuple[Lane, list[str]]:
        lane = Lane(path)
        async with lane.commit.lifespan():
            puts = [Put(3, "a"), Put(1, "a"), Put(3, "b"), Put(2, "a")]
            return lane, await asyncio.gather(*map(lane.commit.put, puts))

    lane, replies = asyncio.run(main())
    assert replies == ["3 stored", "1 stored", "3 stored", "2 stored"]
    assert lane.batches == [[1, 2, 3], [3]]
    assert stored(path) == [(1, "a"), (2, "a"), (3, "a"), (3, "b")]


def test_a_row_that_cannot_be_written_fails_alone(path: Path) -> None:
    async def main() -> list[object]:
        lane = Lane(path)
        async with lane.commit.lifespan():
            puts = [Put(1, "a"), Put(2, None), Put(3, "a")]
            return await asyncio.gather(*map(lane.commit.put, puts), return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert (first, third) == ("1 stored", "3 stored")
    assert isinstance(second, sqlite3.IntegrityError)
    assert stored(path) == [(1, "a"), (3, "a")]


def test_the_end_of_life_waits_for_the_accepted_and_takes_no_more(path: Path) -> None:
    async def main() -> None:
        lane = Lane(path)
        async with lane.commit.lifespan():
            waiting = asyncio.gather(*(lane.commit.put(Put(number, "a")) for number in range(4)))
            await asyncio.sleep(0)  # the puts begin
        assert len(stored(path)) == 4
        assert len(await waiting) == 4
        with pytest.raises(Busy):
            await lane.commit.put(Put(9, "a"))

    asyncio.run(main())
