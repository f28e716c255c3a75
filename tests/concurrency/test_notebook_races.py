"""Two pages of one member at the same moment: the notebook is written once, and a slot is answered once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import IntegrityError, connection

from question_bank.exams.models import CollectedAttempt, NotebookEntry, NotebookTry
from question_bank.exams.practising import collecting, runs
from question_bank.exams.practising.errors import AnsweredBefore
from tests.factories import NOW, make_exam, make_question
from tests.question_bank.exams.practising.making import (
    MINUTE,
    answer,
    make_member,
    make_open_bank,
    sit,
    start,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

TOGETHER_S = 1.5


def at_once(*acts: Callable[[], object]) -> list[Exception | None]:
    """What each act raised, all of them run at the same time on connections of their own."""
    raised: list[Exception | None] = [None] * len(acts)

    def run(n: int, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            raised[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def waiting_for_each_other(act: Callable[..., Any]) -> Callable[..., Any]:
    """The act, begun only when two threads have come to it, or when it is clear that the other one is kept out."""
    barrier = threading.Barrier(2)

    def wrapped(*args: Any, **named: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            barrier.wait(TOGETHER_S)
        return act(*args, **named)

    return wrapped


def collect_twice(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    member = make_member()
    sit(make_exam(answer_release="at_marked"), member, {})
    monkeypatch.setattr(collecting, "_bring_in", waiting_for_each_other(collecting._bring_in))
    later = NOW + 2 * MINUTE
    return at_once(*[lambda: collecting.collect(user=member, now=later)] * 2)


def test_two_pages_collect_an_exam_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert collect_twice(monkeypatch) == [None, None]
    assert CollectedAttempt.objects.count() == 1
    assert NotebookEntry.objects.count() == NotebookTry.objects.count() == 3


def test_without_the_lock_they_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "hold_notebook", lambda user_id: None)
    assert any(isinstance(error, IntegrityError) for error in collect_twice(monkeypatch))


def answer_twice(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    member = make_member()
    bank = make_open_bank(member)
    make_question(bank)
    run = start(member, bank)
    monkeypatch.setattr(runs, "mark", waiting_for_each_other(runs.mark))
    return at_once(lambda: answer(run, 1, "o2"), lambda: answer(run, 1, "o3"))


def test_a_double_tap_answers_a_slot_once(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = answer_twice(monkeypatch)
    assert sorted(type(error).__name__ for error in raised) == ["AnsweredBefore", "NoneType"]
    assert NotebookEntry.objects.get().wrong_count == 1


def test_without_the_runs_lock_the_database_has_to_stop_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        runs, "_locked_run", lambda run_id, by: runs.PracticeRun.objects.get(pk=run_id, user=by)
    )
    raised = answer_twice(monkeypatch)
    assert any(isinstance(error, IntegrityError) for error in raised)
    assert not any(isinstance(error, AnsweredBefore) for error in raised)
    assert NotebookEntry.objects.get().wrong_count == 1
