"""Handing in while a question is put right, on PostgreSQL: nobody keeps a mark by the wrong key.

Each race is forced: one side stops with its lock held until the other waits. Each has a negative control.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from question_bank.exams import regrading
from question_bank.exams.models import Attempt, Mark, RegradeRun
from question_bank.exams.regrading import carry_out, start_regrade
from question_bank.exams.taking import closing
from question_bank.exams.taking.adjusting import force_submit
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

from .test_exam_races import PATIENCE_S, run, stopping_before, wait_until_somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def attempt() -> Attempt:
    """Open, its one answer wrong by the key published."""
    member = make_user(unit=make_unit())
    return make_attempt(make_exam(candidates=[member], kinds=["single"]), member, answers={1: "o0"})


def correct(attempt: Attempt) -> RegradeRun:
    return start_regrade(
        exam_id=attempt.exam_id, version_id=attempt.paper[0]["v"], remedy="void", corrected_id=None,
        only_up=False, reason="答案有误", by=None, now=LATER,
    )  # fmt: skip


def hand_in(attempt: Attempt) -> None:
    force_submit(attempt_id=attempt.pk, reason="交卷", by=None, now=NOW)


def submit_marked_before_the_correction(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, wait: bool
) -> Attempt:
    """It has been marked by the key published and is not written yet when the correction comes."""

    def regrade() -> None:
        carry_out(run_id=correct(attempt).pk, now=LATER)

    with stopping_before(monkeypatch, closing, "write_attempts") as (arrived, go):
        submission = run(pool, lambda: hand_in(attempt))
        assert arrived.wait(PATIENCE_S)
        regraded: Future[Any] = run(pool, regrade)
        if wait:
            wait_until_somebody_waits_for_a_lock()
        else:
            regraded.result(PATIENCE_S)
        go.set()
        submission.result(PATIENCE_S)
        regraded.result(PATIENCE_S)
    attempt.refresh_from_db()
    return attempt


def test_a_submission_under_way_is_waited_for_and_marked_anew(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = submit_marked_before_the_correction(attempt, pool, monkeypatch, wait=True)
    assert (after.auto_marks, after.score) == (["0.00"], Decimal(2))
    assert Mark.objects.count() == 1


def test_control_without_the_lock_a_submission_under_way_keeps_the_wrong_mark(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    after = submit_marked_before_the_correction(attempt, pool, monkeypatch, wait=False)
    assert after.score == 0


def submit_that_waited_over_the_correction(attempt: Attempt, pool: ThreadPoolExecutor) -> Attempt:
    """It has begun, and waits for somebody else who holds the attempt, while the correction is written."""
    held, go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            closing.locked_attempt(attempt.pk)
            held.set()
            assert go.wait(PATIENCE_S)

    holder = run(pool, hold)
    assert held.wait(PATIENCE_S)
    submission = run(pool, lambda: hand_in(attempt))
    wait_until_somebody_waits_for_a_lock()
    correct(attempt)
    go.set()
    holder.result(PATIENCE_S)
    submission.result(PATIENCE_S)
    attempt.refresh_from_db()
    return attempt


def test_a_submission_that_waited_is_marked_by_what_was_corrected_meanwhile(
    attempt: Attempt, pool: ThreadPoolExecutor
) -> None:
    assert submit_that_waited_over_the_correction(attempt, pool).auto_marks == ["2.00"]


def test_control_with_the_exam_read_before_the_lock_it_is_marked_by_the_old_key(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = closing.read

    def exam_first(*statements: Any) -> list[Any]:
        return list(reversed(real(*reversed(statements))))

    monkeypatch.setattr(closing, "read", exam_first)
    assert submit_that_waited_over_the_correction(attempt, pool).auto_marks == ["0.00"]


def test_two_who_carry_out_the_same_run_mark_each_attempt_once(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(attempt)
    made = correct(attempt)
    with stopping_before(monkeypatch, regrading, "_mark_anew") as (arrived, go):
        first = run(pool, lambda: carry_out(run_id=made.pk, now=LATER))
        assert arrived.wait(PATIENCE_S)
        second = run(pool, lambda: carry_out(run_id=made.pk, now=LATER))
        wait_until_somebody_waits_for_a_lock()
        go.set()
        assert {first.result(PATIENCE_S).raised, second.result(PATIENCE_S).raised} == {1}
    assert Mark.objects.count() == 1
