"""Two workers at one outbox, a regrade between reading and sending, a worker that is killed: on PostgreSQL.

Each race is forced, and has a negative control that takes its guard away and shows the damage.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from lti.http.fetching import Answer
from lti.models import GradeDelivery
from lti.services import claiming, outbox
from lti.services.claiming import CLAIM, take
from question_bank.exams.models import Attempt
from question_bank.exams.results import rewrite_results
from tests.factories import NOW
from tests.lti.services.grading import Course, Gradebook, Post, make_course, said, send, sit

from .test_exam_races import PATIENCE_S, run, stopping_before

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
State, Cause = GradeDelivery.State, GradeDelivery.Cause
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lti.receivers._wake", lambda rows: None)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def sat(learners: int = 1) -> tuple[Course, list[Attempt]]:
    course = make_course(learners=learners)
    return course, [sit(course.exam, user) for user in course.learners]


def two_claims(
    course: Course, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> list[claiming.Letter]:
    """The second claims while the first has chosen its rows and not yet written."""
    with stopping_before(monkeypatch, claiming, "outcomes") as (arrived, go):
        first = run(pool, lambda: take(course.platform, limit=50, now=NOW).letters)
        assert arrived.wait(PATIENCE_S)
        second = run(pool, lambda: take(course.platform, limit=50, now=NOW).letters).result(PATIENCE_S)
        go.set()
        return [*first.result(PATIENCE_S), *second]


def test_of_two_workers_each_row_is_claimed_by_one(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, _ = sat(20)
    assert len(two_claims(course, pool, monkeypatch)) == 20


def test_control_without_the_lock_both_claim_the_same_rows(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, _ = sat(20)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    assert len(two_claims(course, pool, monkeypatch)) == 40


def test_a_row_that_comes_during_a_claim_is_not_claimed_beside_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same person and column: the new row waits until the older score has arrived."""
    course, attempts = sat()
    with stopping_before(monkeypatch, claiming, "outcomes") as (arrived, go):
        first = run(pool, lambda: take(course.platform, limit=50, now=NOW).letters)
        assert arrived.wait(PATIENCE_S)
        outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW)
        assert take(course.platform, limit=50, now=NOW).letters == []
        go.set()
        assert len(first.result(PATIENCE_S)) == 1
    assert take(course.platform, limit=50, now=NOW).letters == []
    assert GradeDelivery.objects.filter(state=State.PENDING).count() == 1


def test_the_database_lets_nobody_tell_a_person_twice_at_once() -> None:
    """The control of the last: without lock and second look it is the constraint that refuses."""
    course, attempts = sat()
    take(course.platform, limit=50, now=NOW)
    outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        GradeDelivery.objects.filter(state=State.PENDING).update(state=State.SENDING)


def regrade_while(book: Gradebook, attempt: Attempt) -> None:
    """The score becomes 6 while the first one is on its way."""

    def script(post: Post) -> Answer:
        if len(book.scores) == 1:
            with transaction.atomic():
                Attempt.objects.filter(pk=attempt.pk).update(score=Decimal(6))
                rewrite_results([attempt.candidate_id], now=NOW)
                outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW)
        return said(200)

    book.script = script


def test_a_regrade_between_reading_and_sending_is_told_afterwards_with_a_later_timestamp() -> None:
    _course, (attempt,) = sat()
    book = Gradebook()
    regrade_while(book, attempt)
    send(book, NOW)
    send(book, NOW + MINUTE)
    assert [score["scoreGiven"] for score in book.scores] == [2, 6]
    assert book.scores[0]["timestamp"] < book.scores[1]["timestamp"]


def test_control_without_a_row_of_its_own_the_regrade_would_never_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _course, (attempt,) = sat()
    book = Gradebook()
    regrade_while(book, attempt)
    monkeypatch.setattr(outbox, "put_attempts", lambda **_: 0)
    send(book, NOW)
    send(book, NOW + MINUTE)
    assert [score["scoreGiven"] for score in book.scores] == [2]


def test_a_change_that_is_not_committed_when_the_older_row_is_sent_is_told_after_its_commit(
    pool: ThreadPoolExecutor,
) -> None:
    """Its number is lower than that of a row which was sent meanwhile, and it is not lost for that."""
    course, (attempt,) = sat()
    written, go = Event(), Event()

    def mark_slowly() -> None:
        with transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(score=Decimal(6))
            rewrite_results([attempt.candidate_id], now=NOW)
            outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW)
            written.set()
            assert go.wait(PATIENCE_S)

    marking = run(pool, mark_slowly)
    assert written.wait(PATIENCE_S)
    outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW)
    book = Gradebook()
    send(book, NOW)
    go.set()
    marking.result(PATIENCE_S)
    assert course.row().state == State.SENT  # the highest number
    send(book, NOW + MINUTE)
    assert [score["scoreGiven"] for score in book.scores] == [2, 6]


def test_two_who_put_rows_for_the_same_people_at_once_both_get_theirs(pool: ThreadPoolExecutor) -> None:
    _course, attempts = sat(5)
    put, go = Event(), Event()

    def slowly() -> None:
        with transaction.atomic():
            outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW)
            put.set()
            assert go.wait(PATIENCE_S)

    first = run(pool, slowly)
    assert put.wait(PATIENCE_S)
    second = run(pool, lambda: outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW))
    assert second.result(PATIENCE_S) == 5  # it does not wait for the first, whose exam may take its time
    go.set()
    first.result(PATIENCE_S)
    assert GradeDelivery.objects.count() == 15


def test_a_killed_worker_loses_nothing_and_its_timestamp_is_not_used_again(
    pool: ThreadPoolExecutor,
) -> None:
    course, _ = sat(3)
    dead = run(pool, lambda: take(course.platform, limit=50, now=NOW).letters).result(PATIENCE_S)
    book = Gradebook()
    assert send(book, NOW + MINUTE) == 0
    assert send(book, NOW + CLAIM) == 3
    assert max(letter.body["timestamp"] for letter in dead) < min(score["timestamp"] for score in book.scores)


def test_a_claim_that_runs_out_while_its_worker_writes_is_taken_once(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two come at the same moment for what a killed worker left."""
    course, _ = sat(3)
    take(course.platform, limit=50, now=NOW)
    later = NOW + CLAIM
    with stopping_before(monkeypatch, claiming, "outcomes") as (arrived, go):
        first = run(pool, lambda: take(course.platform, limit=50, now=later).letters)
        assert arrived.wait(PATIENCE_S)
        second: Any = run(pool, lambda: take(course.platform, limit=50, now=later).letters)
        assert second.result(PATIENCE_S) == []
        go.set()
        assert len(first.result(PATIENCE_S)) == 3


def test_closing_an_exam_never_waits_for_a_claim(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, (attempt,) = sat()
    with stopping_before(monkeypatch, claiming, "outcomes") as (arrived, go):
        claim = run(pool, lambda: take(course.platform, limit=50, now=NOW))
        assert arrived.wait(PATIENCE_S)
        with transaction.atomic():
            rewrite_results([attempt.candidate_id], now=NOW)
            assert outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW) == 1
        go.set()
        claim.result(PATIENCE_S)
