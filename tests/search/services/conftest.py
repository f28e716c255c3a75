"""Engines in memory in the place of the database's own and of a search server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from django.test import override_settings

from search.engines import choosing
from search.engines.base import Document
from search.engines.breaker import Breaker, Refused
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


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
    """The database's engine."""
    engine = MemoryEngine()
    monkeypatch.setattr(choosing, "database_engine", lambda: engine)
    return engine


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterable[Server]:
    """A search server is set, empty so far."""
    engine = Server()
    monkeypatch.setattr(choosing, "remote_engine", lambda: engine)
    with override_settings(SEARCH_URL="opensearch://search.example"):
        yield engine
