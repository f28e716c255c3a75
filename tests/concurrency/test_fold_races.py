"""Several workers fold at once: each attempt counts once. PostgreSQL, each worker on its own connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from question_bank.engine.item_statistics import fold
from question_bank.exams.models import Exam
from question_bank.exams.taking.submitting import submit_attempt
from reports.folding.rebuilding import differences
from reports.folding.tallies import tallies_of_exam, unpacked, write_tallies
from reports.folding.worker import fold_requests
from reports.models import FoldedAttempt, FoldRequest
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
PEOPLE, WORKERS = 24, 4
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def exam() -> Exam:
    unit = make_unit()
    people = [make_user(unit=unit) for _ in range(PEOPLE)]
    exam = make_exam(unit=unit, candidates=people)
    for n, user in enumerate(people):
        attempt = make_attempt(exam, user, answers={1: f"o{n % 4}"})
        submit_attempt(attempt_id=attempt.pk, by=user, client="page", ops=[], reason="self", now=LATER)
    return exam


def at_once(act: Callable[[int], object]) -> None:
    barrier = Barrier(WORKERS)

    def run(n: int) -> None:
        try:
            barrier.wait(timeout=20)
            act(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(run, range(WORKERS)))


def test_workers_at_once_count_each_attempt_once(exam: Exam) -> None:
    # The same attempts asked for again and again, so that every worker finds work.
    attempts = list(FoldRequest.objects.values_list("attempt", flat=True))
    FoldRequest.objects.bulk_create(FoldRequest(attempt_id=pk) for pk in attempts * 100)
    at_once(lambda _: fold_requests(now=LATER))
    assert {tally.n for tally in tallies_of_exam(exam.pk).values()} == {PEOPLE}
    assert differences(exam_id=exam.pk, now=LATER) == []


def test_without_the_exam_s_lock_sums_are_lost(exam: Exam) -> None:
    """The negative control: each worker adds its quarter of the attempts to sums it read without a lock."""
    fold_requests(now=LATER)
    parts = list(FoldedAttempt.objects.order_by("pk").values_list("outcomes", flat=True))
    write_tallies(exam.pk, {version: type(tally)() for version, tally in tallies_of_exam(exam.pk).items()})
    read = Barrier(WORKERS)

    def unlocked(n: int) -> None:
        with transaction.atomic():
            tallies = tallies_of_exam(exam.pk)
            read.wait(timeout=20)
            for outcomes in parts[n::WORKERS]:
                fold(tallies, unpacked(outcomes))
            write_tallies(exam.pk, tallies)

    at_once(unlocked)
    assert {tally.n for tally in tallies_of_exam(exam.pk).values()} == {PEOPLE // WORKERS}
