"""An exam that people sat, whose statistics are to be folded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from learning.organisation.models import User
from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem, Exam
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

SINGLE, MULTIPLE, TRUE_FALSE = 1, 2, 3  # the slots of make_exam's paper
RIGHT: dict[int, Any] = {SINGLE: "o1", MULTIPLE: ["o0", "o2"], TRUE_FALSE: True}
Sat = Callable[..., Attempt]


@pytest.fixture
def people(db: None) -> list[User]:
    unit = make_unit()
    return [make_user(unit=unit) for _ in range(6)]


@pytest.fixture
def exam(people: list[User]) -> Exam:
    return make_exam(candidates=people)


@pytest.fixture
def sat(exam: Exam) -> Sat:
    """A person sits the exam and hands in after a minute; `active_ms` and `first` (an answer changed later) by slot."""

    def sit(
        user: User,
        answers: dict[int, Any],
        *,
        active_ms: dict[int, int] | None = None,
        first: dict[int, Any] | None = None,
        at: datetime = NOW,
        hand_in: bool = True,
    ) -> Attempt:
        attempt = make_attempt(exam, user, now=at, answers=answers)
        for slot, ms in (active_ms or {}).items():
            AttemptItem.objects.filter(attempt=attempt, slot=slot).update(active_ms=ms)
        for slot, answer in (first or {}).items():
            AttemptItem.objects.filter(attempt=attempt, slot=slot).update(changes=1)
            receive(attempt, slot, answer, at + timedelta(seconds=5))
        for n, (slot, answer) in enumerate(answers.items(), 1):
            receive(attempt, slot, answer, at + timedelta(seconds=10 * n))
        if hand_in:
            submit_attempt(
                attempt_id=attempt.pk,
                by=user,
                client="page",
                ops=[],
                reason="self",
                now=at + timedelta(minutes=1),
            )
            attempt.refresh_from_db()
        return attempt

    return sit


def receive(attempt: Attempt, slot: int, answer: Any, at: datetime) -> None:
    n = AnswerEvent.objects.count()
    AnswerEvent.objects.create(
        attempt=attempt, slot=slot, op_id=f"op{n}", client="page", seq=n, payload={"answer": answer}, recv_at=at,
        verdict=AnswerEvent.Verdict.APPLIED,
    )  # fmt: skip
