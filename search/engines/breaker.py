"""A circuit breaker: a server that failed some times in a row is left alone for a while, then tried by one caller. It
knows nothing of what is asked; its memory is this process's."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from .base import EngineDown

Answer = TypeVar("Answer")

FAILURES = 3  # in a row
REST = 30.0  # seconds


class Refused(EngineDown):
    """The server answered, but this one question it would not: no sign that it is down."""


class State(StrEnum):
    CLOSED = "closed"  # all is asked
    OPEN = "open"  # nothing is asked
    TRIAL = "trial"  # it rested long enough: the next caller is the trial, or one is under way


class Breaker:
    """`clock`: seconds that never run back. Safe between threads."""

    def __init__(
        self, *, failures: int = FAILURES, rest: float = REST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._rest = rest
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        with self._lock:
            return self._state()

    def _state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        return State.TRIAL if self._clock() >= self._opened_at + self._rest else State.OPEN

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """What `ask` returns. EngineDown at once, without asking, while the server rests or somebody else tries it."""
        with self._lock:
            state = self._state()
            if state is State.OPEN or (state is State.TRIAL and self._trying):
                raise EngineDown("not asked: it failed and rests")
            trial = self._trying = state is State.TRIAL
        well = False
        try:
            answer = ask()
            well = True
        except Refused:
            well = True
            raise
        finally:
            self._note(well=well, trial=trial)
        return answer

    def _note(self, *, well: bool, trial: bool) -> None:
        with self._lock:
            if trial:
                self._trying = False
            if well:
                self._failures = 0
                # A late answer from before it was opened does not close it: only the trial does.
                if trial:
                    self._opened_at = None
            else:
                self._failures += 1
                if trial or (self._opened_at is None and self._failures >= self._limit):
                    self._opened_at = self._clock()
