"""What the screen would show for the whole set of queries, asked of one engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from search.engines.base import Engine
from search.services.results import Results
from search.services.searching import find
from search.services.suggesting import suggest
from search.services.viewers import EVERYTHING
from tests.search.entries import answer_from
from tests.search.relevance.measuring import cases
from tests.search.relevance.world import World

FILTERS: Sequence[Mapping[str, Sequence[str]]] = (
    {},
    {"kind": ["lesson", "question"]},
    {"teacher": ["柳青"]},
    {"kind": ["member"], "unit": ["信息学院党总支"]},
)


def said(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the screen would show for every query: hits, facets, suggestions; for each query with the filters in turn."""
    answer_from(monkeypatch, database=engine)
    found: list[object] = []
    for number, case in enumerate(cases(world.corpora)):
        for filters in (FILTERS[0], FILTERS[1 + number % (len(FILTERS) - 1)]):
            results = find(text=case.query, filters=filters, viewer=EVERYTHING, page=1, now=world.now)
            found.append((case.query, filters, shown(results)))
        found.append(suggest(text=case.query, viewer=EVERYTHING, now=world.now))
    return found


def shown(results: Results) -> object:
    hits = [(hit.kind, hit.id, hit.title_html, hit.snippet) for hit in results.hits]
    return results.total, results.similar, results.without_filters, hits, results.facets
