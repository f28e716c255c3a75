"""What an indexer meets, made up: a kind's things, and a search server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pytest

from learning.organisation.models import User
from search.engines.base import Document
from search.engines.breaker import Breaker, Refused
from search.models import Kind
from search.sources import registry
from search.sources.base import Draft
from tests.search.fakes import MemoryEngine


class Server(MemoryEngine):
    """As ElasticEngine to whoever indexes. `refuses`: ids of entries that it does not take."""

    name = "opensearch"

    def __init__(self) -> None:
        super().__init__()
        self.refuses: set[int] = set()
        self.breaker = Breaker()

    def put(self, documents: Sequence[Document]) -> None:
        if self.refuses & {document.id for document in documents}:
            raise Refused("HTTP 400 mapper_parsing_exception")
        super().put(documents)

    def refresh(self) -> None:
        self._answer("refresh")

    def rebuild(self, documents: Iterable[Sequence[Document]]) -> int:
        self._answer("rebuild")
        fresh = {document.id: document for part in documents for document in part}
        self._answer("swap")
        self.documents = fresh
        return len(fresh)


class Things:
    """`texts`: {id: title}; `broken`: ids whose draft cannot be made. `asked`: the ids of each call of `drafts`."""

    def __init__(self, kind: Kind, **texts: str) -> None:
        self.kind = kind
        self.texts = {int(pk.lstrip("_")): text for pk, text in texts.items()}
        self.broken: set[int] = set()
        self.asked: list[list[int]] = []

    def drafts(self, ids: Sequence[int], *, now: datetime) -> list[Draft]:
        self.asked.append(list(ids))
        if self.broken & set(ids):
            raise ValueError("a broken thing")
        return [
            Draft(pk, self.texts[pk], "", frozenset({"u1"}), units=("党委",))
            for pk in ids
            if pk in self.texts
        ]

    def every(self) -> Iterator[list[int]]:
        ids = sorted(self.texts)
        for start in range(0, len(ids), 2):
            yield ids[start : start + 2]

    def doors(self, user: User | None, ids: Sequence[int], *, now: datetime) -> dict[int, str]:
        return {}


def only(monkeypatch: pytest.MonkeyPatch, *things: Things) -> None:
    """These are all there is; of the other kinds there is nothing."""
    others = [Things(kind) for kind in Kind if kind not in {each.kind for each in things}]
    monkeypatch.setattr(registry, "SOURCES", (*things, *others))
