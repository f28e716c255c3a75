"""What an index in a database is asked, whichever database it is: sqlite.py and postgresql.py answer.

An entry's tokens are one set: those of title and text as they are, those of the title once more behind TITLE. `terms` are
all wanted, but for `points`. `search_place` says of each entry its spot (facets.py), `search_spot` what the spot is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from search.analysis.queries import Term

TITLE = "\uf8ff"  # the last private-use character; the analyser's own tokens begin with the first ones
Row = tuple[int, int]  # (entry id, spot)


@dataclass(frozen=True, slots=True)
class Placed:
    id: int
    spot: int
    tokens: frozenset[str]


class Tables(Protocol):
    name: str

    def make(self, cursor: Any) -> bool:
        """Makes the tables that are missing or of an older form. Whether the index is new and therefore empty."""
        ...

    def put(self, cursor: Any, placed: Sequence[Placed]) -> None:
        """Adds or replaces; no id twice."""
        ...

    def drop(self, cursor: Any, ids: Sequence[int]) -> None: ...

    def clear(self, cursor: Any) -> None: ...

    def groups(self, cursor: Any, terms: Sequence[Term]) -> list[tuple[int, int]]:
        """How many hits of each spot: (spot, count)."""
        ...

    def rows(
        self,
        cursor: Any,
        terms: Sequence[Term],
        *,
        count: int,
        spots: Collection[int] | None = None,
        below: int | None = None,
    ) -> list[Row]:
        """The hits by descending id: of these spots, with an id below this one."""
        ...

    def points(self, cursor: Any, terms: Sequence[Term], *, spots: Collection[int], count: int) -> list[int]:
        """Ids of entries of these spots by how many of the terms they have, most first, then by descending id."""
        ...

    def tidy(self, cursor: Any) -> None:
        """After much was put: what makes later questions quick. Not in one transaction, or everybody else would wait."""
        ...


def title_term(term: Term) -> Term:
    return Term(TITLE + term.text, term.prefix)
