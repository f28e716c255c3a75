"""The whole set of queries is answered alike whatever engine answers: the same hits in the same order, the same counts of
facets, the same similar things. What is compared with is worked out in memory, by the words of engines/base.py alone; a
search server is compared in tests/search/node."""

from __future__ import annotations

import pytest

from search.engines.database import DatabaseEngine
from tests.search.fakes import MemoryEngine
from tests.search.relevance.answers import said
from tests.search.relevance.world import World

pytestmark = pytest.mark.django_db


def test_the_database_answers_as_worked_out_in_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = said(world, MemoryEngine(world.documents()), monkeypatch)
    for one, other in zip(said(world, DatabaseEngine(), monkeypatch), expected, strict=True):
        assert one == other
