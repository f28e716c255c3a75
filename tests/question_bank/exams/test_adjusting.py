"""Time given and taken, pause and resume, reopen, void, force: effects on the clock, the state and the
result."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from learning.organisation.models import AuditEntry, User
from question_bank.exams.clock import recomputed_clock, remaining_ms
from question_bank.exams.errors import AttemptClosed, NotFound, NotPossible
from question_bank.exams.marks import given_marks, item_marks
from question_bank.exams.models import Attempt, Exam, Mark, Result, TimeAdjustment
from question_bank.exams.signals import attempts_taken_back
from question_bank.exams.taking.adjusting import (
    Scope,
    extend,
    force_submit,
    pause,
    reopen_attempt,
    resume,
    revoke_adjustment,
    void_attempt,
)
from question_bank.exams.taking.closing import close_expired, settle
from question_bank.exams.taking.start import start_attempt
from tests.factories import NOW, make_attempt, make_candidate, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


@pytest.fixture
def exam(member: User) -> Exam:
    return make_exam(candidates=[member], max_attempts=2)


@pytest.fixture
def attempt(exam: Exam, member: User) -> Attempt:
    return make_attempt(exam, member, answers={1: "o1"})


@pytest.fixture
def invigilator() -> User:
    return make_user()


def agrees_with_its_rows(attempt: Attempt) -> bool:
    rows = TimeAdjustment.objects.filter(exam=attempt.exam).select_related("unit")
    clock = recomputed_clock(attempt, attempt.exam, rows, attempt.candidate)
    return (attempt.deadline_at, attempt.accept_until) == (clock.deadline_at, clock.accept_until)


@pytest.mark.parametrize(
    ("kind", "value", "minutes"),
    [("add", 600, 40), ("percent", 50, 45), ("add", -600, 20), ("window", 600, 30)],
)
def test_extension_moves_the_deadline_and_raises_the_clock_rev(
    attempt: Attempt, invigilator: User, kind: str, value: int, minutes: int
) -> None:
    scope = Scope(attempt.exam_id, attempt.pk)
    extend(scope=scope, kind=kind, value=value, reason="停电", by=invigilator, now=NOW + MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline_at == NOW + minutes * MINUTE
    assert attempt.accept_until == attempt.deadline_at + MINUTE
    assert attempt.clock_rev == 2
    assert agrees_with_its_rows(attempt)
    event = attempt.events.get(type="extend")
    assert (event.by, event.data["reason"], event.data["value"]) == (invigilator, "停电", value)
    assert AuditEntry.objects.get(action="attempt.extend").data["value"] == value


def test_window_moves_the_end_of_those_it_cuts_off(exam: Exam, member: User) -> None:
    attempt = make_attempt(exam, member, now=exam.closes_at - 10 * MINUTE)
    scope = Scope(exam.pk)
    extend(scope=scope, kind="window", value=300, reason="推迟", by=None, now=attempt.started_at)
    attempt.refresh_from_db()
    assert attempt.deadline_at == exam.closes_at + 5 * MINUTE


def test_time_taken_away_never_ends_an_attempt_in_the_past(attempt: Attempt) -> None:
    now = NOW + 20 * MINUTE
    extend(scope=Scope(attempt.exam_id), kind="add", value=-1500, reason="更正", by=None, now=now)
    attempt.refresh_from_db()
    assert attempt.deadline_at == now


def test_extension_of_a_unit_reaches_those_below_it_and_nobody_else(exam: Exam) -> None:
    committee = make_unit()
    branch = make_unit(committee)
    inside, outside = make_user(unit=branch), make_user(unit=make_unit())
    for user in (inside, outside):
        make_candidate(exam, user)
    attempts = {user: make_attempt(exam, user) for user in (inside, outside)}
    extend(scope=Scope(exam.pk, unit=committee), kind="add", value=60, reason="网络", by=None, now=NOW)
    given = {user: Attempt.objects.get(pk=attempts[user].pk).deadline_at - NOW for user in attempts}
    assert given == {inside: 31 * MINUTE, outside: 30 * MINUTE}


def test_extension_of_the_exam_reaches_those_who_start_later(exam: Exam, member: User) -> None:
    extend(scope=Scope(exam.pk), kind="add", value=60, reason="网络", by=None, now=NOW)
    assert make_attempt(exam, member).deadline_at == NOW + 31 * MINUTE


def test_revoked_extension_is_taken_back_once(attempt: Attempt) -> None:
    given = extend(scope=Scope(attempt.exam_id), kind="add", value=60, reason="误", by=None, now=NOW)
    revoke_adjustment(adjustment_id=given.pk, reason="误操作", by=None, now=NOW + MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline_at == NOW + 30 * MINUTE
    assert attempt.clock_rev == 3
    with pytest.raises(NotPossible):
        revoke_adjustment(adjustment_id=given.pk, reason="再撤", by=None, now=NOW + MINUTE)


def test_extension_of_an_expired_attempt_that_nobody_closed_lets_it_go_on(attempt: Attempt) -> None:
    now = attempt.accept_until + MINUTE
    extend(scope=Scope(attempt.exam_id, attempt.pk), kind="add", value=600, reason="断网", by=None, now=now)
    assert close_expired(now=now) == 0


def test_closed_attempt_is_not_extended(attempt: Attempt) -> None:
    settle(attempt, now=attempt.accept_until)
    with pytest.raises(AttemptClosed):
        extend(scope=Scope(attempt.exam_id, attempt.pk), kind="add", value=60, reason="迟", by=None, now=NOW)
    assert not TimeAdjustment.objects.exists()


def test_scope_of_another_exam_is_not_found(attempt: Attempt) -> None:
    other = make_exam()
    with pytest.raises(NotFound):
        extend(scope=Scope(other.pk, attempt.pk), kind="add", value=60, reason="错", by=None, now=NOW)


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_act_without_a_reason(attempt: Attempt, reason: str) -> None:
    scope = Scope(attempt.exam_id, attempt.pk)
    with pytest.raises(NotPossible):
        extend(scope=scope, kind="add", value=60, reason=reason, by=None, now=NOW)
    with pytest.raises(NotPossible):
        pause(scope=scope, reason=reason, by=None, now=NOW)
    with pytest.raises(NotPossible):
        void_attempt(attempt_id=attempt.pk, reason=reason, by=None, now=NOW)
    with pytest.raises(NotPossible):
        force_submit(attempt_id=attempt.pk, reason=reason, by=None, now=NOW)


def test_pause_stops_the_clock_and_resume_gives_the_time_back(attempt: Attempt) -> None:
    scope = Scope(attempt.exam_id)
    assert pause(scope=scope, reason="火警", by=None, now=NOW + 10 * MINUTE) == 1
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.PAUSED
    assert remaining_ms(attempt, NOW + 100 * MINUTE) == 20 * 60_000
    assert resume(scope=scope, reason="解除", by=None, now=NOW + 15 * MINUTE) == 1
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.IN_PROGRESS
    assert attempt.deadline_at == NOW + 35 * MINUTE
    assert agrees_with_its_rows(attempt)
    assert [event.type for event in attempt.events.order_by("pk")] == ["start", "pause", "resume"]
    with pytest.raises(NotPossible):
        resume(scope=Scope(attempt.exam_id, attempt.pk), reason="再", by=None, now=NOW + 16 * MINUTE)


def test_attempt_voided_counts_neither_as_result_nor_as_attempt(attempt: Attempt, member: User) -> None:
    settle(attempt, now=attempt.accept_until)
    assert Result.objects.count() == 1
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=NOW + 40 * MINUTE)
    assert not Result.objects.exists()
    with pytest.raises(NotPossible):
        void_attempt(attempt_id=attempt.pk, reason="再作废", by=None, now=NOW + 40 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.events.get(type="void").data["from"] == "marked"


def test_forced_submission_keeps_the_saved_answers(attempt: Attempt, invigilator: User) -> None:
    closed = force_submit(attempt_id=attempt.pk, reason="离开考场", by=invigilator, now=NOW + 5 * MINUTE)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.finish_kind) == (Attempt.State.MARKED, Attempt.Finish.FORCED)
    assert attempt.submitted_at == NOW + 5 * MINUTE
    assert closed.answers == {1: "o1"}
    with pytest.raises(AttemptClosed):
        force_submit(attempt_id=attempt.pk, reason="再交", by=invigilator, now=NOW + 6 * MINUTE)


def test_paused_attempt_forced_in_was_submitted_when_it_was_paused(attempt: Attempt) -> None:
    pause(scope=Scope(attempt.exam_id), reason="火警", by=None, now=NOW + 10 * MINUTE)
    force_submit(attempt_id=attempt.pk, reason="撤离", by=None, now=NOW + 50 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.submitted_at == NOW + 10 * MINUTE


def test_restored_attempt_has_the_time_it_had_left(attempt: Attempt) -> None:
    force_submit(attempt_id=attempt.pk, reason="误", by=None, now=NOW + 5 * MINUTE)
    receipt = Attempt.objects.get().receipt_number
    reopen_attempt(attempt_id=attempt.pk, seconds=None, reason="恢复", by=None, now=NOW + 15 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.IN_PROGRESS
    assert remaining_ms(attempt, NOW + 15 * MINUTE) == 25 * 60_000
    assert (attempt.submitted_at, attempt.score, attempt.auto_marks, attempt.receipt_number) == (
        None,
        None,
        None,
        "",
    )
    assert attempt.events.get(type="reopen").data["receipt"] == receipt
    assert not Result.objects.exists()
    assert agrees_with_its_rows(attempt)


@pytest.mark.parametrize("percent", [0, 33])
@pytest.mark.parametrize("seconds", [60, 3600])
def test_reopened_attempt_has_the_time_given_even_after_the_exam(
    exam: Exam, member: User, seconds: int, percent: int
) -> None:
    exam.candidates.update(extra_percent=percent)
    attempt = make_attempt(exam, member)
    settle(attempt, now=attempt.accept_until)
    now = exam.closes_at + 30 * MINUTE
    reopened = reopen_attempt(attempt_id=attempt.pk, seconds=seconds, reason="断网", by=None, now=now)
    assert 0 <= remaining_ms(reopened, now) - seconds * 1000 <= 2000
    reopened.refresh_from_db()
    assert agrees_with_its_rows(reopened)
    closed = settle(reopened, now=reopened.accept_until)
    assert closed.submitted_at == reopened.deadline_at


def test_expired_attempt_is_not_restored_without_time(attempt: Attempt) -> None:
    settle(attempt, now=attempt.accept_until)
    with pytest.raises(NotPossible):
        reopen_attempt(attempt_id=attempt.pk, seconds=None, reason="恢复", by=None, now=NOW + 40 * MINUTE)


def test_attempt_is_not_reopened_beside_an_open_one(attempt: Attempt, exam: Exam, member: User) -> None:
    force_submit(attempt_id=attempt.pk, reason="误", by=None, now=NOW + MINUTE)
    start_attempt(exam_id=exam.pk, user=member, password="", now=NOW + 2 * MINUTE)
    with pytest.raises(NotPossible):
        reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="恢复", by=None, now=NOW + 3 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.MARKED


def test_marks_from_before_a_reopening_count_no_more(attempt: Attempt) -> None:
    force_submit(attempt_id=attempt.pk, reason="误", by=None, now=NOW + MINUTE)
    Mark.objects.create(
        attempt=attempt,
        slot=1,
        value=Decimal(1),
        source="manual",
        version_id=attempt.paper[0]["v"],
        at=NOW + 2 * MINUTE,
    )
    attempt.refresh_from_db()
    assert item_marks(attempt, given_marks([attempt])[attempt.pk])[0] == 1
    reopen_attempt(attempt_id=attempt.pk, seconds=None, reason="恢复", by=None, now=NOW + 3 * MINUTE)
    force_submit(attempt_id=attempt.pk, reason="交", by=None, now=NOW + 4 * MINUTE)
    attempt.refresh_from_db()
    assert given_marks([attempt]) == {}
    assert item_marks(attempt, {})[0] == 2


def test_receivers_hear_what_was_taken_back(attempt: Attempt) -> None:
    heard: list[int] = []

    def hear(attempts: list[Attempt], **_: object) -> None:
        heard.extend(each.pk for each in attempts)

    attempts_taken_back.connect(hear)
    try:
        force_submit(attempt_id=attempt.pk, reason="误", by=None, now=NOW + MINUTE)
        reopen_attempt(attempt_id=attempt.pk, seconds=None, reason="恢复", by=None, now=NOW + 2 * MINUTE)
        void_attempt(attempt_id=attempt.pk, reason="作废", by=None, now=NOW + 3 * MINUTE)
    finally:
        attempts_taken_back.disconnect(hear)
    assert heard == [attempt.pk, attempt.pk]
