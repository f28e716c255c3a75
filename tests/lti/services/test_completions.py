"""Completed courses in the gradebook: 100 of 100 by the course's rule, nothing before, emptied when taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.study.models import Completion
from learning.study.services.erasing import erase_study
from learning.study.services.finishing import record_by_hand
from learning.study.services.taking_back import take_back
from lti.http.fetching import Unreachable, Why
from lti.models import ContextMember, GradeDelivery, LineItem, Platform
from lti.services import outbox
from lti.services.outcomes import Nothing, Seat, Told, outcomes
from tests.factories import NOW, make_exam, make_user
from tests.lti.factories import make_context, make_person, make_platform

from .completing import Linked, finish, make_completion_column, make_linked, sweep
from .grading import MINUTE, SCOPES, Gradebook, make_column, said, send, sit

pytestmark = pytest.mark.django_db
State, Cause = GradeDelivery.State, GradeDelivery.Cause


@pytest.fixture
def linked() -> Linked:
    return make_linked()


@pytest.fixture
def book() -> Gradebook:
    return Gradebook()


def completed_and_told(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0])
    sweep()
    assert send(book, NOW) == 1


# --- what is told


def test_a_completed_course_counts_a_hundred_of_a_hundred(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0], now=NOW - timedelta(days=1))
    assert sweep() == 1
    assert send(book, NOW) == 1
    (score,) = book.scores
    assert (score["scoreGiven"], score["scoreMaximum"], score["comment"]) == (100, 100, "已学完")
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert score["submission"] == {"submittedAt": "2026-05-31T01:00:00.000000Z"}
    row = linked.row()
    assert (row.state, row.cause, row.score) == (State.SENT, Cause.COMPLETED, 100)


def test_nothing_is_told_before_completion(linked: Linked, book: Gradebook) -> None:
    (lesson,) = linked.activity.children.all()
    finish(lesson, linked.learners[0])
    assert sweep() == 0
    outbox.look_again(line_item=linked.column, now=NOW)
    send(book, NOW)
    assert (GradeDelivery.objects.count(), book.scores) == (0, [])


def test_a_row_of_somebody_who_has_not_completed_says_nothing(linked: Linked, book: Gradebook) -> None:
    done = finish(linked.activity, linked.learners[0])
    sweep()
    done.delete()
    assert send(book, NOW) == 0
    assert (linked.row().state, book.scores) == (State.SUPERSEDED, [])


def test_completions_of_another_course_or_person_are_no_outcome(linked: Linked) -> None:
    other = make_linked()
    finish(other.activity, linked.learners[0])
    finish(linked.activity, other.learners[0])
    seat = Seat.at(linked.column, linked.learners[0].pk)
    assert outcomes([seat], now=NOW) == {seat: Nothing()}
    assert sweep() == 0


def test_exams_and_courses_are_looked_up_together(linked: Linked) -> None:
    exam = make_exam()
    learner = linked.learners[0]
    sit(exam, learner)
    finish(linked.activity, learner)
    seats = [Seat(learner.pk, exam=exam.pk), Seat.at(linked.column, learner.pk)]
    found = outcomes(seats, now=NOW)
    assert set(found) == set(seats)
    told = found[seats[1]]
    assert isinstance(told, Told)
    assert (told.score, told.maximum) == (100, 100)


def test_many_seats_of_courses_take_one_query(linked: Linked) -> None:
    people = [linked.learners[0], *(make_person(linked.context) for _ in range(4))]
    for user in people:
        finish(linked.activity, user)
    with CaptureQueriesContext(connection) as queries:
        found = outcomes([Seat.at(linked.column, user.pk) for user in people], now=NOW)
    assert all(isinstance(each, Told) for each in found.values())
    assert len(queries) == 1


# --- who is told of


def test_learners_of_every_course_of_a_platform_with_a_column_are_told_of(linked: Linked) -> None:
    other = make_context(make_platform(), scopes=SCOPES)
    column = make_completion_column(linked.page, other)
    make_person(other, user=linked.learners[0])
    finish(linked.activity, linked.learners[0])
    assert sweep() == 2
    assert set(GradeDelivery.objects.values_list("line_item", flat=True)) == {linked.column.pk, column.pk}


def test_teachers_strangers_and_those_who_left_are_not_told_of(linked: Linked) -> None:
    teacher = make_person(linked.context, ContextMember.Standing.INSTRUCTOR)
    for user in (teacher, make_user(), linked.learners[0]):
        finish(linked.activity, user)
    ContextMember.objects.filter(person__user=linked.learners[0]).update(removed_at=NOW)
    assert sweep() == 0


def test_nothing_is_put_into_a_column_that_is_gone(linked: Linked) -> None:
    finish(linked.activity, linked.learners[0])
    LineItem.objects.update(gone_at=NOW)
    assert sweep() == 0


def test_whoever_completed_before_there_was_a_column_is_told_of(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0])
    assert outbox.deliver_to_column(line_item=linked.column, now=NOW) == 1
    assert sweep() == 0
    assert send(book, NOW) == 1


# --- the sweep


def test_the_sweep_finds_each_completion_once(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0])
    assert [sweep(), sweep()] == [1, 0]
    send(book, NOW)
    assert sweep(NOW + MINUTE) == 0
    assert len(book.scores) == 1


def test_the_sweep_leaves_a_refused_telling_to_whoever_resends_it(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0])
    sweep()
    book.answers.append(said(403))
    send(book, NOW)
    assert linked.row().state == State.FAILED
    assert sweep(NOW + MINUTE) == 0
    failed = GradeDelivery.objects.filter(state=State.FAILED)
    assert outbox.resend(rows=failed, of=linked.context, by=make_user(), now=NOW + MINUTE) == 1
    assert send(book, NOW + MINUTE) == 1


def test_the_sweep_leaves_what_is_tried_again_alone(linked: Linked, book: Gradebook) -> None:
    finish(linked.activity, linked.learners[0])
    sweep()
    book.answers.append(Unreachable(Why.TIMED_OUT))
    send(book, NOW)
    assert sweep(NOW + MINUTE) == 0
    assert send(book, NOW + 5 * MINUTE) == 1


def test_the_sweep_is_two_statements_whatever_there_is() -> None:
    for _ in range(3):
        other = make_linked(learners=2)
        for user in other.learners:
            finish(other.activity, user)
    with CaptureQueriesContext(connection) as queries:
        assert sweep() == 6
    assert len(queries) == 2


def test_a_sweep_takes_so_many_rows_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "AT_A_TIME", 2)
    linked = make_linked(learners=3)
    for user in linked.learners:
        finish(linked.activity, user)
    assert [sweep(), sweep(), sweep()] == [2, 1, 0]


def test_scores_of_exams_are_none_of_its_business() -> None:
    exam = make_exam(score_release="at_marked")
    context = make_context(make_platform(exam.owner_unit), scopes=SCOPES)
    make_column(exam, context)
    sit(exam, make_person(context))
    before = GradeDelivery.objects.count()
    send(Gradebook(), NOW)
    assert (before, sweep()) == (1, 0)


# --- taken back


def test_the_cell_is_emptied_once_the_completion_is_erased(linked: Linked, book: Gradebook) -> None:
    completed_and_told(linked, book)
    erase_study(user=linked.learners[0], by=make_user(), reason="本人申请", now=NOW + MINUTE)
    assert sweep(NOW + MINUTE) == 1
    assert send(book, NOW + MINUTE) == 1
    full, emptied = book.scores
    assert "scoreGiven" not in emptied
    assert emptied["timestamp"] > full["timestamp"]
    assert (linked.row().cause, linked.row().score) == (Cause.TAKEN_BACK, None)
    assert sweep(NOW + 2 * MINUTE) == 0


def test_what_was_entered_by_hand_and_taken_back_is_emptied(linked: Linked, book: Gradebook) -> None:
    office, (learner,) = make_user(), linked.learners
    record_by_hand(activity=linked.activity, users=[learner], by=office, reason="线下学完", now=NOW)
    sweep()
    send(book, NOW)
    take_back(activity=linked.activity, users=[learner], by=office, reason="登记有误", now=NOW + MINUTE)
    assert sweep(NOW + MINUTE) == 1
    send(book, NOW + MINUTE)
    assert ["scoreGiven" in score for score in book.scores] == [True, False]


def test_completed_again_it_is_told_again(linked: Linked, book: Gradebook) -> None:
    completed_and_told(linked, book)
    Completion.objects.all().delete()
    sweep(NOW + MINUTE)
    send(book, NOW + MINUTE)
    finish(linked.activity, linked.learners[0], now=NOW + 2 * MINUTE)
    assert sweep(NOW + 2 * MINUTE) == 1
    assert send(book, NOW + 2 * MINUTE) == 1
    assert book.scores[-1]["scoreGiven"] == 100
    assert sweep(NOW + 3 * MINUTE) == 0


def test_an_emptying_that_was_refused_is_not_tried_every_minute(linked: Linked, book: Gradebook) -> None:
    completed_and_told(linked, book)
    Completion.objects.all().delete()
    sweep(NOW + MINUTE)
    book.answers.append(said(403))
    send(book, NOW + MINUTE)
    assert linked.row().state == State.FAILED
    assert sweep(NOW + 2 * MINUTE) == 0


def test_the_cell_of_somebody_who_has_left_is_emptied_too(linked: Linked, book: Gradebook) -> None:
    completed_and_told(linked, book)
    ContextMember.objects.update(removed_at=NOW)
    assert sweep(NOW + MINUTE) == 0
    Completion.objects.all().delete()
    assert sweep(NOW + 2 * MINUTE) == 1


def test_a_platform_that_is_off_is_told_when_it_is_on_again(linked: Linked, book: Gradebook) -> None:
    Platform.objects.update(state=Platform.State.OFF)
    finish(linked.activity, linked.learners[0])
    assert sweep() == 1
    assert send(book, NOW) == 0
    Platform.objects.update(state=Platform.State.ACTIVE)
    assert send(book, NOW) == 1


def test_a_column_that_counts_an_exam_from_now_on_forgets_the_course(linked: Linked, book: Gradebook) -> None:
    completed_and_told(linked, book)
    exam: Any = make_exam(score_release="at_marked")
    linked.column.exam, linked.column.page = exam, None
    linked.column.save()
    outbox.look_again(line_item=linked.column, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert "scoreGiven" not in book.scores[-1]
