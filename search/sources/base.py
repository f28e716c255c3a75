"""What a source of entries is: how the entries of a kind are made, and who may open what at which address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet

from learning.organisation.models import User
from search.models import Kind

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entry is made of. `names` are people's names, which are found by their pinyin initials too; `audience`:
    keys (services/viewers.py), of which a viewer must hold one; the rest are facet values as the screen says them."""

    object_id: int
    title: str
    body: str
    audience: frozenset[str]
    names: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    year: str = ""


class Source(Protocol):
    """`now` says which day's memberships and open things count."""

    kind: Kind

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        """Those of the objects that somebody may find, in no order; an entry of what is missing is to be dropped. As
        many queries for one as for CHUNK."""
        ...

    def every(self) -> Iterator[list[int]]:
        """The ids of all objects that may have an entry, ascending, at most CHUNK at a time; some may have no draft."""
        ...

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        """The address of each that the person may open now, by the rules of its own page; None: of every one there is.
        At most three queries beside the person's roles."""
        ...


def ids_of(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """The ids of the rows, ascending, at most CHUNK at a time; each chunk begins behind the last one, so that rows that
    come and go meanwhile make it skip none that stays."""
    last = 0
    ordered = rows.order_by("pk").values_list("pk", flat=True)
    while chunk := list(ordered.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1]


def may_pass(user: User) -> bool:
    """Whether the person is signed in at all: nothing is open to anybody else."""
    return bool(user.is_authenticated and user.is_active)
