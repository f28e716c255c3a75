"""What an engine is asked and what it answers. It keeps tokens, keys and facet values of entries, nothing else: titles,
texts and snippets come from Entry, so that engines agree.

How hits are ordered is the same everywhere: by `level` (Level below, the better first), then by descending id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from search.analysis.queries import Query

FACETS = ("kind", "topic", "teacher", "year", "unit")


class Level(IntEnum):
    """How well an entry fits; the first that applies."""

    EXACT = 0  # the title is the query (query.exact in the title's tokens)
    TITLE = 1  # every term of query.whole in the title
    TITLE_WORDS = 2  # every term of query.words in the title
    TEXT = 3  # every term of query.whole in title and text together
    TEXT_WORDS = 4  # every term of query.words in title and text together: the condition of being a hit


@dataclass(frozen=True, slots=True)
class Document:
    """What an engine keeps of one entry. `title` and `text` are sets of tokens (those of the title are in both)."""

    id: int
    title: frozenset[str]
    text: frozenset[str]
    keys: frozenset[str]
    facets: Mapping[str, Sequence[str]]
    shelf: int


@dataclass(frozen=True, slots=True)
class Found:
    """`hits` of the slice asked for, as (entry id, level); `total` with all filters; `facets`: for each facet the count of
    each value among the hits that fit the filters of all *other* facets, unordered and complete."""

    total: int = 0
    hits: list[tuple[int, Level]] = field(default_factory=list)
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


class EngineDown(Exception):
    """The engine did not answer, or not as it should; the database answers instead."""


class Engine(Protocol):
    """`keys`: the viewer's (services/viewers.py), None = finds everything. `filters`: for some facets the values of which
    one must fit. All raise EngineDown, nothing else."""

    name: str  # "sqlite" | "postgresql" | "elasticsearch" | "opensearch"

    def find(
        self,
        query: Query,
        *,
        keys: frozenset[str] | None,
        filters: Mapping[str, Sequence[str]],
        first: int,
        count: int,
    ) -> Found:
        """The hits from number `first` (0-based) on, at most `count`. An empty query finds everything the viewer may,
        by descending id, all of level TEXT_WORDS."""
        ...

    def titles(self, query: Query, *, keys: frozenset[str] | None, count: int) -> list[tuple[int, Level]]:
        """For suggestions: the first hits of levels EXACT to TITLE_WORDS; nothing is counted."""
        ...

    def similar(
        self, query: Query, *, keys: frozenset[str] | None, filters: Mapping[str, Sequence[str]], count: int
    ) -> list[int]:
        """Entry ids that share most of query.loose: ordered by points (2 for each term in the title, 1 for each that is
        only in the text), then by descending id; at least one point."""
        ...

    def put(self, documents: Sequence[Document]) -> None:
        """Adds or replaces; the same again changes nothing."""
        ...

    def drop(self, ids: Sequence[int]) -> None:
        """What is not there is no error."""
        ...

    def count(self) -> int:
        """How many entries it holds."""
        ...
