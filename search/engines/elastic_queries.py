"""What Elasticsearch and OpenSearch keep of an entry and how they are asked: bodies of requests, no connection.

No positions, no norms, no scores of the server's own: `_score` is made of constants only, so that order is that of
engines/base.py to the last hit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from elasticsearch.dsl import FacetedSearch, Q, Search, TermsFacet
from elasticsearch.dsl.query import Query as Clause

from search.analysis.queries import Query, Term

from .base import FACETS, Document, Level

Filters = Mapping[str, Sequence[str]]

VALUES = 5_000  # of a facet that are counted: more than there are teachers or units
WINDOW = 10_000  # servers show no hit beyond it (index.max_result_window)
BEST = int(Level.TEXT_WORDS)  # the score of level 0; that of the last level is 0
NEW_FIRST = ("_score", "-id")  # both descending

_TOKENS = {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "docs"}
_VALUE = {"type": "keyword"}

INDEX: dict[str, Any] = {
    # An explicit interval: without one a server stops refreshing what nobody asked for a while.
    "settings": {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "1s"},
    "mappings": {
        "dynamic": "strict",
        # What went in is never asked back: texts come from the database.
        "_source": {"enabled": False},
        "properties": {
            "id": {"type": "long", "index": False},
            "title": _TOKENS,
            "text": _TOKENS,
            "keys": {"type": "keyword", "doc_values": False},
            **dict.fromkeys(FACETS, _VALUE),
        },
    },
}


def source_of(document: Document) -> dict[str, Any]:
    """As it is put. Sorted, so that the same document is the same text."""
    return {
        "id": document.id,
        "title": " ".join(sorted(document.title)),
        "text": " ".join(sorted(document.text | document.title)),
        "keys": sorted(document.keys),
        **{facet: list(document.facets.get(facet, ())) for facet in FACETS},
    }


def level_of(score: float) -> Level:
    return Level(BEST - round(score))


class EntrySearch(FacetedSearch):  # type: ignore[type-arg]
    """Hits with all filters, each facet counted without its own: one request. `index` is the alias."""

    facets = {facet: TermsFacet(field=facet, size=VALUES) for facet in FACETS}

    def __init__(
        self,
        query: Query,
        *,
        keys: frozenset[str] | None,
        filters: Filters,
        first: int,
        count: int,
        index: str,
        using: Any = "default",
    ) -> None:
        self.index, self.using = index, using
        known: Any = {
            facet: _texts(values) for facet, values in filters.items() if facet in FACETS and values
        }
        strange = any(values for facet, values in filters.items() if facet not in FACETS)
        super().__init__(Q("match_none") if strange else hits(query, keys), known, NEW_FIRST)
        first, last = min(first, WINDOW), min(first + count, WINDOW)
        # A window that is empty must still lie inside what the server shows.
        self[first:last] if last > first else self[0:0]

    def search(self) -> Search:  # type: ignore[type-arg]
        return super().search().source(False).extra(track_total_hits=True)

    def query(self, search: Search, query: Any) -> Search:  # type: ignore[type-arg, override]
        return search.query(query)


def title_search(query: Query, *, keys: frozenset[str] | None, count: int) -> Search:  # type: ignore[type-arg]
    """Hits of levels EXACT to TITLE_WORDS; nothing is counted."""
    required = [*_all(query.words, "text"), *_reach(keys)]
    fits = _best_of(_levels(query)[: Level.TITLE_WORDS + 1])
    return _list(Q("bool", filter=required, must=[fits]), count)


def similar_search(query: Query, *, keys: frozenset[str] | None, filters: Filters, count: int) -> Search:  # type: ignore[type-arg]
    """Points by loose terms: 2 in the title, else 1 in the text."""
    required = _reach(keys)
    for facet, values in filters.items():
        if values:
            required.append(_any_of(facet, values) if facet in FACETS else Q("match_none"))
    points = [
        _best_of([_points(2, [_term(term, "title")]), _points(1, [_term(term, "text")])])
        for term in dict.fromkeys(query.loose)
    ]
    return _list(Q("bool", filter=required, should=points, minimum_should_match=1), count)


def hits(query: Query, keys: frozenset[str] | None) -> Clause:
    """All that the viewer may find and that holds every word; its score says the level (level_of)."""
    required = [*_all(query.words, "text"), *_reach(keys)]
    if query.empty:
        return Q("bool", filter=required or [Q("match_all")])
    better = _best_of(_levels(query)[: Level.TEXT_WORDS])
    return Q("bool", filter=required, should=[better], minimum_should_match=0)


def _levels(query: Query) -> list[Clause]:
    """By level, each with its score; the last level is the condition of being a hit and needs none."""
    words_in_title = _all(query.words, "title")
    exact = Q("term", title=query.exact) if query.exact else Q("match_none")
    conditions = {
        Level.EXACT: [exact, *words_in_title],
        Level.TITLE: _all(query.whole, "title"),
        Level.TITLE_WORDS: words_in_title,
        Level.TEXT: _all(query.whole, "text"),
    }
    return [_points(BEST - level, required) for level, required in sorted(conditions.items())]


def _list(query: Clause, count: int) -> Search:  # type: ignore[type-arg]
    found = Search().query(query).source(False).extra(track_total_hits=False).sort(*NEW_FIRST)
    return found[0 : min(count, WINDOW)]


def _points(points: int, required: list[Clause]) -> Clause:
    return Q("constant_score", filter=Q("bool", filter=required), boost=points)


def _best_of(clauses: list[Clause]) -> Clause:
    return Q("dis_max", queries=clauses)


def _all(terms: Iterable[Term], field: str) -> list[Clause]:
    return [_term(term, field) for term in dict.fromkeys(terms)]


def _term(term: Term, field: str) -> Clause:
    return Q("prefix" if term.prefix else "term", **{field: term.text})


def _reach(keys: frozenset[str] | None) -> list[Clause]:
    return [] if keys is None else [_any_of("keys", sorted(keys))]


def _any_of(field: str, values: Sequence[str]) -> Clause:
    return Q("terms", **{field: _texts(values)})


def _texts(values: Sequence[str]) -> list[str]:
    """Half a surrogate cannot be sent, and is in no value."""
    return [value.encode("utf-8", "replace").decode() for value in values]
