"""Whatever organisers, the member, the clock and the closer do in whatever order: only legal moves, and
rows that agree with each other after each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learning.organisation.models import User
from question_bank.engine.timing import MOVES, AttemptState
from question_bank.exams import answer_keys, papers
from question_bank.exams.clock import OPEN_STATES
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Attempt, AttemptEvent, Exam, Result
from question_bank.exams.taking.adjusting import (
    Scope,
    extend,
    force_submit,
    pause,
    reopen_attempt,
    resume,
    void_attempt,
)
from question_bank.exams.taking.closing import close_expired
from question_bank.exams.taking.start import start_attempt
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_exam, make_unit, make_user

REASON = "测试"
Act = Callable[[Exam, User, Attempt, datetime], object]

ACTS: dict[str, Act] = {
    "start": lambda e, u, a, now: start_attempt(exam_id=e.pk, user=u, password="", now=now),
    "submit": lambda e, u, a, now: submit_attempt(
        attempt_id=a.pk, by=u, client="page", ops=[], reason="self", now=now
    ),
    "time_up": lambda e, u, a, now: submit_attempt(
        attempt_id=a.pk, by=u, client="page", ops=[], reason="time_up", now=now
    ),
    "close": lambda e, u, a, now: close_expired(now=now),
    "extend": lambda e, u, a, now: extend(
        scope=Scope(e.pk), kind="add", value=300, reason=REASON, by=None, now=now
    ),
    "shorten": lambda e, u, a, now: extend(
        scope=Scope(e.pk, a.pk), kind="add", value=-600, reason=REASON, by=None, now=now
    ),
    "pause": lambda e, u, a, now: pause(scope=Scope(e.pk), reason=REASON, by=None, now=now),
    "resume": lambda e, u, a, now: resume(scope=Scope(e.pk), reason=REASON, by=None, now=now),
    "force": lambda e, u, a, now: force_submit(attempt_id=a.pk, reason=REASON, by=None, now=now),
    "restore": lambda e, u, a, now: reopen_attempt(
        attempt_id=a.pk, seconds=None, reason=REASON, by=None, now=now
    ),
    "reopen": lambda e, u, a, now: reopen_attempt(
        attempt_id=a.pk, seconds=900, reason=REASON, by=None, now=now
    ),
    "void": lambda e, u, a, now: void_attempt(attempt_id=a.pk, reason=REASON, by=None, now=now),
}

steps = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 25)), min_size=1, max_size=14)


@pytest.mark.django_db
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_every_history_of_an_attempt_is_legal(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        papers.forget()
        answer_keys.forget()
        member = make_user(unit=make_unit())
        exam = make_exam(candidates=[member], max_attempts=3)
        now = NOW
        before = states()
        for act, minutes in [("start", 0), *steps]:
            now += timedelta(minutes=minutes)
            newest = Attempt.objects.order_by("-no").first() or Attempt(pk=0)
            try:
                with transaction.atomic():
                    ACTS[act](exam, member, newest, now)
            except ExamError:
                assert states() == before
            after = states()
            for pk, state in after.items():
                assert pk not in before or before[pk] == state or (before[pk], state) in MOVES
            before = after
            check_rows(exam, now)
        transaction.set_rollback(True)


def states() -> dict[int, AttemptState]:
    return {pk: AttemptState(state) for pk, state in Attempt.objects.values_list("pk", "state")}


def check_rows(exam: Exam, now: datetime) -> None:
    attempts = list(Attempt.objects.filter(exam=exam))
    assert sum(attempt.state in OPEN_STATES for attempt in attempts) <= 1
    for attempt in attempts:
        is_open = attempt.state in OPEN_STATES
        assert (attempt.paused_at is not None) == (attempt.state == Attempt.State.PAUSED)
        if attempt.state != Attempt.State.VOID:
            assert (attempt.submitted_at is None) == is_open
            assert (attempt.receipt_number == "") == is_open
            assert (attempt.score is None) == is_open
        if attempt.submitted_at is not None:
            assert attempt.started_at <= attempt.submitted_at <= min(now, attempt.deadline_at)
        submissions = AttemptEvent.objects.filter(attempt=attempt, type="submit").count()
        reopenings = AttemptEvent.objects.filter(attempt=attempt, type="reopen").count()
        assert submissions - reopenings in (0, 1)
        assert AttemptEvent.objects.filter(attempt=attempt, type="void").count() <= 1
    marked = any(attempt.state == Attempt.State.MARKED for attempt in attempts)
    assert Result.objects.filter(candidate__exam=exam).exists() == marked
