"""The coalescer and a writer that records what it was given, on a loop whose clock jumps and never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

import pytest

from learning.lane.coalescer import Busy, Coalescer, TryAgain

T = TypeVar("T")


class JumpingLoop(asyncio.SelectorEventLoop):
    """Time stands still while anything is ready and then jumps to the next timer."""

    now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now_s = max(self.now_s, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)


class Row(NamedTuple):
    name: str
    keys: frozenset[str] = frozenset()
    weight: int = 1


class Writer:
    """Answers each row with its name in capitals; `fault` may raise, a closed `gate` holds a write back."""

    def __init__(self, fault: Callable[[list[Row]], None] = lambda rows: None) -> None:
        self.fault = fault
        self.tried: list[list[str]] = []
        self.stored: list[list[str]] = []
        self.at_s: list[float] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = 0

    async def __call__(self, rows: list[Row]) -> list[str]:
        assert self.under_way == 0, "two writes at a time"
        names = [row.name for row in rows]
        self.tried.append(names)
        self.at_s.append(asyncio.get_running_loop().time())
        self.under_way += 1
        try:
            await self.gate.wait()
            self.fault(rows)
        finally:
            self.under_way -= 1
        self.stored.append(names)
        return [name.upper() for name in names]


def coalescer(writer: Callable[[list[Row]], Awaitable[list[str]]], **options: Any) -> Coalescer[Row, str]:
    return Coalescer(
        writer, keys=lambda row: row.keys, order=lambda row: row.name, weigh=lambda row: row.weight, **options
    )


async def puts(lane: Coalescer[Row, str], *rows: Row) -> list[asyncio.Task[str]]:
    """Started in this order, each as far as the queue."""
    tasks = [asyncio.ensure_future(lane.put(row)) for row in rows]
    await asyncio.sleep(0)
    return tasks


def test_rows_that_arrive_during_a_commit_form_the_next_batch() -> None:
    async def main() -> None:
        writer = Writer()
        writer.gate.clear()
        lane = coalescer(writer)
        first = await puts(lane, Row("a"))
        await asyncio.sleep(0)
        later = await puts(lane, Row("b"), Row("c"), Row("d"))
        assert writer.tried == [["a"]]
        writer.gate.set()
        assert await asyncio.gather(*first, *later) == ["A", "B", "C", "D"]
        assert writer.stored == [["a"], ["b", "c", "d"]]

    run(main())


def test_a_row_has_no_reply_before_its_batch_is_stored() -> None:
    async def main() -> None:
        writer = Writer()
        writer.gate.clear()
        [task] = await puts(coalescer(writer), Row("a"))
        await asyncio.sleep(100)
        assert writer.tried == [["a"]]
        assert not task.done()
        writer.gate.set()
        assert await task == "A"

    run(main())


def test_each_batch_is_sorted_and_every_row_gets_its_own_reply() -> None:
    async def main() -> None:
        writer = Writer()
        tasks = await puts(coalescer(writer), Row("c"), Row("a"), Row("b"))
        assert await asyncio.gather(*tasks) == ["C", "A", "B"]
        assert writer.stored == [["a", "b", "c"]]

    run(main())


def test_a_batch_is_bounded_by_the_weight_of_its_rows_and_a_heavier_row_goes_alone() -> None:
    async def main() -> None:
        writer = Writer()
        lane = coalescer(writer, max_batch=4)
        rows = [Row("a", weight=2), Row("b", weight=3), Row("c", weight=2), Row("d", weight=9), Row("e")]
        await asyncio.gather(*await puts(lane, *rows))
        assert writer.stored == [["a", "c"], ["b", "e"], ["d"]]

    run(main())


def test_rows_sharing_a_key_are_written_one_batch_after_the_other_in_order() -> None:
    async def main() -> None:
        writer = Writer()
        x, y = frozenset({"x"}), frozenset({"y"})
        rows = [Row("d", x), Row("c", x | y), Row("b", y), Row("a", x), Row("free")]
        await asyncio.gather(*await puts(coalescer(writer), *rows))
        assert writer.stored == [["d", "free"], ["c"], ["a", "b"]]

    run(main())


def test_a_key_is_free_again_once_its_batch_is_taken() -> None:
    async def main() -> None:
        writer = Writer()
        lane = coalescer(writer)
        x = frozenset({"x"})
        for _ in range(3):
            await lane.put(Row("a", x))
        await asyncio.gather(*await puts(lane, Row("b", x), Row("c")))
        assert writer.stored == [["a"], ["a"], ["a"], ["b", "c"]]
        assert not lane._last_with, "keys of written rows are kept for ever"

    run(main())


def test_one_bad_row_fails_alone() -> None:
    def refuse(rows: list[Row]) -> None:
        if any(row.name == "bad" for row in rows):
            raise ValueError("bad")

    async def main() -> None:
        writer = Writer(refuse)
        rows = [Row("a"), Row("b"), Row("bad"), Row("c"), Row("d")]
        replies = await asyncio.gather(*await puts(coalescer(writer), *rows), return_exceptions=True)
        assert [str(reply) for reply in replies] == ["A", "B", "bad", "C", "D"]
        assert isinstance(replies[2], ValueError)
        assert sorted(name for batch in writer.stored for name in batch) == ["a", "b", "c", "d"]

    run(main())


def test_a_lost_connection_is_tried_again_and_nobody_notices() -> None:
    failures = iter([True, True, False])

    def flicker(rows: list[Row]) -> None:
        if next(failures):
            raise TryAgain

    async def main() -> None:
        writer = Writer(flicker)
        tasks = await puts(coalescer(writer), Row("a"), Row("b"))
        assert await asyncio.gather(*tasks) == ["A", "B"]
        assert writer.tried == [["a", "b"]] * 3
        assert writer.at_s == pytest.approx([0.0, 0.05, 0.15])

    run(main())


def test_a_store_that_stays_away_makes_everyone_busy_within_the_bound_without_halving() -> None:
    def dead(rows: list[Row]) -> None:
        raise TryAgain

    async def main() -> None:
        writer = Writer(dead)
        tasks = await puts(coalescer(writer, retry_for_s=10.0), Row("a"), Row("b"))
        replies = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(reply) for reply in replies] == [Busy, Busy]
        assert set(map(tuple, writer.tried)) == {("a", "b")}
        assert 9.0 < writer.at_s[-1] <= 10.0

    run(main())


def test_the_lane_recovers_after_the_store_came_back() -> None:
    async def main() -> None:
        away = True

        def fault(rows: list[Row]) -> None:
            if away:
                raise TryAgain

        lane = coalescer(Writer(fault), retry_for_s=1.0)
        with pytest.raises(Busy):
            await lane.put(Row("a", frozenset({"x"})))
        away = False
        assert await lane.put(Row("a", frozenset({"x"}))) == "A"

    run(main())


def test_a_full_queue_is_busy_at_once_and_has_room_again_after_the_commit() -> None:
    async def main() -> None:
        writer = Writer()
        writer.gate.clear()
        lane = coalescer(writer, max_queue=3)
        tasks = await puts(lane, Row("a"), Row("b", weight=2))
        with pytest.raises(Busy):
            await lane.put(Row("c"))
        writer.gate.set()
        await asyncio.gather(*tasks)
        assert await lane.put(Row("c")) == "C"
        assert writer.stored == [["a", "b"], ["c"]]

    run(main())


def test_a_row_heavier_than_the_queue_is_taken_when_the_queue_is_empty() -> None:
    async def main() -> None:
        assert await coalescer(Writer(), max_queue=3).put(Row("a", weight=5)) == "A"

    run(main())


@pytest.mark.parametrize("during_the_write", [False, True])
def test_a_cancelled_waiter_neither_loses_its_row_nor_breaks_the_batch(during_the_write: bool) -> None:
    async def main() -> None:
        writer = Writer()
        writer.gate.clear()
        gone, stays = await puts(coalescer(writer), Row("gone"), Row("stays"))
        if during_the_write:
            await asyncio.sleep(1)
            assert writer.tried
        gone.cancel()
        writer.gate.set()
        assert await stays == "STAYS"
        assert gone.cancelled()
        assert writer.stored == [["gone", "stays"]]

    run(main())


def test_drain_finishes_what_was_accepted_and_refuses_the_rest() -> None:
    async def main() -> None:
        writer = Writer()
        lane = coalescer(writer, max_batch=1)
        tasks = await puts(lane, Row("a"), Row("b"), Row("c"))
        draining = asyncio.ensure_future(lane.drain())
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await lane.put(Row("d"))
        await draining
        assert writer.stored == [["a"], ["b"], ["c"]]
        assert [task.result() for task in tasks] == ["A", "B", "C"]

    run(main())


def test_drain_of_an_idle_lane_returns() -> None:
    run(coalescer(Writer()).drain())


def test_the_gap_is_kept_between_any_two_writes_and_rows_join_meanwhile() -> None:
    async def main() -> None:
        writer = Writer()
        lane = coalescer(writer, min_gap_s=0.005)
        await lane.put(Row("a"))
        [second] = await puts(lane, Row("b"))
        await asyncio.sleep(0.003)
        [third] = await puts(lane, Row("c"))
        await asyncio.gather(second, third)
        await asyncio.sleep(1)
        await lane.put(Row("d"))
        assert writer.stored == [["a"], ["b", "c"], ["d"]]
        assert writer.at_s == pytest.approx([0.0, 0.005, 1.005])

    run(main())


def test_the_gap_is_kept_while_a_batch_is_halved() -> None:
    def refuse(rows: list[Row]) -> None:
        if len(rows) > 1:
            raise ValueError

    async def main() -> None:
        writer = Writer(refuse)
        await asyncio.gather(*await puts(coalescer(writer, min_gap_s=0.005), Row("a"), Row("b")))
        assert writer.at_s == pytest.approx([0.0, 0.005, 0.010])

    run(main())


def test_a_writer_that_miscounts_its_replies_is_reported_and_not_repeated() -> None:
    async def main() -> None:
        calls = 0

        async def short(rows: list[Row]) -> list[str]:
            nonlocal calls
            calls += 1
            return []

        tasks = await puts(coalescer(short), Row("a"), Row("b"))
        replies = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(reply) for reply in replies] == [RuntimeError, RuntimeError]
        assert calls == 1

    run(main())


def test_nobody_waits_for_ever_on_a_writer_that_was_torn_down() -> None:
    async def main() -> None:
        async def torn(rows: list[Row]) -> list[str]:
            raise asyncio.CancelledError

        tasks = await puts(coalescer(torn, max_batch=1), Row("a"), Row("b"))
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)

    run(main())
