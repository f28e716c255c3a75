"""Which engine answers: the search server where one is set up and up, else the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from search.engines.base import Engine, EngineDown
from search.engines.choosing import database_engine, remote_engine

Answer = TypeVar("Answer")


class Answering:
    """For the questions of one search: once the server has failed it is asked no more, so that one page waits for one
    time-out at most. `fallback`: the database answered in its place."""

    def __init__(self) -> None:
        self._remote: Engine | None = remote_engine()
        self.fallback = False

    def ask(self, question: Callable[[Engine], Answer]) -> Answer:
        if self._remote is not None and not self.fallback:
            try:
                return question(self._remote)
            except EngineDown:
                self.fallback = True
        return question(database_engine())
