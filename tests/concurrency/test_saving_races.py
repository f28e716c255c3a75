"""Saving against submitting, and two lanes against each other, on PostgreSQL; each with its control: the same race
without the lock shows what the lock is for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from learning.lane.conversation import Rows, Statement
from learning.organisation.models import User
from question_bank.exams.models import Attempt
from question_bank.exams.saving import statements
from question_bank.exams.saving.ops import parse_ops
from question_bank.exams.saving.writing import Memory, Saving, save_batch
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user
from tests.lane_client import LaneClient, answer, in_lane

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
LOCK = " FOR NO KEY UPDATE"
STEP_S = 0.3  # long enough for a statement that nobody holds up to return
WAIT_S = 20
ROUNDS = 6


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def attempt(member: User) -> Attempt:
    return make_attempt(make_exam(candidates=[member]), member)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lane without its lock."""
    sql = statements.PostgresqlDialect._attempts
    assert LOCK in sql
    monkeypatch.setattr(statements.PostgresqlDialect, "_attempts", sql.replace(LOCK, ""))


class SaveHeldOpen:
    """A save of one answer that has read what is stored, and is held up before it writes."""

    def __init__(self, attempt: Attempt) -> None:
        self.connection: Any = connection.copy()
        ops = parse_ops([answer("a", 1, 0, "o1")])
        self.batch = save_batch(
            [Saving(attempt.pk, "c1", ops)],
            now=NOW,
            dialect=statements.PostgresqlDialect(),
            memory=Memory(papers={}, seen_at={}),
        )

    def __enter__(self) -> SaveHeldOpen:
        self.connection.set_autocommit(False)
        self.rows = self._run(next(self.batch))
        return self

    def finish(self) -> dict[str, str]:
        """Writes and commits; the verdicts by op id."""
        try:
            wanted = self.batch.send(self.rows)
            while True:
                wanted = self.batch.send(self._run(wanted))
        except StopIteration as done:
            judged = done.value[0]
        self.connection.connection.commit()
        return {op_id: verdict.value for op_id, verdict in judged.reply.verdicts.items()}

    def _run(self, wanted: list[Statement]) -> list[Rows]:
        # psycopg's own cursor and commit: Django's refuse inside an event loop.
        rows: list[Rows] = []
        with self.connection.connection.cursor() as cursor:
            for statement in wanted:
                cursor.execute(statement.sql, statement.parameters)
                rows.append(cursor.fetchall() if statement.reads else [])
        return rows

    def __exit__(self, *_error: object) -> None:
        self.connection.rollback()
        self.connection.close()


def submitted(attempt: Attempt) -> None:
    """Hands in, in a thread's own connection."""
    try:
        submit_attempt(attempt_id=attempt.pk, by=None, client="c1", ops=[], reason="self", now=NOW)
    finally:
        connection.close()


def marked_first_slot(attempt: Attempt) -> str:
    attempt.refresh_from_db()
    assert attempt.auto_marks is not None
    return str(attempt.auto_marks[0])


RIGHT = "2.00"  # o1 is the key of slot 1


def race(attempt: Attempt) -> tuple[dict[str, str], str]:
    handing_in = threading.Thread(target=submitted, args=(attempt,), daemon=True)
    with SaveHeldOpen(attempt) as saving:
        handing_in.start()
        handing_in.join(STEP_S)
        told = saving.finish()
        handing_in.join(WAIT_S)
    assert not handing_in.is_alive()
    return told, marked_first_slot(attempt)


def test_submit_waits_for_a_save_under_way_and_marks_its_answer(attempt: Attempt) -> None:
    assert race(attempt) == ({"a": "applied"}, RIGHT)


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_an_acknowledged_answer_is_not_marked(attempt: Attempt) -> None:
    assert race(attempt) == ({"a": "applied"}, "0.00")


