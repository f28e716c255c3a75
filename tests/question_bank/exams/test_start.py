"""Starting an attempt: who may, when, with which paper; and that a second start goes on with the first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import User
from question_bank.exams.errors import NoAttemptsLeft, NotFound, NotOpen, TooSoon, WrongPassword
from question_bank.exams.models import Attempt, Candidate, Exam, ExamPool, TimeAdjustment
from question_bank.exams.papers import shown_items
from question_bank.exams.publishing import publish_exam
from question_bank.exams.taking.start import start_attempt
from tests.factories import NOW, make_exam, make_question, make_unit, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


def start(exam: Exam, user: User, now: Any = NOW, password: str = "") -> Attempt:
    return start_attempt(exam_id=exam.pk, user=user, password=password, now=now).attempt


def test_start_fixes_paper_rules_and_deadline_in_the_attempt(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single", "fill", "match"])
    attempt = start(exam, member)
    attempt.refresh_from_db()
    assert [item["k"] for item in attempt.paper] == ["single", "fill", "match"]
    assert attempt.max_score == 6
    assert attempt.no == 1
    assert attempt.deadline_at == NOW + timedelta(seconds=1800)
    assert attempt.accept_until == attempt.deadline_at + timedelta(seconds=60)
    assert attempt.rules["pass_percent"] == "60.00"
    assert attempt.rules["sections"][0]["title"] == "一"
    assert [event.type for event in attempt.events.all()] == ["start"]


def test_second_start_returns_the_open_attempt(member: User) -> None:
    exam = make_exam(candidates=[member])
    first = start_attempt(exam_id=exam.pk, user=member, password="", now=NOW)
    second = start_attempt(exam_id=exam.pk, user=member, password="", now=NOW + MINUTE)
    assert (first.created, second.created) == (True, False)
    assert first.attempt == second.attempt


def test_start_closes_an_expired_attempt_first_and_then_begins_the_next(member: User) -> None:
    exam = make_exam(candidates=[member], max_attempts=2, limit_s=600)
    first = start(exam, member)
    second = start(exam, member, NOW + 20 * MINUTE)
    first.refresh_from_db()
    assert first.state == Attempt.State.MARKED
    assert first.submitted_at == first.deadline_at
    assert second.no == 2
    assert second.state == Attempt.State.IN_PROGRESS


def test_deadline_stops_at_the_end_of_a_dynamic_exam_and_not_of_an_independent_one(member: User) -> None:
    late = NOW + 50 * MINUTE
    dynamic = make_exam(candidates=[member])
    independent = make_exam(candidates=[member], end_policy=Exam.EndPolicy.INDEPENDENT)
    assert start(dynamic, member, late).deadline_at == dynamic.closes_at
    assert start(independent, member, late).deadline_at == late + 30 * MINUTE


@pytest.mark.parametrize(
    ("fields", "at", "entry"),
    [
        ({}, NOW - 2 * HOUR, "not_yet"),
        ({}, NOW + HOUR, "closed"),
        ({"last_entry_at": NOW}, NOW, "entry_closed"),
    ],
)
def test_start_outside_the_window_is_refused(
    member: User, fields: dict[str, Any], at: Any, entry: str
) -> None:
    exam = make_exam(candidates=[member], **fields)
    with pytest.raises(NotOpen) as refused:
        start(exam, member, at)
    assert refused.value.entry == entry
    assert refused.value.code == "not_open"
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("state", ["exempt", "deferred", "absent", "barred"])
def test_candidate_who_is_not_eligible_is_told_why(member: User, state: str) -> None:
    exam = make_exam(candidates=[member])
    Candidate.objects.update(state=state)
    with pytest.raises(NotOpen) as refused:
        start(exam, member)
    assert refused.value.entry == state
    assert str(refused.value)


def test_exam_of_others_does_not_exist(member: User) -> None:
    with pytest.raises(NotFound):
        start(make_exam(), member)


@pytest.mark.parametrize("state", [Exam.State.DRAFT, Exam.State.WITHDRAWN])
def test_exam_that_is_not_published_does_not_exist(member: User, state: str) -> None:
    exam = make_exam(candidates=[member])
    Exam.objects.update(state=state)
    with pytest.raises(NotFound):
        start(exam, member)


def test_password_is_asked_for_a_new_attempt_only(member: User) -> None:
    exam = make_exam(candidates=[member], password="开门")
    with pytest.raises(WrongPassword):
        start(exam, member, password="关门")
    attempt = start(exam, member, password=" 开门 ")
    assert start(exam, member) == attempt


def test_attempts_run_out_and_void_ones_do_not_count(member: User) -> None:
    exam = make_exam(candidates=[member])
    start(exam, member)
    Attempt.objects.update(state=Attempt.State.MARKED, submitted_at=NOW + MINUTE)
    with pytest.raises(NoAttemptsLeft):
        start(exam, member, NOW + 2 * MINUTE)
    Attempt.objects.update(state=Attempt.State.VOID)
    assert start(exam, member, NOW + 2 * MINUTE).no == 2


def test_next_attempt_waits_for_the_delay(member: User) -> None:
    exam = make_exam(candidates=[member], max_attempts=2, delay_s=300)
    start(exam, member)
    Attempt.objects.update(state=Attempt.State.MARKED, submitted_at=NOW + MINUTE)
    with pytest.raises(TooSoon) as refused:
        start(exam, member, NOW + 2 * MINUTE)
    assert refused.value.at == NOW + 6 * MINUTE
    assert start(exam, member, NOW + 6 * MINUTE).no == 2


def test_extra_time_of_candidate_unit_and_exam_is_counted(member: User) -> None:
    unit = member.memberships.get().unit
    exam = make_exam(candidates=[member])
    Candidate.objects.update(extra_percent=10)
    for fields in ({"kind": "add", "value": 600}, {"kind": "percent", "value": 20, "unit": unit}):
        TimeAdjustment.objects.create(exam=exam, reason="停电", at=NOW, **fields)
    TimeAdjustment.objects.create(exam=exam, reason="别处", at=NOW, kind="add", value=60, unit=make_unit())
    TimeAdjustment.objects.create(exam=exam, reason="撤销", at=NOW, kind="add", value=60, revoked_at=NOW)
    attempt = start(exam, member)
    assert attempt.deadline_at - attempt.started_at == timedelta(seconds=(1800 + 600) * 1.2 * 1.1)


def test_second_attempt_gets_questions_not_seen_yet(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single"], max_attempts=5)
    cell = ExamPool.objects.get().cell
    for _ in range(4):
        ExamPool.objects.create(exam=exam, cell=cell, version=make_question(cell.bank).current)
    seen = set()
    for n in range(5):
        attempt = start(exam, member, NOW + n * MINUTE)
        seen.add(attempt.paper[0]["v"])
        Attempt.objects.update(state=Attempt.State.MARKED, submitted_at=NOW + n * MINUTE)
    assert len(seen) == 5


def test_publishing_again_leaves_given_papers_and_draws_new_ones_from_the_new_pool(member: User) -> None:
    other = make_user(unit=make_unit())
    exam = make_exam(candidates=[member, other], kinds=["single"])
    first = start(exam, member)
    replacement = make_question(ExamPool.objects.get().cell.bank)
    question = ExamPool.objects.get().version.question
    question.retired_at = NOW
    question.save()
    publish_exam(exam_id=exam.pk, by=make_user(), now=NOW)
    first.refresh_from_db()
    assert first.paper[0]["v"] != replacement.current_id
    assert start(exam, other).paper[0]["v"] == replacement.current_id


def test_items_shown_never_hold_the_key(member: User) -> None:
    exam = make_exam(candidates=[member], kinds=["single", "multiple", "fill", "match", "essay"])
    items = shown_items(start(exam, member).paper)
    assert [item["slot"] for item in items] == [1, 2, 3, 4, 5]
    for item in items:
        assert set(item) <= {"slot", "section", "kind", "stem", "options", "left", "blanks", "max_mark"}
    for option in items[0]["options"] + items[3]["options"] + items[3]["left"]:
        assert set(option) == {"id", "text"}
    assert items[2]["blanks"] == 2
    assert items[0]["max_mark"] == "2.00"


def test_start_costs_few_queries_once_the_pool_is_known(member: User) -> None:
    other = make_user(unit=make_unit())
    exam = make_exam(candidates=[member, other], kinds=["single"] * 30)
    start(exam, other)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        attempt = start(exam, member)
        shown_items(attempt.paper)
    reads_and_writes = [q["sql"] for q in caught if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(reads_and_writes) <= 7, reads_and_writes
