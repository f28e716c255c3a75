"""Every case of every engine, against what base.py says of each entry."""

from __future__ import annotations

from typing import Any

import pytest

from search.analysis.queries import parse
from search.engines import database
from search.engines.database import DatabaseEngine
from tests.conftest import WrittenOnce
from tests.search.fakes import MemoryEngine

from .cases import CASES, Case, ask, corpus

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def engine(written_once: WrittenOnce) -> DatabaseEngine:
    written_once(lambda: DatabaseEngine().put(corpus()))
    return DatabaseEngine()


@pytest.mark.parametrize(("few", "sparse"), [(1_000, 8), (7, 8), (7, 0)], ids=["few", "many", "sparse"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_answers_as_reckoned_entry_by_entry(
    engine: DatabaseEngine, case: Case, few: int, sparse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By each of the ways that there are for few hits, for many, and for many of which few are the viewer's."""
    monkeypatch.setattr(database, "_FEW", few)
    monkeypatch.setattr(database, "_SPARSE", sparse)
    monkeypatch.setattr(database, "_WINDOW", 5)
    reckoned, query = MemoryEngine(corpus()), parse(case.text)
    for first, count in ((0, 60), (20, 20), (0, 0)):
        assert ask(engine, case, first=first, count=count) == ask(reckoned, case, first=first, count=count)
    assert engine.titles(query, keys=case.keys, count=8) == reckoned.titles(query, keys=case.keys, count=8)
    asked: dict[str, Any] = {"keys": case.keys, "filters": case.filters, "count": 200}
    assert engine.similar(query, **asked) == reckoned.similar(query, **asked)
