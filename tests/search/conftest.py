"""Engines in memory in the place of the database's own and of a search server."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.test import override_settings

from search.engines import choosing
from tests.search.fakes import MemoryEngine
from tests.search.indexing import Server


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
