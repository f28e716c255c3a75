"""Whatever arrives and fails: each good row is stored once, in the order of its keys, within the bounds."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from learning.lane.coalescer import Coalescer


class Row(NamedTuple):
    number: int
    keys: frozenset[int]
    weight: int
    bad: bool
    cancelled: bool
    turns_before: int


rows_given = st.lists(
    st.tuples(
        st.frozensets(st.integers(0, 4), max_size=3),
        st.integers(1, 5),
        st.integers(0, 9).map(lambda n: n == 0),
        st.integers(0, 4).map(lambda n: n == 0),
        st.integers(0, 3),
    ),
    max_size=40,
).map(lambda drawn: [Row(number, *fields) for number, fields in enumerate(drawn)])


class Refused(Exception):
    pass


@given(rows_given, st.integers(1, 8))
def test_every_good_row_is_stored_once_and_rows_of_one_key_never_meet(
    rows: list[Row], max_batch: int
) -> None:
    stored: list[Row] = []

    async def write(batch: list[Row]) -> list[int]:
        keys = [key for row in batch for key in row.keys]
        assert len(keys) == len(set(keys))
        assert len(batch) == 1 or sum(row.weight for row in batch) <= max_batch
        assert batch == sorted(batch, key=lambda row: -row.number)
        await asyncio.sleep(0)
        if any(row.bad for row in batch):
            raise Refused
        stored.extend(batch)
        return [row.number for row in batch]

    async def main() -> None:
        lane = Coalescer(
            write,
            keys=lambda row: row.keys,
            order=lambda row: -row.number,
            weigh=lambda row: row.weight,
            max_batch=max_batch,
            max_queue=10_000,
        )
        tasks = []
        for row in rows:
            for _ in range(row.turns_before):
                await asyncio.sleep(0)
            tasks.append(asyncio.ensure_future(lane.put(row)))
        await asyncio.sleep(0)
        for row, task in zip(rows, tasks, strict=True):
            if row.cancelled:
                task.cancel()
        replies = await asyncio.gather(*tasks, return_exceptions=True)
        await lane.drain()
        for row, reply in zip(rows, replies, strict=True):
            if isinstance(reply, asyncio.CancelledError):
                assert row.cancelled
            elif row.bad:
                assert isinstance(reply, Refused)
            else:
                assert reply == row.number

    asyncio.run(main())
    assert sorted(row.number for row in stored) == [row.number for row in rows if not row.bad]
    for key in range(5):
        numbers = [row.number for row in stored if key in row.keys]
        assert numbers == sorted(numbers)
