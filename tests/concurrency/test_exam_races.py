"""Two at once, on PostgreSQL: start and start, save and submit, submit and close, extend and close, extend
and start.

Each race is forced, not hoped for: one side stops at a named point with its locks held until the other side
waits (or is done). Each has a negative control that takes the lock away and shows the damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from learning.organisation.models import User
from question_bank.exams import saving
from question_bank.exams.clock import remaining_ms
from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem, Exam, Result
from question_bank.exams.saving import Op, OpKind
from question_bank.exams.taking import adjusting, closing, start, submitting
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)
PATIENCE_S = 10


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def exam(member: User) -> Exam:
    return make_exam(candidates=[member])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def run(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    """In a thread with a connection of its own, closed at the end."""

    def task() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(task)


def wait_until_somebody_waits_for_a_lock() -> None:
    waits = """SELECT count(*) FROM pg_stat_activity
               WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    end = monotonic() + PATIENCE_S
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
    raise AssertionError("nobody waited for a lock")


@contextmanager
def stopping_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Iterator[tuple[Event, Event]]:
    """The first call of module.name says it has arrived and waits to be let go."""
    arrived, go = Event(), Event()
    real = getattr(module, name)

    def stop(*args: Any, **kwargs: Any) -> Any:
        if not arrived.is_set():
            arrived.set()
            assert go.wait(PATIENCE_S)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, stop)
    try:
        yield arrived, go
    finally:
        go.set()


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: rows are read as if nobody else were there."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    monkeypatch.setattr(closing, "lock", lambda words: "")


def answer(slot: int, value: Any) -> Op:
    return Op(f"op-{slot}", 1, OpKind.ANSWER, slot, base=0, answer=value)


# start / start


