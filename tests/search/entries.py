"""Entries of things that exist nowhere else: put into the table and into an engine, their doors as the test says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from learning.organisation.models import User
from search.engines.base import Engine
from search.models import Entry, Kind
from search.services import answering, hits
from search.services.building import document_of, entry_of, pieces_of, shelves
from search.sources.base import Draft, Source
from tests.factories import NOW
from tests.search.fakes import MemoryEngine

EVERYBODY = frozenset({"all"})


def draft(number: int, title: str, body: str = "", **facts: object) -> Draft:
    return Draft(**{"object_id": number, "title": title, "body": body, "audience": EVERYBODY, **facts})  # type: ignore[arg-type]  # of any fields


def put(engine: Engine, kind: Kind, drafts: Iterable[Draft]) -> None:
    pieces = pieces_of(kind, drafts)
    places = shelves(pieces)
    rows = [(piece, places[piece.shelf_key]) for piece in pieces]
    Entry.objects.bulk_create(entry_of(piece, shelf=shelf, now=NOW) for piece, shelf in rows)
    engine.put([document_of(piece, shelf=shelf) for piece, shelf in rows])


@dataclass
class Doors:
    """A source of any kind whose things are open to everybody, but for those in `closed`."""

    kind: Kind
    closed: set[int] = field(default_factory=set)
    asked: list[User | None] = field(default_factory=list)

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        return []

    def every(self) -> Iterator[list[int]]:
        return iter(())

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        self.asked.append(user)
        return {pk: f"/{self.kind}/{pk}/" for pk in ids if pk not in self.closed}


def open_doors(monkeypatch: pytest.MonkeyPatch) -> dict[Kind, Doors]:
    """Every kind's source is one of these until the test's end."""
    doors = {kind: Doors(kind) for kind in Kind}
    found: dict[Kind, Source] = dict(doors)
    monkeypatch.setattr(hits, "sources", lambda: found)
    return doors


def answer_from(
    monkeypatch: pytest.MonkeyPatch, *, database: MemoryEngine, remote: MemoryEngine | None = None
) -> None:
    """The engines that a search asks until the test's end."""
    monkeypatch.setattr(answering, "database_engine", lambda: database)
    monkeypatch.setattr(answering, "remote_engine", lambda: remote)
