"""An exam of a school with two branches: some passed, some failed, some did not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from learning.organisation.models import Role, Unit, User
from question_bank.exams.models import Attempt, AttemptItem, Exam
from question_bank.exams.taking.submitting import submit_attempt
from reports.folding.worker import fold_requests
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit, make_user

LATER = NOW + timedelta(hours=3)  # the exam is over
RIGHT: dict[int, Any] = {1: "o1", 2: ["o0", "o2"], 3: True}


@dataclass
class School:
    root: Unit
    one: Unit
    two: Unit
    exam: Exam
    office: User
    secretary: User  # of branch two


def sit(exam: Exam, user: User, answers: dict[int, Any], *, seconds: int = 60) -> Attempt:
    attempt = make_attempt(exam, user, answers=answers)
    AttemptItem.objects.filter(attempt=attempt).update(active_ms=seconds * 100)
    at = NOW + timedelta(seconds=seconds)
    submit_attempt(attempt_id=attempt.pk, by=user, client="page", ops=[], reason="self", now=at)
    return attempt


@pytest.fixture
def school(db: None) -> School:
    root = make_unit(name="校党委")
    one, two = make_unit(root, name="机械支部"), make_unit(root, name="电子支部")
    exam = make_exam(unit=root, title="结业考试", pass_percent=60)
    return School(
        root, one, two, exam,
        make_user(unit=root, roles=[(Role.SCHOOL_OFFICE, root)]),
        make_user(unit=root, roles=[(Role.SECRETARY, two)]),
    )  # fmt: skip


@pytest.fixture
def sat(school: School) -> School:
    """Branch one: 6 sat (3 with all right, 3 with nothing), 1 exempt; branch two: 5 sat (two points of six), 3 absent."""
    for n in range(6):
        user = make_user(unit=school.one)
        make_candidate(school.exam, user)
        sit(school.exam, user, RIGHT if n < 3 else {}, seconds=60 * (n + 1))
    make_candidate(school.exam, make_user(unit=school.one), state="exempt")
    for n in range(8):
        user = make_user(unit=school.two)
        make_candidate(school.exam, user)
        if n < 5:
            sit(school.exam, user, {1: "o1"}, seconds=600)
    fold_requests(now=LATER)
    return school