@pytest.fixture
def held_by_submit(attempt: Attempt) -> Iterator[Any]:
    """Another session that has the attempt's row as a submit has, closed but not yet committed."""
    other: Any = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM exams_attempt WHERE id = %s FOR UPDATE", [attempt.pk])
        cursor.execute("UPDATE exams_attempt SET state = 'marked' WHERE id = %s", [attempt.pk])
    yield other
    other.rollback()
    other.close()


def save_during(attempt: Attempt, other: Any) -> tuple[bool, int]:
    async def story(lane: LaneClient) -> tuple[bool, int]:
        saving = asyncio.create_task(lane.ops(attempt, "c1", answer("a", 1, 0, "o1")))
        done, _ = await asyncio.wait([saving], timeout=STEP_S)
        other.connection.commit()
        return bool(done), (await saving).status

    return in_lane(story, connection.settings_dict)


def test_save_waits_for_a_submit_under_way_and_is_kept_as_late(attempt: Attempt, held_by_submit: Any) -> None:
    assert save_during(attempt, held_by_submit) == (False, 409)
    assert attempt.answer_events.get().verdict == "late"
    assert not attempt.items.exists()


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_a_save_is_applied_behind_the_marking(
    attempt: Attempt, held_by_submit: Any
) -> None:
    # The foreign key's own lock makes the insert wait, but by then it was judged on the old state.
    assert save_during(attempt, held_by_submit)[1] == 200
    assert attempt.answer_events.get().verdict == "applied"


def test_one_slow_attempt_does_not_lose_the_batch_of_the_others(member: User, attempt: Attempt) -> None:
    other = make_attempt(make_exam(candidates=[member]), member)
    blocker: Any = connection.copy()
    blocker.set_autocommit(False)
    with blocker.cursor() as cursor:
        cursor.execute("SELECT 1 FROM exams_attempt WHERE id = %s FOR UPDATE", [attempt.pk])

    async def story(lane: LaneClient) -> list[int]:
        saves = [
            asyncio.create_task(lane.ops(each, "c1", answer("a", 1, 0, "o1"))) for each in (attempt, other)
        ]
        await asyncio.sleep(STEP_S)
        blocker.connection.rollback()
        return [(await save).status for save in saves]

    try:
        assert in_lane(story, connection.settings_dict) == [200, 200]
    finally:
        blocker.close()


def chains(attempt: Attempt) -> list[str]:
    """Two lanes, one page each, both answer the same slot on the same base, ROUNDS times; verdicts of all."""

    async def story(first: LaneClient) -> list[str]:
        second = LaneClient(connection.settings_dict)
        found = []
        for base in range(ROUNDS):
            told = await asyncio.gather(
                *(
                    lane.ops(attempt, client, answer(f"{client}-{base}", 1, base, "o1", seq=base + 1))
                    for lane, client in ((first, "c1"), (second, "c2"))
                )
            )
            found += [verdict for each in told for verdict in each.json["verdicts"].values()]
        return found

    return in_lane(story, connection.settings_dict)


def test_two_lanes_on_one_attempt_apply_one_answer_of_two_on_the_same_base(attempt: Attempt) -> None:
    verdicts = chains(attempt)
    assert sorted(verdicts) == ["applied"] * ROUNDS + ["stale"] * ROUNDS
    item = attempt.items.get()
    assert item.answer_rev == ROUNDS
    assert attempt.answer_events.count() == 2 * ROUNDS
    attempt.refresh_from_db()
    assert attempt.clients.count() == 2


@pytest.mark.usefixtures("unlocked")
def test_control_without_the_lock_two_lanes_apply_both(attempt: Attempt) -> None:
    async def twice(lane: LaneClient) -> list[str]:
        return (await lane.ops(attempt, "c2", answer("b", 1, 0, "o2"))).json["verdicts"]

    with SaveHeldOpen(attempt) as saving:

        async def story(lane: LaneClient) -> Any:
            other = asyncio.create_task(twice(lane))
            await asyncio.wait([other], timeout=STEP_S)
            first = saving.finish()
            return first, await other

        told = in_lane(story, connection.settings_dict)
    assert told == ({"a": "applied"}, {"b": "applied"})
