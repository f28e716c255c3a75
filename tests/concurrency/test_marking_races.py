"""Two markers at once, on PostgreSQL: nobody is given the same answer, no mark is written over another unseen.

Each race is forced by a barrier between looking and writing, and has a negative control that takes the guard away.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection

from learning.organisation.models import User
from question_bank.exams.models import Attempt, Mark, MarkClaim
from question_bank.exams.organising import marking_desk
from question_bank.exams.organising.marking_desk import Answer, MarkedMeanwhile, QuestionQueue
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
PATIENCE_S = 2


@pytest.fixture
def queue() -> QuestionQueue:
    """One answer that waits for a person."""
    member = make_user(unit=make_unit())
    exam = make_exam(candidates=[member], kinds=["short"], mark="10")
    attempt = make_attempt(exam, member, answers={1: "我的回答"})
    submit_attempt(attempt_id=attempt.pk, by=member, client="c1", ops=(), reason="self", now=NOW)
    (found,) = marking_desk.queues(Attempt.objects.all())
    return found


@pytest.fixture
def markers() -> list[User]:
    return [make_user() for _n in range(4)]


def together(works: list[Callable[[], Any]]) -> list[Any]:
    """What each returns (or raises), all begun at the same moment on connections of their own."""
    gate = Barrier(len(works))

    def task(work: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=10)
            return work()
        except MarkedMeanwhile as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(task, works))


def claims(queue: QuestionQueue, markers: list[User]) -> list[Answer | None]:
    return together([lambda by=by: marking_desk.claim_next(queue=queue, by=by, now=NOW) for by in markers])


def test_an_answer_is_given_to_one_of_four_markers(queue: QuestionQueue, markers: list[User]) -> None:
    given = claims(queue, markers)
    assert len([answer for answer in given if answer]) == 1
    assert MarkClaim.objects.count() == 1


def test_without_the_unique_claim_all_get_it(
    queue: QuestionQueue, markers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking_desk, "take_claim", lambda **_given: True)
    assert len([answer for answer in claims(queue, markers) if answer]) == 4


def marks(queue: QuestionQueue, markers: list[User], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two marks by pages that saw none; each waits for the other between looking and writing."""
    between = Barrier(2)
    look = marking_desk.given_marks

    def look_and_wait(attempts: Any) -> Any:
        found = look(attempts)
        with suppress(BrokenBarrierError):
            between.wait(timeout=PATIENCE_S)
        return found

    monkeypatch.setattr(marking_desk, "given_marks", look_and_wait)
    answer = queue.answers[0]
    return together(
        [
            lambda by=by, value=value: marking_desk.give_mark(
                attempt_id=answer.attempt_id,
                slot=answer.slot,
                value=Decimal(value),
                comment="",
                seen_mark=0,
                by=by,
                now=NOW,
            )
            for value, by in enumerate(markers[:2], start=3)
        ]
    )


def test_of_two_marks_at_once_one_is_written_and_the_other_told(
    queue: QuestionQueue, markers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = marks(queue, markers, monkeypatch)
    assert sorted(type(each).__name__ for each in done) == ["Mark", "MarkedMeanwhile"]
    mark = Mark.objects.get()
    assert Attempt.objects.get().score == mark.value


def test_without_the_lock_both_are_written(
    queue: QuestionQueue, markers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(attempt_id: int) -> Attempt:
        return Attempt.objects.select_related("exam").get(pk=attempt_id)

    monkeypatch.setattr(marking_desk, "locked_attempt", unlocked)
    done = marks(queue, markers, monkeypatch)
    assert [type(each).__name__ for each in done] == ["Mark", "Mark"]
    assert Mark.objects.count() == 2
