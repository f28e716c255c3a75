"""The breaker: when a server is asked, left alone, and tried again."""

from __future__ import annotations

import threading

import pytest

from search.engines.base import EngineDown
from search.engines.breaker import Breaker, Refused, State


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = EngineDown("broken")

    def __call__(self) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return "well"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest=30.0, clock=clock)


@pytest.fixture
def server() -> Server:
    return Server()


def fail(breaker: Breaker, server: Server, times: int) -> None:
    for _ in range(times):
        with pytest.raises(EngineDown):
            breaker.call(server)


def test_three_failures_in_a_row_open_it_and_then_nothing_is_asked(breaker: Breaker, server: Server) -> None:
    fail(breaker, server, 2)
    assert breaker.state is State.CLOSED
    fail(breaker, server, 10)
    assert breaker.state is State.OPEN
    assert server.asked == 3


def test_a_success_between_failures_keeps_it_closed(breaker: Breaker, server: Server) -> None:
    for _ in range(4):
        server.error = EngineDown("broken")
        fail(breaker, server, 2)
        server.error = None
        assert breaker.call(server) == "well"
    assert breaker.state is State.CLOSED


def test_after_its_rest_one_good_trial_closes_it(breaker: Breaker, server: Server, clock: Clock) -> None:
    fail(breaker, server, 3)
    clock.now += 29.9
    assert breaker.state is State.OPEN
    clock.now += 0.1
    assert breaker.state is State.TRIAL
    server.error = None
    assert breaker.call(server) == "well"
    assert breaker.state is State.CLOSED


def test_a_bad_trial_lets_it_rest_again(breaker: Breaker, server: Server, clock: Clock) -> None:
    fail(breaker, server, 3)
    clock.now += 30
    fail(breaker, server, 2)
    assert server.asked == 4
    clock.now += 29
    fail(breaker, server, 1)
    assert server.asked == 4


def test_while_one_caller_tries_others_are_refused_at_once(
    breaker: Breaker, server: Server, clock: Clock
) -> None:
    fail(breaker, server, 3)
    clock.now += 30
    trying, done = threading.Event(), threading.Event()

    def slow() -> str:
        trying.set()
        done.wait(10)
        return "well"

    trial = threading.Thread(target=breaker.call, args=(slow,))
    trial.start()
    assert trying.wait(10)
    fail(breaker, server, 5)
    assert server.asked == 3
    done.set()
    trial.join()
    server.error = None
    assert breaker.call(server) == "well"


def test_a_question_that_the_server_refuses_is_no_failure(breaker: Breaker, server: Server) -> None:
    fail(breaker, server, 2)
    server.error = Refused("HTTP 400")
    fail(breaker, server, 5)
    server.error = EngineDown("broken")
    fail(breaker, server, 2)
    assert breaker.state is State.CLOSED


def test_a_trial_that_dies_of_something_else_does_not_block_the_next(
    breaker: Breaker, server: Server, clock: Clock
) -> None:
    fail(breaker, server, 3)
    clock.now += 30
    server.error = MemoryError()
    with pytest.raises(MemoryError):
        breaker.call(server)
    clock.now += 30
    server.error = None
    assert breaker.call(server) == "well"


def test_a_late_answer_from_before_does_not_close_it(breaker: Breaker, server: Server) -> None:
    asked, answer = threading.Event(), threading.Event()

    def late() -> str:
        asked.set()
        answer.wait(10)
        return "well"

    early = threading.Thread(target=breaker.call, args=(late,))
    early.start()
    assert asked.wait(10)
    fail(breaker, server, 3)
    answer.set()
    early.join()
    assert breaker.state is State.OPEN
