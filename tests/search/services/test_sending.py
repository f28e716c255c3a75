"""A search server hears of everything, also after it was down, and never of a part only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from django.test import override_settings

from search.engines.base import Document
from search.models import Entry, IndexState, Kind, Pending, entry_id
from search.services import leasing
from search.services.filling import fill_remote
from search.services.indexing import catch_up
from search.services.keeping import keep_up
from search.services.noting import note
from search.services.sweeping import sweep
from tests.factories import NOW
from tests.search.fakes import MemoryEngine
from tests.search.indexing import Server, Things, only

pytestmark = pytest.mark.django_db
QUESTION = Kind.QUESTION
FIRST, SECOND, THIRD = (entry_id(QUESTION, pk) for pk in (1, 2, 3))


def at(seconds: float = 0) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def questions(index: MemoryEngine, server: Server, monkeypatch: pytest.MonkeyPatch) -> Things:
    things = Things(QUESTION, _1="党章的总纲", _2="党员的义务")
    only(monkeypatch, things)
    return things


@pytest.fixture
def filled(questions: Things) -> None:
    keep_up(clock=at)


def test_a_server_that_is_set_for_the_first_time_is_filled_by_itself(
    questions: Things, server: Server
) -> None:
    keep_up(clock=at)
    assert set(server.documents) == {FIRST, SECOND}
    assert not Pending.objects.exists()
    server.asked.clear()
    keep_up(clock=lambda: at(15))
    assert server.asked == []


def test_before_it_is_filled_it_hears_nothing(questions: Things, server: Server, index: MemoryEngine) -> None:
    note(QUESTION, [1], now=NOW)
    catch_up(clock=at)
    assert set(index.documents) == {FIRST}
    assert server.documents == {}


def test_another_server_is_filled_anew(filled: None, server: Server) -> None:
    server.documents = {}
    with override_settings(SEARCH_URL="opensearch://other.example"):
        keep_up(clock=at)
    assert set(server.documents) == {FIRST, SECOND}


def test_a_server_that_is_taken_away_and_set_again_is_filled_anew(filled: None, questions: Things) -> None:
    with override_settings(SEARCH_URL=""):
        sweep(clock=at)
    assert IndexState.objects.get().remote_filled == ""


@pytest.mark.usefixtures("filled")
def test_a_change_reaches_both_engines(questions: Things, server: Server, index: MemoryEngine) -> None:
    questions.texts[1] = "新党章"
    del questions.texts[2]
    note(QUESTION, [1, 2], now=NOW)
    catch_up(clock=at)
    for engine in (index, server):
        assert set(engine.documents) == {FIRST}
        assert "新党" in engine.documents[FIRST].title
    assert not Pending.objects.exists()


@pytest.mark.usefixtures("filled")
def test_while_it_is_down_the_database_goes_on_and_then_it_catches_up(
    questions: Things, server: Server, index: MemoryEngine
) -> None:
    server.down = True
    questions.texts |= {1: "新党章", 3: "党的纪律"}
    del questions.texts[2]
    note(QUESTION, [1, 2, 3], now=NOW)
    catch_up(clock=at)
    assert set(index.documents) == {FIRST, THIRD}
    state = IndexState.objects.get()
    assert (state.remote_failed_at, state.remote_problem) == (NOW, "stopped")
    assert set(Pending.objects.values_list("stage", "object_id")) == {("send", 1), ("send", 2), ("send", 3)}

    server.asked.clear()
    catch_up(clock=lambda: at(10))
    assert server.asked == [], "it rests"

    server.down = False
    catch_up(clock=lambda: at(40))
    assert set(server.documents) == {FIRST, THIRD}
    assert "新党" in server.documents[FIRST].title
    assert not Pending.objects.exists()
    assert IndexState.objects.get().remote_failed_at is None


@pytest.mark.usefixtures("filled")
def test_one_entry_that_it_refuses_stops_no_other(questions: Things, server: Server) -> None:
    server.refuses = {SECOND}
    questions.texts |= {1: "一", 2: "二", 3: "三"}
    note(QUESTION, [1, 2, 3], now=NOW)
    catch_up(clock=at)
    assert THIRD in server.documents
    row = Pending.objects.get()
    assert (row.stage, row.object_id, row.tries) == ("send", 2, 1)
    assert "mapper_parsing_exception" in row.problem
    server.refuses = set()
    catch_up(clock=lambda: at(40))
    assert not Pending.objects.exists()


@pytest.mark.usefixtures("filled")
def test_a_server_that_refuses_everything_is_left_alone_for_a_while(
    questions: Things, server: Server
) -> None:
    questions.texts = {pk: f"第{pk}题" for pk in range(100, 200)}
    server.refuses = {entry_id(QUESTION, pk) for pk in questions.texts}
    note(QUESTION, questions.texts, now=NOW)
    catch_up(clock=at)
    assert Pending.objects.filter(stage="send").count() == 100
    assert Pending.objects.exclude(problem="").count() == 10
    assert IndexState.objects.get().remote_failed_at == NOW


@pytest.mark.usefixtures("filled")
def test_a_server_that_lost_entries_is_filled_again_at_night(server: Server) -> None:
    del server.documents[FIRST]
    sweep(clock=at)
    assert set(server.documents) == {FIRST, SECOND} == set(Entry.objects.values_list("pk", flat=True))


@pytest.mark.usefixtures("filled")
def test_a_server_that_came_back_without_its_data_gets_no_part_but_everything(
    questions: Things, server: Server
) -> None:
    server.documents = {}
    questions.texts[1] = "新党章"
    note(QUESTION, [1], now=NOW)
    catch_up(clock=at)
    assert server.documents == {}, "of one entry it would answer as if there were no others"
    keep_up(clock=lambda: at(15))
    assert set(server.documents) == {FIRST, SECOND}
    assert not Pending.objects.exists()


@pytest.mark.usefixtures("filled")
def test_who_filled_too_long_takes_nothing_from_the_next_indexer(
    questions: Things, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(documents: Iterable[Sequence[Document]]) -> int:
        held = sum(map(len, documents))
        assert leasing.take(now=at(300))
        note(QUESTION, [1], now=at(300), stage=Pending.Stage.SEND)
        return held

    monkeypatch.setattr(server, "rebuild", slow)
    holder = leasing.take(now=NOW)
    assert holder
    with pytest.raises(leasing.LeaseLost):
        fill_remote(holder=holder, clock=at)
    assert Pending.objects.filter(stage=Pending.Stage.SEND).count() == 1


def test_a_server_that_is_down_when_it_is_set_is_filled_when_it_answers(
    questions: Things, server: Server
) -> None:
    server.down = True
    keep_up(clock=at)
    assert Entry.objects.count() == 2
    server.down = False
    keep_up(clock=lambda: at(15))
    assert server.documents == {}
    keep_up(clock=lambda: at(31))
    assert set(server.documents) == {FIRST, SECOND}
