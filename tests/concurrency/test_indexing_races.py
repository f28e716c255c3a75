"""Several workers index, and several people change the same things. PostgreSQL, each on its own connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from search.engines.choosing import database_engine
from search.models import Entry, Kind, Pending
from search.services import leasing
from search.services.indexing import catch_up, work_a_step
from search.services.leasing import LeaseLost
from search.services.noting import note
from search.sources.base import Draft
from tests.factories import NOW
from tests.search.indexing import Things, only

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
WORKERS, THINGS = 4, 40
LATER = NOW + leasing.LASTS + timedelta(seconds=1)
PATIENCE_S = 20.0


def now() -> datetime:
    return NOW


def on_its_own(act: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return run


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Things:
    things = Things(Kind.QUESTION)
    things.texts = {pk: f"第{pk}题" for pk in range(1, THINGS + 1)}
    only(monkeypatch, things)
    return things


def test_workers_at_once_leave_nothing_behind_and_build_nothing_twice(questions: Things) -> None:
    note(Kind.QUESTION, questions.texts, now=NOW)
    barrier = Barrier(WORKERS)

    def work() -> int:
        barrier.wait(timeout=PATIENCE_S)
        return catch_up(clock=now)

    with ThreadPoolExecutor(WORKERS) as pool:
        looked_at = [each.result() for each in [pool.submit(on_its_own(work)) for _ in range(WORKERS)]]
    assert sum(looked_at) == THINGS
    assert Entry.objects.count() == database_engine().count() == THINGS
    assert not Pending.objects.exists()


def test_only_one_of_many_takes_the_lease() -> None:
    barrier = Barrier(WORKERS)

    def take() -> str | None:
        barrier.wait(timeout=PATIENCE_S)
        return leasing.take(now=NOW)

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = [each.result() for each in [pool.submit(on_its_own(take)) for _ in range(WORKERS)]]
    assert len([holder for holder in taken if holder]) == 1


def test_two_acts_note_the_same_things_in_another_order_and_neither_waits() -> None:
    """Rows that both had to write would make one wait, and two such pairs a deadlock."""
    first_noted, second_done = Event(), Event()

    def first() -> bool:
        with transaction.atomic():
            note(Kind.EXAM, [1], now=NOW)
            first_noted.set()
            went_on = second_done.wait(PATIENCE_S)
            note(Kind.EXAM, [2], now=NOW)
        return went_on

    def second() -> None:
        first_noted.wait(PATIENCE_S)
        with transaction.atomic():
            note(Kind.EXAM, [2], now=NOW)
            note(Kind.EXAM, [1], now=NOW)
        second_done.set()

    with ThreadPoolExecutor(2) as pool:
        waited, done = pool.submit(on_its_own(first)), pool.submit(on_its_own(second))
        done.result()
        assert waited.result()
    assert Pending.objects.count() == 4


def older_over_newer(questions: Things, monkeypatch: pytest.MonkeyPatch) -> str:
    """A worker reads a question and stands still until its lease has run out; the question changes and another worker
    indexes it; the first one goes on. The title that the index has then."""
    has_read, may_go_on = Event(), Event()
    drafts = questions.drafts

    def slow(ids: Sequence[int], *, now: datetime) -> list[Draft]:
        found = drafts(ids, now=now)
        if now == NOW:
            has_read.set()
            may_go_on.wait(PATIENCE_S)
        return found

    monkeypatch.setattr(questions, "drafts", slow)
    questions.texts = {1: "旧题"}
    note(Kind.QUESTION, [1], now=NOW)

    def first() -> None:
        holder = leasing.take(now=NOW)
        assert holder is not None
        with suppress(LeaseLost):
            work_a_step(holder=holder, now=NOW)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(on_its_own(first))
        assert has_read.wait(PATIENCE_S)
        questions.texts = {1: "新题"}
        note(Kind.QUESTION, [1], now=NOW)
        catch_up(clock=lambda: LATER)
        may_go_on.set()
        working.result()
    return Entry.objects.get().title


def test_an_older_state_never_overwrites_a_newer_one(
    questions: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert older_over_newer(questions, monkeypatch) == "新题"


def test_without_the_lease_it_does(questions: Things, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(leasing, "keep", lambda *_args, **_kwargs: None)
    assert older_over_newer(questions, monkeypatch) == "旧题"


def test_a_change_that_is_not_committed_yet_is_done_after_it_is(questions: Things) -> None:
    """Its row has a lower id than rows that were committed before it."""
    noted, may_commit = Event(), Event()

    def slow_act() -> None:
        with transaction.atomic():
            note(Kind.QUESTION, [1], now=NOW)
            noted.set()
            may_commit.wait(PATIENCE_S)

    with ThreadPoolExecutor(1) as pool:
        act = pool.submit(on_its_own(slow_act))
        assert noted.wait(PATIENCE_S)
        note(Kind.QUESTION, [2], now=NOW)
        catch_up(clock=now)
        assert set(Entry.objects.values_list("object_id", flat=True)) == {2}
        may_commit.set()
        act.result()
    catch_up(clock=now)
    assert set(Entry.objects.values_list("object_id", flat=True)) == {1, 2}
