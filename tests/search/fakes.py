"""An engine in memory, written from engines/base.py alone: what the others are compared with, and what stands in for a
search server that answers, or does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from search.analysis.queries import Query, Term
from search.engines.base import FACETS, Document, EngineDown, Found, Level

Filters = Mapping[str, Sequence[str]]


class MemoryEngine:
    """`down`: raises EngineDown whatever it is asked. `asked` lists the methods that were called."""

    name = "memory"

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents = {document.id: document for document in documents}
        self.down = False
        self.asked: list[str] = []

    def find(
        self, query: Query, *, keys: frozenset[str] | None, filters: Filters, first: int, count: int
    ) -> Found:
        self._answer("find")
        hits = [
            (document, level)
            for document in self._open(keys)
            if (level := level_of(document, query)) is not None
        ]
        fitting = sorted(
            ((document, level) for document, level in hits if _fits(document, filters)),
            key=lambda hit: (hit[1], -hit[0].id),
        )
        facets: dict[str, dict[str, int]] = {}
        for facet in FACETS:
            others = {name: values for name, values in filters.items() if name != facet}
            counts = facets.setdefault(facet, {})
            for document, _level in hits:
                for value in document.facets.get(facet, ()) if _fits(document, others) else ():
                    counts[value] = counts.get(value, 0) + 1
        shown = [(document.id, level) for document, level in fitting[first : first + count]]
        return Found(total=len(fitting), hits=shown, facets=facets)

    def titles(self, query: Query, *, keys: frozenset[str] | None, count: int) -> list[tuple[int, Level]]:
        self._answer("titles")
        hits = [(level_of(document, query), -document.id) for document in self._open(keys)]
        found = sorted((level, pk) for level, pk in hits if level is not None and level <= Level.TITLE_WORDS)
        return [(-pk, level) for level, pk in found[:count]]

    def similar(
        self, query: Query, *, keys: frozenset[str] | None, filters: Filters, count: int
    ) -> list[int]:
        self._answer("similar")
        points = {
            document.id: sum(
                2 if _has(document.title, term) else int(_has(document.text, term)) for term in query.loose
            )
            for document in self._open(keys)
            if _fits(document, filters)
        }
        found = [pk for pk, many in points.items() if many]
        return sorted(found, key=lambda pk: (-points[pk], -pk))[:count]

    def put(self, documents: Sequence[Document]) -> None:
        self._answer("put")
        self.documents |= {document.id: document for document in documents}

    def drop(self, ids: Sequence[int]) -> None:
        self._answer("drop")
        for pk in ids:
            self.documents.pop(pk, None)

    def count(self) -> int:
        self._answer("count")
        return len(self.documents)

    def _answer(self, method: str) -> None:
        self.asked.append(method)
        if self.down:
            raise EngineDown("stopped")

    def _open(self, keys: frozenset[str] | None) -> list[Document]:
        return [each for each in self.documents.values() if keys is None or each.keys & keys]


def level_of(document: Document, query: Query) -> Level | None:
    """None: no hit."""
    if query.empty:
        return Level.TEXT_WORDS
    for level, terms, tokens in (
        (Level.EXACT, (Term(query.exact), *query.words), document.title),
        (Level.TITLE, query.whole, document.title),
        (Level.TITLE_WORDS, query.words, document.title),
        (Level.TEXT, query.whole, document.text),
        (Level.TEXT_WORDS, query.words, document.text),
    ):
        if all(_has(tokens, term) for term in terms):
            return level
    return None


def _has(tokens: frozenset[str], term: Term) -> bool:
    if not term.prefix:
        return term.text in tokens
    return any(token.startswith(term.text) for token in tokens)


def _fits(document: Document, filters: Filters) -> bool:
    return all(
        set(document.facets.get(facet, ())) & set(values) for facet, values in filters.items() if values
    )
