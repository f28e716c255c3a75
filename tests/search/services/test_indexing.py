"""Pending changes become entries, and bad ones stop no others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search.models import Entry, IndexState, Kind, Pending, Shelf, entry_id
from search.services import bringing, indexing, leasing
from search.services.indexing import catch_up
from search.services.leasing import LeaseLost
from search.services.noting import note
from tests.factories import NOW
from tests.search.fakes import MemoryEngine
from tests.search.indexing import Things, only

pytestmark = pytest.mark.django_db
QUESTION = Kind.QUESTION


def now() -> datetime:
    return NOW


def later(**how_much: float) -> datetime:
    return NOW + timedelta(**how_much)


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Things:
    things = Things(QUESTION, _1="党章的总纲", _2="党员的义务", _3="党的纪律")
    only(monkeypatch, things)
    return things


def test_what_was_noted_is_found_with_its_tokens_and_facets(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [2], now=NOW)
    assert catch_up(clock=now) == 1
    entry = Entry.objects.get()
    assert (entry.pk, entry.title, entry.audience) == (entry_id(QUESTION, 2), "党员的义务", ["u1"])
    document = index.documents[entry.pk]
    assert {"党员", "义务"} <= document.title <= document.text
    assert document.keys == {"u1"}
    assert document.shelf == entry.shelf_id
    assert entry.shelf.values == {
        "kind": ["question"],
        "topic": [],
        "teacher": [],
        "year": [],
        "unit": ["党委"],
    }
    assert not Pending.objects.exists()


def test_what_is_no_more_is_dropped(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1, 2], now=NOW)
    catch_up(clock=now)
    del questions.texts[1]
    note(QUESTION, [1], now=NOW)
    catch_up(clock=now)
    assert set(index.documents) == {entry_id(QUESTION, 2)}
    assert set(Entry.objects.values_list("pk", flat=True)) == set(index.documents)


def test_the_same_again_is_not_written(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1], now=NOW)
    catch_up(clock=now)
    index.asked.clear()
    note(QUESTION, [1], now=NOW)
    assert catch_up(clock=now) == 1
    assert index.asked == []


def test_many_notes_of_one_thing_are_one_piece_of_work(index: MemoryEngine, questions: Things) -> None:
    for _ in range(5):
        note(QUESTION, [3, 1], now=NOW)
    assert catch_up(clock=now) == 2
    assert questions.asked == [[1, 3]]
    assert not Pending.objects.exists()


def test_entries_with_the_same_facets_share_a_shelf(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1, 2, 3], now=NOW)
    catch_up(clock=now)
    assert Shelf.objects.get().entries.count() == 3


def test_courses_come_before_members_noted_earlier(
    index: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses, members = Things(Kind.COURSE, _7="党课"), Things(Kind.MEMBER, _8="王芳")
    only(monkeypatch, courses, members)
    note(Kind.MEMBER, [8], now=NOW)
    note(Kind.COURSE, [7], now=NOW)
    order: list[Kind] = []
    monkeypatch.setattr(
        indexing, "bring", lambda kind, *a, **k: order.append(kind) or bringing.bring(kind, *a, **k)
    )
    catch_up(clock=now)
    assert order == [Kind.COURSE, Kind.MEMBER]


def test_a_change_while_an_entry_is_built_is_seen_by_a_second_building(
    index: MemoryEngine, questions: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(QUESTION, [1], now=NOW)
    drafts = questions.drafts

    def and_meanwhile(ids: list[int], *, now: datetime) -> object:
        found = drafts(ids, now=now)
        if len(questions.asked) == 1:
            questions.texts[1] = "新党章"
            note(QUESTION, [1], now=now)
        return found

    monkeypatch.setattr(questions, "drafts", and_meanwhile)
    catch_up(clock=now)
    assert Entry.objects.get().title == "新党章"


def test_a_broken_thing_waits_alone_and_later_and_later(index: MemoryEngine, questions: Things) -> None:
    questions.broken = {2}
    note(QUESTION, [1, 2, 3], now=NOW)
    catch_up(clock=now)
    assert set(index.documents) == {entry_id(QUESTION, 1), entry_id(QUESTION, 3)}
    row = Pending.objects.get()
    assert (row.object_id, row.tries, row.problem) == (2, 1, "ValueError: a broken thing")
    assert catch_up(clock=now) == 0
    assert catch_up(clock=lambda: later(seconds=31)) == 1
    row.refresh_from_db()
    assert (row.tries, row.again_at) == (2, later(seconds=31 + 60))
    questions.broken = set()
    catch_up(clock=lambda: later(minutes=3))
    assert not Pending.objects.exists()
    assert len(index.documents) == 3


def test_a_new_change_of_a_broken_thing_is_tried_at_once(index: MemoryEngine, questions: Things) -> None:
    questions.broken = {2}
    note(QUESTION, [2], now=NOW)
    catch_up(clock=now)
    questions.broken = set()
    note(QUESTION, [2], now=NOW)
    catch_up(clock=now)
    assert entry_id(QUESTION, 2) in index.documents


def test_characters_that_no_database_keeps_are_left_out(index: MemoryEngine, questions: Things) -> None:
    questions.texts[1] = "党\x00章\ud800总纲"
    note(QUESTION, [1], now=NOW)
    catch_up(clock=now)
    assert Entry.objects.get().title == "党章总纲"


def test_an_indexer_that_lost_its_lease_writes_nothing(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1], now=NOW)
    slow = leasing.take(now=NOW)
    assert slow is not None
    quick = leasing.take(now=later(minutes=3))
    assert quick is not None
    with pytest.raises(LeaseLost):
        indexing.work_a_step(holder=slow, now=later(minutes=3))
    assert not Entry.objects.exists()
    assert Pending.objects.count() == 1


def test_nothing_is_done_while_somebody_else_indexes(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1], now=NOW)
    leasing.take(now=NOW)
    assert catch_up(clock=now) == 0
    assert catch_up(clock=lambda: later(minutes=2)) == 1, (
        "of a dead worker nothing stays but its lease, for a while"
    )


def test_the_lease_is_given_back_and_the_state_says_when(index: MemoryEngine, questions: Things) -> None:
    note(QUESTION, [1], now=NOW)
    catch_up(clock=now)
    state = IndexState.objects.get()
    assert (state.lease_until, state.indexed_at) == (None, NOW)


def test_as_many_statements_for_many_as_for_two(index: MemoryEngine, questions: Things) -> None:
    def statements(ids: range) -> int:
        questions.texts = {pk: f"第{pk}题" for pk in ids}
        note(QUESTION, ids, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            catch_up(clock=now)
        return len(captured)

    statements(range(1, 2))  # makes the shelf
    assert statements(range(200, 300)) == statements(range(10, 12))
