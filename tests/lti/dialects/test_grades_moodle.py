"""Grades into a gradebook with Moodle's measured ways: whole seconds, erasing, pages instead of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lti.models import GradeDelivery
from question_bank.exams.models import Exam
from question_bank.exams.releasing import release, revoke_release
from question_bank.exams.taking.adjusting import reopen_attempt, void_attempt
from tests.factories import NOW, make_user
from tests.lti.platforms.moodle import Moodle

from .grading import HIGH, Joined, join

pytestmark = pytest.mark.django_db
State = GradeDelivery.State


@pytest.fixture
def moodle() -> Iterator[Moodle]:
    with Moodle(needs_user_agent=True) as fake:
        yield fake


@pytest.fixture
def joined(moodle: Moodle) -> Joined:
    return join(moodle, dialect="moodle")


def test_a_grade_lands_on_the_scale_of_the_column(joined: Joined) -> None:
    joined.sit()
    assert joined.send() == 1
    assert joined.shown() == (33.33, "不合格")


def test_a_second_grade_of_the_same_second_waits_for_the_next(joined: Joined) -> None:
    attempt = joined.sit(answers=HIGH)
    joined.send()
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=joined.now)
    assert joined.send(after_s=0.5) == 0
    assert joined.shown() == (100, "合格")
    assert joined.send(after_s=0.5) == 1
    assert joined.shown() is None


def test_a_platform_of_unknown_kind_teaches_it_by_its_409(moodle: Moodle) -> None:
    joined = join(moodle, dialect="other")
    attempt = joined.sit(answers=HIGH)
    joined.send()
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=joined.now)
    assert joined.send(after_s=0.5) == 0  # 409
    assert joined.send(after_s=1) == 1
    assert joined.shown() is None
    assert GradeDelivery.objects.filter(state=State.FAILED).count() == 0


def test_a_grade_that_stands_is_not_erased_while_a_second_attempt_is_marked(moodle: Moodle) -> None:
    joined = join(moodle, dialect="moodle", kinds=["single", "short"], max_attempts=2)
    first = joined.sit(answers={1: "o1"})
    assert first.state == "marked"
    joined.send()
    assert joined.shown() == (50, "不合格")
    joined.sit(answers={1: "o1", 2: {"text": "答"}})
    joined.send(after_s=2)
    assert joined.shown() == (50, "不合格")
    assert len(joined.accepted()) == 1


def test_nothing_reaches_it_before_the_release_and_nothing_stays_after_it_is_revoked(moodle: Moodle) -> None:
    joined = join(moodle, dialect="moodle", score_release=Exam.ReleasePolicy.MANUAL)
    joined.sit()
    joined.send()
    assert joined.accepted() == []
    by = make_user()
    (row,) = release(exam_id=joined.exam.pk, what=["score"], at=NOW, by=by, now=joined.now)
    joined.send(after_s=2)
    assert joined.shown() == (33.33, "不合格")
    revoke_release(release_id=row.pk, reason="错误", by=by, now=joined.now)
    joined.send(after_s=2)
    assert joined.shown() is None


def test_a_reopened_attempt_empties_the_cell_and_fills_it_again(joined: Joined) -> None:
    attempt = joined.sit()
    joined.send()
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="断电", by=None, now=NOW)
    joined.send(after_s=2)
    assert joined.shown() is None


def test_a_token_endpoint_that_answers_with_a_page_is_waited_out(joined: Joined, moodle: Moodle) -> None:
    moodle.curl_guard = True
    joined.sit()
    assert joined.send() == 0
    row = GradeDelivery.objects.get()
    assert (row.state, row.status) == (State.PENDING, 404)
    moodle.curl_guard = False
    assert joined.send(after_s=5) == 1
    assert joined.shown() == (33.33, "不合格")


def test_a_token_that_was_taken_back_is_asked_for_anew_once(joined: Joined, moodle: Moodle) -> None:
    joined.sit("ana")
    joined.send()
    moodle.granting.tokens.clear()
    joined.sit("bo")
    assert joined.send() == 1
    assert joined.shown("bo") == (33.33, "不合格")


def test_no_timestamp_is_ahead_of_a_platform_whose_clock_is_slow(joined: Joined) -> None:
    joined.row.clock_ahead_s = -120.0
    joined.row.save()
    joined.sit()
    joined.send()
    sent = datetime.fromisoformat(joined.accepted()[0]["timestamp"])
    # The token's answer has shown by now that the clock is right; at worst it is what was known before.
    assert sent <= datetime.now(UTC) + timedelta(seconds=1)


def test_a_column_deleted_by_the_teacher_is_closed(joined: Joined, moodle: Moodle) -> None:
    joined.sit()
    moodle.gradebook.items.clear()
    joined.send()
    assert GradeDelivery.objects.get().state == State.FAILED
    assert joined.context.line_items.get().gone_at == joined.now


def test_a_person_who_left_the_course_fails_alone(joined: Joined, moodle: Moodle) -> None:
    joined.sit("ana")
    joined.sit("bo")
    del moodle.contexts["course"].roles["bo"]
    assert joined.send() == 1
    row = GradeDelivery.objects.get(state=State.FAILED)
    assert (row.person.sub, row.status) == ("bo", 404)
    assert "not a member" in row.answer
