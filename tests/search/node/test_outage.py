"""The search server stops, hangs, comes back: members find all along, nothing else waits, and the index catches up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learning.organisation.models import User
from search.engines.breaker import Breaker, State
from search.engines.choosing import remote_engine
from search.engines.elastic import ANSWERS_WITHIN, ElasticEngine
from search.models import Kind, Pending
from search.services.indexing import catch_up
from search.services.noting import note
from search.services.rebuilding import rebuild_all
from search.services.results import Results
from search.services.searching import find
from search.services.suggesting import suggest
from search.services.viewers import EVERYTHING
from tests.factories import NOW
from tests.search.indexing import Things, only
from tests.search.node.opensearch import Node

pytestmark = pytest.mark.django_db

QUESTION = Kind.QUESTION
AT_ONCE = 1.5  # seconds for what asks no server, on a busy machine; less than one time-out


class OpenThings(Things):
    """Each can be opened by everybody."""

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        return {pk: f"/{pk}/" for pk in ids if pk in self.texts}


class Clock:
    def __init__(self) -> None:
        self.passed = 0.0  # seconds

    def monotonic(self) -> float:
        return self.passed

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> OpenThings:
    things = OpenThings(QUESTION, _1="党章的总纲", _2="党员的义务", _3="党的纪律")
    only(monkeypatch, things)
    return things


@pytest.fixture
def node(search_node: Node) -> Iterator[Node]:
    yield search_node
    if not search_node.running:
        search_node.start()
    search_node.go_on()


@pytest.fixture
def remote(
    node: Node, questions: OpenThings, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ElasticEngine]:
    """Filled with all questions; its breaker goes by `clock`."""
    settings.SEARCH_URL = f"{node.url}/outage"
    engine = remote_engine()
    assert engine is not None
    monkeypatch.setattr(engine, "breaker", Breaker(clock=clock.monotonic))
    rebuild_all(clock=clock)
    assert engine.count() == 3
    yield engine
    if node.running:
        node.go_on()
        engine._client.options(request_timeout=60).indices.delete(index="outage-*", ignore_unavailable=True)


def look(text: str) -> Results:
    return find(text=text, filters={}, viewer=EVERYTHING, page=1, now=NOW)


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results.hits]


def test_node_stops_and_comes_back(
    node: Node, remote: ElasticEngine, questions: OpenThings, clock: Clock
) -> None:
    before = look("党章")
    assert (ids(before), before.fallback) == (["1"], False)

    node.stop()
    for _ in range(3):
        during = look("党章")
        assert (ids(during), during.total, during.facets) == (ids(before), before.total, before.facets)
        assert during.fallback
    assert remote.breaker.state is State.OPEN
    assert [suggestion.title for suggestion in suggest(text="党员", viewer=EVERYTHING, now=NOW)] == [
        "党员的义务"
    ]

    questions.texts[4] = "党章的历史"
    del questions.texts[1]
    note(QUESTION, [1, 4], now=NOW)
    catch_up(clock=clock)
    assert ids(look("党章")) == ["4"]
    assert Pending.objects.filter(stage=Pending.Stage.SEND).count() == 2

    node.start()
    assert look("党章").fallback  # it rests
    clock.passed += 31
    catch_up(clock=clock)
    assert not Pending.objects.exists()
    remote.refresh()
    after = look("党章")
    assert (ids(after), after.fallback) == (["4"], False)
    assert remote.breaker.state is State.CLOSED
    assert remote.count() == 3


def test_node_that_hangs_holds_up_three_searches_and_nothing_else(
    node: Node, remote: ElasticEngine, client: Client, clock: Clock
) -> None:
    assert client.get(reverse("login")).status_code == 200  # templates are compiled
    look("党章")
    node.hang()
    assert seconds(lambda: client.get(reverse("login"))) < AT_ONCE

    waits = [seconds(lambda: look("党章")) for _ in range(3)]
    assert max(waits) < ANSWERS_WITHIN + AT_ONCE
    assert remote.breaker.state is State.OPEN
    assert seconds(lambda: [look("党章") for _ in range(5)]) < AT_ONCE

    # One search tries it again, the next ones do not wait.
    clock.passed += 30
    assert look("党章").fallback
    assert seconds(lambda: look("党章")) < AT_ONCE

    node.go_on()
    clock.passed += 30
    assert not look("党章").fallback
    assert remote.breaker.state is State.CLOSED
