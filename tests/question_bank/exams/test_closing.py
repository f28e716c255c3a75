"""Closing an attempt, whoever does it: saved answers count, marks come with it, late closers write the
deadline."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import User
from question_bank.exams.marks import given_marks, item_marks, settle_marks
from question_bank.exams.models import Attempt, Candidate, Exam, Mark, Result
from question_bank.exams.receipts import answers_hash
from question_bank.exams.signals import attempts_marked, attempts_submitted
from question_bank.exams.taking.closing import close_expired, receipt_of, settle
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
RIGHT = {1: "o1", 2: ["o0", "o2"], 3: True}


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


def test_closing_happens_at_accept_until_and_not_before(member: User) -> None:
    attempt = make_attempt(make_exam(candidates=[member]), member)
    assert close_expired(now=attempt.accept_until - timedelta(milliseconds=1)) == 0
    assert close_expired(now=attempt.accept_until) == 1


def test_late_closer_writes_the_deadline_and_saved_answers_count(member: User) -> None:
    attempt = make_attempt(make_exam(candidates=[member]), member, answers={1: "o1", 2: ["o0"], 3: None})
    close_expired(now=NOW + 60 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.MARKED
    assert attempt.finish_kind == Attempt.Finish.AUTO
    assert attempt.submitted_at == attempt.deadline_at
    assert attempt.auto_marks == ["2.00", "1.00", "0.00"]
    assert (attempt.score, attempt.max_score, attempt.passed) == (Decimal(3), Decimal(6), False)
    assert attempt.answered == 2
    assert [event.data["finish"] for event in attempt.events.filter(type="submit")] == ["auto"]


def test_receipt_proves_the_answers_handed_in(member: User) -> None:
    attempt = settle(
        make_attempt(make_exam(candidates=[member]), member, answers=RIGHT), now=NOW + 60 * MINUTE
    )
    receipt = receipt_of(attempt)
    assert receipt is not None
    assert (receipt.answered, receipt.total) == (3, 3)
    assert receipt.hash == answers_hash(attempt.pk, attempt.deadline_at, RIGHT)
    assert receipt.hash != answers_hash(attempt.pk, attempt.deadline_at, RIGHT | {1: "o2"})
    assert receipt.number.endswith(receipt.hash[:6].upper())


def test_attempt_with_an_essay_waits_in_marking_without_a_score(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single", "essay"])
    attempt = settle(make_attempt(exam, member, answers={1: "o1", 2: "心得"}), now=NOW + 60 * MINUTE)
    assert attempt.state == Attempt.State.MARKING
    assert attempt.auto_marks == ["2.00", None]
    assert (attempt.score, attempt.passed) == (None, None)
    assert not Result.objects.exists()


def test_blank_essay_needs_nobody(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single", "essay"])
    attempt = settle(make_attempt(exam, member, answers={1: "o1"}), now=NOW + 60 * MINUTE)
    assert (attempt.state, attempt.score) == (Attempt.State.MARKED, Decimal(2))


def test_last_manual_mark_completes_the_attempt_and_the_latest_one_counts(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single", "essay"])
    attempt = settle(make_attempt(exam, member, answers={1: "o1", 2: "心得"}), now=NOW + 60 * MINUTE)
    version = attempt.paper[1]["v"]
    assert not settle_marks(attempt=attempt, now=NOW + 61 * MINUTE)
    for minute, value in ((62, "1"), (63, "1.5")):
        at = NOW + minute * MINUTE
        Mark.objects.create(
            attempt=attempt, slot=2, value=Decimal(value), source="manual", version_id=version, at=at
        )
        assert settle_marks(attempt=attempt, now=at)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.score, attempt.passed) == (Attempt.State.MARKED, Decimal("3.5"), True)
    assert item_marks(attempt, given_marks([attempt])[attempt.pk]) == [Decimal("2.00"), Decimal("1.50")]
    assert Result.objects.get().score == Decimal("3.5")


def test_section_rule_goes_before_the_rule_of_the_question(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["multiple"])
    assert exam.plan is not None
    exam.plan["sections"][0]["rule"] = {"multiple": "exact"}
    exam.save()
    attempt = settle(make_attempt(exam, member, answers={1: ["o0"]}), now=NOW + 60 * MINUTE)
    assert attempt.score == 0


def test_corrections_of_a_live_exam_mark_whoever_hands_in_later(member: User) -> None:
    exam = make_exam(candidates=[member])
    attempt = make_attempt(exam, member)
    exam.corrections = {str(attempt.paper[0]["v"]): {"void": True}}
    exam.save()
    assert settle(attempt, now=NOW + 60 * MINUTE).auto_marks == ["2.00", "0.00", "0.00"]


def test_paused_attempt_is_not_closed_by_time(member: User) -> None:
    attempt = make_attempt(make_exam(candidates=[member]), member)
    Attempt.objects.update(state=Attempt.State.PAUSED, paused_at=NOW + MINUTE)
    assert close_expired(now=NOW + 600 * MINUTE) == 0
    attempt.refresh_from_db()
    assert settle(attempt, now=NOW + 600 * MINUTE).state == Attempt.State.PAUSED


@pytest.mark.parametrize(
    ("policy", "score", "band"),
    [("best", "6", "优秀"), ("last", "2", ""), ("first", "4", "合格"), ("average", "4", "合格")],
)
def test_result_follows_the_score_policy(member: User, policy: str, score: str, band: str) -> None:
    exam = make_exam(
        candidates=[member],
        max_attempts=3,
        limit_s=60,
        score_policy=policy,
        bands=[{"from": "60", "name": "合格"}, {"from": "90", "name": "优秀"}],
    )
    for n, answers in enumerate(({1: "o1", 3: True}, RIGHT, {1: "o1"})):
        settle(
            make_attempt(exam, member, now=NOW + 5 * n * MINUTE, answers=answers),
            now=NOW + 5 * (n + 1) * MINUTE,
        )
    result = Result.objects.get()
    assert (result.score, result.band) == (Decimal(score), band)
    assert result.passed == (result.score >= Decimal("3.6"))
    assert (result.attempt is None) == (policy == "average")


def test_receivers_hear_of_a_closing_inside_the_transaction(member: User) -> None:
    heard: list[Any] = []

    def hear(closed: Any, **_: Any) -> None:
        heard.append((connection.in_atomic_block, closed[0].answers, closed[0].marks.items[0].correct))

    attempt = make_attempt(make_exam(candidates=[member]), member, answers={1: "o1"})
    attempts_submitted.connect(hear)
    attempts_marked.connect(hear)
    try:
        settle(attempt, now=NOW + 60 * MINUTE)
    finally:
        attempts_submitted.disconnect(hear)
        attempts_marked.disconnect(hear)
    assert heard == [(True, {1: "o1"}, True)] * 2


def test_attempt_that_cannot_be_marked_holds_nobody_else_up() -> None:
    members = [make_user(unit=make_unit()) for _ in range(3)]
    exam = make_exam(candidates=members)
    attempts = [make_attempt(exam, member) for member in members]
    Attempt.objects.filter(pk=attempts[0].pk).update(paper=[{"nonsense": 1}])
    assert close_expired(now=NOW + 60 * MINUTE, batch=2) == 3
    assert Attempt.objects.filter(state=Attempt.State.MARKED).count() == 2


def test_command_closes_what_is_due(member: User, capsys: pytest.CaptureFixture[str]) -> None:
    make_attempt(make_exam(candidates=[member]), member)
    call_command("close_expired_attempts")
    assert capsys.readouterr().out.strip() == "closed 1"
    assert Attempt.objects.get().state == Attempt.State.MARKED


@pytest.mark.parametrize("people", [2, 12])
def test_a_batch_costs_the_same_reads_whatever_its_size(people: int) -> None:
    unit = make_unit()
    exam = make_exam(candidates=[make_user(unit=unit) for _ in range(people)])
    for candidate in Candidate.objects.select_related("user"):
        make_attempt(exam, candidate.user, answers=RIGHT)
    with CaptureQueriesContext(connection) as caught:
        assert close_expired(now=NOW + 60 * MINUTE) == people
    reads = [query for query in caught if query["sql"].startswith("SELECT")]
    assert len(reads) <= 5
    assert Result.objects.filter(score=6).count() == people
    assert Exam.objects.count() == 1