def test_of_two_starts_one_makes_the_attempt_and_both_get_it(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin() -> start.Started:
        return start.start_attempt(exam_id=exam.pk, user=member, password="", now=NOW)

    with stopping_before(monkeypatch, start, "paper_json") as (arrived, go):
        first = run(pool, begin)
        assert arrived.wait(PATIENCE_S)
        second = run(pool, begin).result(PATIENCE_S)
        go.set()
        assert second.created
        assert not first.result(PATIENCE_S).created
    assert first.result().attempt == second.attempt == Attempt.objects.get()


def test_control_without_the_unique_indexes_two_starts_make_two_attempts(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    constraints = [c for c in Attempt._meta.constraints if c.name in ("attempt_no", "one_open_attempt")]

    def begin() -> start.Started:
        return start.start_attempt(exam_id=exam.pk, user=member, password="", now=NOW)

    with connection.schema_editor() as editor:
        for constraint in constraints:
            editor.remove_constraint(Attempt, constraint)
    try:
        with stopping_before(monkeypatch, start, "paper_json") as (arrived, go):
            first = run(pool, begin)
            assert arrived.wait(PATIENCE_S)
            run(pool, begin).result(PATIENCE_S)
            go.set()
            first.result(PATIENCE_S)
        assert Attempt.objects.count() == 2
    finally:
        Attempt.objects.all().order_by("-pk")[:1].get().events.all().delete()
        Attempt.objects.order_by("-pk")[:1].get().delete()
        with connection.schema_editor() as editor:
            for constraint in constraints:
                editor.add_constraint(Attempt, constraint)


# save / submit


def save_and_submit(attempt: Attempt, pool: ThreadPoolExecutor, *, wait: bool) -> None:
    """A save holds the attempt when a submission comes; the save commits first."""
    saved, go = Event(), Event()

    def save() -> None:
        with transaction.atomic():
            locked = closing.locked_attempt(attempt.pk)
            assert locked.state == Attempt.State.IN_PROGRESS
            saving.apply_ops(attempt=locked, client="page", ops=[answer(1, "o1")], now=NOW + MINUTE)
            saved.set()
            assert go.wait(PATIENCE_S)

    def submit() -> Any:
        return submitting.submit_attempt(
            attempt_id=attempt.pk, by=None, client="page", ops=[], reason="self", now=NOW + 2 * MINUTE
        )

    save_done = run(pool, save)
    assert saved.wait(PATIENCE_S), save_done.result(0)
    submission = run(pool, submit)
    if wait:
        wait_until_somebody_waits_for_a_lock()
    else:
        submission.result(PATIENCE_S)
    go.set()
    save_done.result(PATIENCE_S)
    submission.result(PATIENCE_S)


def test_an_acknowledged_save_is_in_the_marks_of_a_submission_that_came_meanwhile(
    exam: Exam, member: User, pool: ThreadPoolExecutor
) -> None:
    attempt = make_attempt(exam, member)
    save_and_submit(attempt, pool, wait=True)
    attempt.refresh_from_db()
    assert attempt.auto_marks is not None
    assert attempt.auto_marks[0] == "2.00"
    assert attempt.answered == 1


def test_control_without_the_lock_the_submission_misses_the_save(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(exam, member)

    def unlocked(attempt_id: int, owner_id: int | None = None) -> Attempt:
        return Attempt.objects.select_related("exam").get(pk=attempt_id)

    def saved_by_hand(*, attempt: Attempt, **_: Any) -> None:
        """The real one takes its own lock on the attempt's row."""
        AttemptItem.objects.create(attempt=attempt, slot=1, answer="o1", answer_rev=1)

    monkeypatch.setattr(closing, "locked_attempt", unlocked)
    monkeypatch.setattr(submitting, "locked_attempt", unlocked)
    monkeypatch.setattr(saving, "apply_ops", saved_by_hand)
    save_and_submit(attempt, pool, wait=False)
    attempt.refresh_from_db()
    assert AttemptItem.objects.get().answer == "o1"
    assert attempt.auto_marks is not None
    assert attempt.auto_marks[0] == "0.00"


# submit / close


def submit_and_close(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, wait: bool
) -> tuple[Any, Attempt]:
    """A submission in the grace holds the attempt when another request finds it expired."""

    def submit() -> Any:
        return submitting.submit_attempt(
            attempt_id=attempt.pk,
            by=None,
            client="page",
            ops=[answer(1, "o1")],
            reason="time_up",
            now=attempt.deadline_at + timedelta(seconds=30),
        )

    with stopping_before(monkeypatch, closing, "write_attempts") as (arrived, go):
        submission = run(pool, submit)
        assert arrived.wait(PATIENCE_S)
        settled = run(pool, lambda: closing.settle(attempt, now=attempt.accept_until))
        if wait:
            wait_until_somebody_waits_for_a_lock()
        else:
            settled.result(PATIENCE_S)
        go.set()
        return submission.result(PATIENCE_S), settled.result(PATIENCE_S)


def test_submission_and_closer_close_once_with_one_receipt(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(exam, member)
    receipt, settled = submit_and_close(attempt, pool, monkeypatch, wait=True)
    assert settled.receipt_number == receipt.number
    assert (settled.finish_kind, settled.answered) == (Attempt.Finish.SELF, 1)
    assert attempt.events.filter(type="submit").count() == 1
    assert AnswerEvent.objects.get().verdict == "grace"
    assert Result.objects.get().score == 2


def test_control_without_the_lock_they_close_twice(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, without_locks: None
) -> None:
    attempt = make_attempt(exam, member)
    # Without ops: the statements that save take their own lock on the row.
    monkeypatch.setattr(submitting, "apply_ops", lambda **_: None)
    submit_and_close(attempt, pool, monkeypatch, wait=False)
    assert attempt.events.filter(type="submit").count() == 2


def test_job_leaves_what_somebody_holds_and_takes_the_rest(
    exam: Exam, member: User, pool: ThreadPoolExecutor
) -> None:
    other = make_user(unit=make_unit())
    held = make_attempt(exam, member)
    free = make_attempt(make_exam(candidates=[other]), other)
    holding, go = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            closing.locked_attempt(held.pk)
            holding.set()
            assert go.wait(PATIENCE_S)

    holder = run(pool, hold)
    assert holding.wait(PATIENCE_S)
    assert closing.close_expired(now=NOW + 60 * MINUTE) == 1
    free.refresh_from_db()
    assert free.state == Attempt.State.MARKED
    go.set()
    holder.result(PATIENCE_S)
    assert closing.close_expired(now=NOW + 60 * MINUTE) == 1


def test_two_jobs_at_once_close_every_attempt_once(pool: ThreadPoolExecutor) -> None:
    unit = make_unit()
    members = [make_user(unit=unit) for _ in range(12)]
    exam = make_exam(candidates=members)
    for member in members:
        make_attempt(exam, member, answers={1: "o1"})
    jobs = [run(pool, lambda: closing.close_expired(now=NOW + 60 * MINUTE, batch=3)) for _ in range(4)]
    assert sum(job.result(PATIENCE_S) for job in jobs) == 12
    assert sorted(Attempt.objects.values_list("events__type", flat=True)) == ["start"] * 12 + ["submit"] * 12


# extend / close


def extend_and_close(
    attempt: Attempt, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, wait: bool
) -> Attempt:
    """An extension holds the attempt when another request finds it expired by the old deadline."""
    late = attempt.accept_until + timedelta(seconds=1)

    def extend() -> Any:
        scope = adjusting.Scope(attempt.exam_id)
        return adjusting.extend(scope=scope, kind="add", value=600, reason="停电", by=None, now=late)

    with stopping_before(monkeypatch, adjusting, "write_attempts") as (arrived, go):
        extension = run(pool, extend)
        assert arrived.wait(PATIENCE_S)
        settled = run(pool, lambda: closing.settle(attempt, now=late))
        if wait:
            wait_until_somebody_waits_for_a_lock()
        else:
            settled.result(PATIENCE_S)
        go.set()
        extension.result(PATIENCE_S)
        settled.result(PATIENCE_S)
    return Attempt.objects.get(pk=attempt.pk)


def test_extension_that_came_first_keeps_the_attempt_open(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(exam, member)
    after = extend_and_close(attempt, pool, monkeypatch, wait=True)
    assert after.state == Attempt.State.IN_PROGRESS
    assert remaining_ms(after, attempt.accept_until) == 9 * 60_000


def test_control_without_the_lock_an_extended_attempt_is_closed(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, without_locks: None
) -> None:
    attempt = make_attempt(exam, member)
    after = extend_and_close(attempt, pool, monkeypatch, wait=False)
    assert after.state == Attempt.State.MARKED
    assert after.deadline_at > attempt.deadline_at


# extend / start


def extend_and_start(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, wait: bool
) -> Attempt:
    """A start has read the adjustments when an extension of the whole exam comes."""

    def extend() -> Any:
        scope = adjusting.Scope(exam.pk)
        return adjusting.extend(scope=scope, kind="add", value=600, reason="停电", by=None, now=NOW)

    def begin() -> start.Started:
        return start.start_attempt(exam_id=exam.pk, user=member, password="", now=NOW)

    with stopping_before(monkeypatch, start, "paper_json") as (arrived, go):
        started = run(pool, begin)
        assert arrived.wait(PATIENCE_S)
        extension = run(pool, extend)
        if wait:
            wait_until_somebody_waits_for_a_lock()
        else:
            extension.result(PATIENCE_S)
        go.set()
        started.result(PATIENCE_S)
        extension.result(PATIENCE_S)
    return Attempt.objects.get()


def test_start_beside_an_extension_of_the_exam_gets_the_time(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = extend_and_start(exam, member, pool, monkeypatch, wait=True)
    assert attempt.deadline_at == NOW + 40 * MINUTE


def test_control_without_sharing_the_exams_row_the_start_misses_the_extension(
    exam: Exam, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "lock", lambda words: "")
    attempt = extend_and_start(exam, member, pool, monkeypatch, wait=False)
    assert attempt.deadline_at == NOW + 30 * MINUTE
