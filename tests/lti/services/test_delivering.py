"""The grade outbox: what is told to a gradebook, when, and what its answers lead to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from lti.core.retrying import MOST_STALE, MOST_TRIES, Reply, Verdict
from lti.http.fetching import Answer, Unreachable, Why
from lti.models import ContextMember, Deployment, GradeDelivery, LineItem, Platform
from lti.services import claiming, outbox
from lti.services.claiming import CLAIM, take
from lti.services.delivering import SILENT, send_due, write_down
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.regrading import carry_out, start_regrade
from question_bank.exams.releasing import release, revoke_release
from question_bank.exams.results import rewrite_results
from question_bank.exams.taking.adjusting import reopen_attempt, void_attempt
from tests.factories import NOW, make_exam, make_unit, make_user
from tests.lti.factories import make_context, make_person, make_platform

from .grading import (
    DAY,
    HOUR,
    MINUTE,
    SCOPES,
    Course,
    Gradebook,
    Inline,
    Post,
    make_column,
    make_course,
    said,
    send,
    sit,
    told,
)

pytestmark = pytest.mark.django_db
State, Cause = GradeDelivery.State, GradeDelivery.Cause
SECOND = timedelta(seconds=1)


@pytest.fixture
def course() -> Course:
    return make_course()


@pytest.fixture
def hidden() -> Course:
    """Its scores are shown by a person."""
    return make_course(score_release=Exam.ReleasePolicy.MANUAL)


@pytest.fixture
def book() -> Gradebook:
    return Gradebook()


def rows(**fields: object) -> int:
    return GradeDelivery.objects.filter(**fields).count()


# --- what goes in


def test_a_marked_attempt_puts_a_row_for_each_column_of_the_exam(course: Course) -> None:
    other = make_column(course.exam, make_context(make_platform(), scopes=SCOPES))
    make_person(other.context, user=course.learners[0])
    sit(course.exam, course.learners[0])
    assert set(GradeDelivery.objects.values_list("line_item", "cause", "state")) == {
        (course.column.pk, Cause.MARKED, State.PENDING),
        (other.pk, Cause.MARKED, State.PENDING),
    }


def test_nothing_is_put_for_people_whom_no_platform_knows(course: Course) -> None:
    sit(course.exam, make_user(unit=course.exam.owner_unit))
    assert rows() == 0


def test_nothing_is_put_for_teachers_of_the_course_or_learners_who_left_it(course: Course) -> None:
    teacher = make_person(course.context, ContextMember.Standing.INSTRUCTOR)
    ContextMember.objects.filter(person__user=course.learners[0]).update(removed_at=NOW)
    sit(course.exam, teacher)
    sit(course.exam, course.learners[0])
    assert rows() == 0


def test_nothing_is_put_into_a_column_that_is_gone(course: Course) -> None:
    LineItem.objects.update(gone_at=NOW)
    sit(course.exam, course.learners[0])
    assert rows() == 0


def test_handing_in_takes_one_statement_more_whatever_the_number_of_columns(course: Course) -> None:
    attempts = [sit(course.exam, user) for user in course.learners]
    for _ in range(3):
        column = make_column(course.exam, make_context(make_platform(), scopes=SCOPES))
        make_person(column.context, user=course.learners[0])
    outbox.exams_with_columns(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW) == 4
    assert len(queries) == 1


def test_handing_in_takes_no_statement_where_no_platform_has_a_column(course: Course) -> None:
    other = make_exam(candidates=[course.learners[0]])
    attempt = sit(other, course.learners[0])
    outbox.exams_with_columns(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW) == 0
    assert len(queries) == 0


def test_what_a_worker_missed_that_did_not_know_the_column_yet_is_made_up_for(book: Gradebook) -> None:
    course = make_course(learners=3)
    first, second, third = (sit(course.exam, user) for user in course.learners)
    send(book, NOW)
    outbox._kept[:] = [(NOW, frozenset())]
    void_attempt(attempt_id=first.pk, reason="替考", by=None, now=NOW)
    Attempt.objects.filter(pk=second.pk).update(score=6)
    rewrite_results([second.candidate_id], now=NOW)
    assert rows(state=State.PENDING) == 0
    assert outbox.look_again(line_item=course.column, now=NOW) == 3
    send(book, NOW + MINUTE)
    again = {score.get("scoreGiven") for score in book.scores[3:]}
    assert ([score["scoreGiven"] for score in book.scores[:3]], again) == ([2, 2, 2], {None, 6})
    assert third.score == 2


def test_an_outcome_that_was_there_before_the_column_is_told_once(course: Course) -> None:
    late = make_column(course.exam, make_context(make_platform(), scopes=SCOPES))
    sit(course.exam, course.learners[0])
    make_person(late.context, user=course.learners[0])
    assert outbox.deliver_to_column(line_item=late, now=NOW) == 1
    assert outbox.deliver_to_column(line_item=late, now=NOW) == 0
    assert outbox.put_missing(now=NOW) == 0
    assert GradeDelivery.objects.get(line_item=late).cause == Cause.LINKED


def test_who_comes_into_the_course_after_the_exam_is_told_of_by_the_sweep(
    course: Course, book: Gradebook
) -> None:
    late = make_user(unit=course.exam.owner_unit)
    sit(course.exam, late)
    make_person(course.context, user=late)
    assert outbox.put_missing(now=NOW) == 1
    assert send(book, NOW) == 1


# --- what is told


def test_a_score_is_told_in_full(course: Course, book: Gradebook) -> None:
    attempt = sit(course.exam, course.learners[0], now=NOW)
    assert send(book, NOW + MINUTE) == 1
    (post,) = book.asked
    assert post.url == course.column.url.replace("?", "/scores?")
    assert attempt.submitted_at
    assert post.body == {
        "userId": course.sub(course.learners[0]),
        "timestamp": "2026-06-01T01:01:00.000000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 2,
        "scoreMaximum": 6,
        "comment": "不合格",
        "submission": {
            "startedAt": "2026-06-01T01:00:00.000000Z",
            "submittedAt": "2026-06-01T01:00:00.000000Z",
        },
    }
    row = course.row()
    assert (row.state, row.sent_at, row.status, row.score) == (State.SENT, NOW + MINUTE, 200, 2)


def test_the_band_is_the_comment_where_the_exam_has_bands(book: Gradebook) -> None:
    course = make_course(bands=[{"from": "30", "name": "合格"}, {"from": "90", "name": "优秀"}])
    sit(course.exam, course.learners[0], answers={1: "o1", 2: ["o0", "o2"], 3: True})
    send(book, NOW)
    assert book.scores[0]["comment"] == "优秀"


def test_the_average_of_several_attempts_is_told(book: Gradebook) -> None:
    course = make_course(score_policy=Exam.ScorePolicy.AVERAGE, max_attempts=2)
    sit(course.exam, course.learners[0])
    sit(course.exam, course.learners[0], answers={1: "o1", 2: ["o0", "o2"], 3: True}, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert [score["scoreGiven"] for score in book.scores] == [4]


def test_nothing_is_told_while_a_person_still_has_to_mark(book: Gradebook) -> None:
    course = make_course(kinds=["single", "short"])
    sit(course.exam, course.learners[0], answers={1: "o1", 2: {"text": "答"}})
    send(book, NOW)
    assert (rows(), book.asked) == (0, [])


def test_several_rows_of_a_person_are_told_as_one(course: Course, book: Gradebook) -> None:
    attempts = [sit(course.exam, course.learners[0])]
    outbox.put_attempts(attempts=attempts, cause=Cause.MARKED, now=NOW)
    send(book, NOW)
    assert len(book.asked) == 1
    assert list(GradeDelivery.objects.order_by("sequence").values_list("state", flat=True)) == [
        State.SUPERSEDED, State.SENT,
    ]  # fmt: skip


def test_what_the_gradebook_has_already_is_not_told_again(course: Course, book: Gradebook) -> None:
    attempt = sit(course.exam, course.learners[0])
    send(book, NOW)
    outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert len(book.asked) == 1
    assert (course.row().state, course.row().sent_at) == (State.SENT, NOW)


def test_a_regraded_score_is_told_with_a_later_timestamp(course: Course, book: Gradebook) -> None:
    attempt = sit(course.exam, course.learners[0], answers={1: "o0"})
    send(book, NOW)
    run = start_regrade(
        exam_id=course.exam.pk, version_id=attempt.paper[0]["v"], remedy="void", corrected_id=None,
        only_up=False, reason="答案有误", by=None, now=NOW,
    )  # fmt: skip
    carry_out(run_id=run.pk, now=NOW)
    send(book, NOW)  # the platform's clock has not moved: the timestamp must not be ahead of it
    assert len(book.asked) == 1
    send(book, NOW + SECOND)
    assert [score["scoreGiven"] for score in book.scores] == [0, 2]
    assert book.scores[0]["timestamp"] < book.scores[1]["timestamp"]


# --- what is not released


def test_a_score_is_not_told_before_its_release(hidden: Course, book: Gradebook) -> None:
    sit(hidden.exam, hidden.learners[0])
    send(book, NOW)
    assert (book.asked, hidden.row().state, hidden.row().next_try_at) == ([], State.WAITING, NOW + HOUR)
    release(exam_id=hidden.exam.pk, what=["score"], at=NOW, by=make_user(), now=NOW + MINUTE)
    assert send(book, NOW + MINUTE) == 1
    assert rows(state=State.SUPERSEDED) == 1


def test_a_release_made_ahead_is_kept_to_the_moment(hidden: Course, book: Gradebook) -> None:
    sit(hidden.exam, hidden.learners[0])
    send(book, NOW)
    release(exam_id=hidden.exam.pk, what=["score"], at=NOW + 10 * MINUTE, by=make_user(), now=NOW)
    send(book, NOW + 10 * MINUTE - SECOND)
    assert book.asked == []
    assert send(book, NOW + 10 * MINUTE) == 1


def test_a_release_to_one_unit_puts_rows_for_its_people_only(hidden: Course) -> None:
    branch = make_unit(hidden.exam.owner_unit)
    inside = make_person(hidden.context, user=make_user(unit=branch))
    for user in (hidden.learners[0], inside):
        sit(hidden.exam, user)
    GradeDelivery.objects.all().delete()
    release(exam_id=hidden.exam.pk, what=["score"], unit=branch, at=NOW, by=make_user(), now=NOW)
    assert [row.person.user for row in GradeDelivery.objects.all()] == [inside]


def test_releasing_answers_alone_puts_nothing(hidden: Course) -> None:
    sit(hidden.exam, hidden.learners[0])
    release(exam_id=hidden.exam.pk, what=["answers"], at=NOW, by=make_user(), now=NOW)
    assert rows(cause=Cause.RELEASED) == 0


def test_a_score_shown_at_the_end_waits_for_the_end_of_the_exam(book: Gradebook) -> None:
    course = make_course(score_release=Exam.ReleasePolicy.AT_CLOSE)
    sit(course.exam, course.learners[0])
    send(book, NOW)
    assert course.row().next_try_at == course.exam.closes_at
    send(book, course.exam.closes_at)
    assert len(book.asked) == 1


def test_a_score_that_is_hidden_again_is_taken_out_of_the_gradebook(hidden: Course, book: Gradebook) -> None:
    sit(hidden.exam, hidden.learners[0])
    (row,) = release(exam_id=hidden.exam.pk, what=["score"], at=NOW, by=make_user(), now=NOW)
    send(book, NOW)
    revoke_release(release_id=row.pk, reason="错误", by=make_user(), now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    emptied = book.scores[-1]
    assert "scoreGiven" not in emptied
    assert "comment" not in emptied
    assert emptied["gradingProgress"] == "NotReady"
    assert rows(state=State.WAITING, next_try_at=NOW + MINUTE + HOUR) == 1


def test_a_score_that_was_emptied_is_told_again_once_it_may_be_seen(hidden: Course, book: Gradebook) -> None:
    sit(hidden.exam, hidden.learners[0])
    (row,) = release(exam_id=hidden.exam.pk, what=["score"], at=NOW, by=make_user(), now=NOW)
    send(book, NOW)
    release(exam_id=hidden.exam.pk, what=["score"], at=NOW + 30 * MINUTE, by=make_user(), now=NOW)
    revoke_release(release_id=row.pk, reason="错误", by=make_user(), now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    send(book, NOW + 30 * MINUTE)
    assert [score.get("scoreGiven") for score in book.scores] == [2, None, 2]


def test_hiding_what_was_never_told_sends_nothing(hidden: Course, book: Gradebook) -> None:
    sit(hidden.exam, hidden.learners[0])
    (row,) = release(exam_id=hidden.exam.pk, what=["score"], at=NOW + HOUR, by=make_user(), now=NOW)
    revoke_release(release_id=row.pk, reason="错误", by=make_user(), now=NOW)
    send(book, NOW)
    assert book.asked == []


def test_a_voided_attempt_empties_the_cell(course: Course, book: Gradebook) -> None:
    attempt = sit(course.exam, course.learners[0])
    send(book, NOW)
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert [score.get("scoreGiven") for score in book.scores] == [2, None]
    assert rows(state=State.WAITING) == 0


def test_an_attempt_taken_back_before_anything_was_told_sends_nothing(
    course: Course, book: Gradebook
) -> None:
    attempt = sit(course.exam, course.learners[0])
    reopen_attempt(attempt_id=attempt.pk, seconds=600, reason="断电", by=None, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert book.asked == []
    assert rows(state=State.SUPERSEDED) == 2


def test_a_cell_of_which_nobody_knows_whether_it_was_filled_is_emptied(
    course: Course, book: Gradebook
) -> None:
    attempt = sit(course.exam, course.learners[0])
    book.answers.append(Unreachable(Why.TIMED_OUT))
    send(book, NOW)
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=NOW + MINUTE)
    send(book, NOW + MINUTE)
    assert [score.get("scoreGiven") for score in book.scores] == [2, None]


@pytest.mark.parametrize("trouble", [said(500), said(409), Unreachable(Why.TIMED_OUT)])
def test_emptying_a_cell_is_tried_until_it_is_taken(
    course: Course, book: Gradebook, trouble: Answer | Unreachable
) -> None:
    attempt = sit(course.exam, course.learners[0])
    send(book, NOW)
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=NOW)
    held = [{"userId": course.sub(course.learners[0]), "resultScore": 2, "resultMaximum": 6}]
    book.script = lambda post: told(held) if post.method == "GET" else said(200)
    book.answers = [trouble]
    assert send(book, NOW + MINUTE) == 0
    assert send(book, NOW + 2 * MINUTE) == 1
    assert [score.get("scoreGiven") for score in book.scores] == [2, None, None]


def test_what_may_have_arrived_is_taken_out_even_if_no_signal_said_so(book: Gradebook) -> None:
    course = make_course(score_release=Exam.ReleasePolicy.AT_CLOSE)
    sit(course.exam, course.learners[0])
    over = course.exam.closes_at
    book.answers.append(Unreachable(Why.TIMED_OUT))
    send(book, over)
    Exam.objects.update(closes_at=over + HOUR)  # the end is put off after all
    book.answers.append(said(500))
    send(book, over + MINUTE)
    send(book, over + 2 * MINUTE)
    assert [score.get("scoreGiven") for score in book.scores] == [2, None, None]
    send(book, over + HOUR)
    assert book.scores[-1]["scoreGiven"] == 2


# --- answers


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_trouble_of_the_platform_is_waited_out_with_growing_pauses(
    course: Course, book: Gradebook, status: int
) -> None:
    sit(course.exam, course.learners[0])
    book.script = lambda _post: said(status, "<h1>Oops</h1>")
    now, pauses = NOW, []
    for _ in range(6):
        send(book, now)
        row = course.row()
        assert (row.state, row.status, row.answer) == (State.PENDING, status, "Oops")
        assert row.next_try_at
        pauses.append((row.next_try_at - now).total_seconds())
        now = row.next_try_at
    assert all(2**n <= pause <= 2 ** (n + 1) for n, pause in enumerate(pauses))
    assert len({score["timestamp"] for score in book.scores}) == 6
    book.script = None
    send(book, now)
    assert course.row().state == State.SENT


def test_after_seven_days_of_trouble_it_fails_with_words(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    GradeDelivery.objects.update(tries=MOST_TRIES - 1)
    book.answers.append(said(503, "maintenance"))
    send(book, NOW)
    assert course.row().state == State.FAILED
    assert "maintenance" in course.row().answer


def test_many_requests_make_the_whole_platform_wait_as_long_as_it_asks(book: Gradebook) -> None:
    course = make_course(learners=12)
    for user in course.learners:
        sit(course.exam, user)
    book.answers.append(said(429, "slow down", Retry_After="120"))
    send(book, NOW)
    # Those that were under way at the same moment are answered; the rest is given back.
    before = len(book.asked)
    assert before < 12
    assert rows(state=State.SENDING) == 0
    send(book, NOW + MINUTE)
    assert len(book.asked) == before
    send(book, NOW + 2 * MINUTE)
    assert rows(state=State.SENT) == 12


@pytest.mark.parametrize("asked", ["999999", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "\u0663"])
def test_a_strange_retry_after_is_bounded(course: Course, book: Gradebook, asked: str) -> None:
    sit(course.exam, course.learners[0])
    book.answers.append(said(429, "", Retry_After=asked))
    send(book, NOW)
    waits = course.platform.paused_until
    assert waits
    assert NOW < waits <= NOW + HOUR


def test_another_refusal_stops_and_shows_the_answer_without_tags(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    book.answers.append(said(403, "<script>alert(1)</script><p>Invalid\n<b>user</b></p>" + "x" * 5000))
    send(book, NOW)
    row = course.row()
    assert (row.state, row.status) == (State.FAILED, 403)
    assert row.answer.startswith("Invalid user xxx")
    assert len(row.answer) <= 300
    send(book, NOW + DAY)
    assert len(book.asked) == 1


def test_a_failed_row_is_resent_on_demand_even_if_nothing_changed(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    book.answers.append(said(403))
    send(book, NOW)
    by = make_user()
    failed = GradeDelivery.objects.filter(state=State.FAILED)
    assert outbox.resend(rows=failed, of=course.exam, by=by, now=NOW + MINUTE) == 1
    assert outbox.resend(rows=failed, of=course.exam, by=by, now=NOW + MINUTE) == 0  # under way
    send(book, NOW + MINUTE)
    assert list(GradeDelivery.objects.order_by("sequence").values_list("state", flat=True)) == [
        State.SUPERSEDED, State.SENT,
    ]  # fmt: skip
    sent = GradeDelivery.objects.filter(state=State.SENT)
    assert outbox.resend(rows=sent, of=course.exam, by=by, now=NOW + 2 * MINUTE) == 1
    send(book, NOW + 2 * MINUTE)
    assert len(book.asked) == 3


@pytest.mark.parametrize(
    ("status", "text"), [(409, ""), (400, '{"error": "Score timestamp is not newer than the last one"}')]
)
def test_a_stale_timestamp_is_resent_with_a_newer_one(
    course: Course, book: Gradebook, status: int, text: str
) -> None:
    sit(course.exam, course.learners[0])
    book.answers += [said(status, text), told([])]
    send(book, NOW)
    assert [post.method for post in book.asked] == ["POST", "GET"]
    assert book.asked[1].url.endswith(f"/results?type_id=3&user_id={course.sub(course.learners[0])}")
    send(book, NOW + SECOND)
    assert course.row().state == State.SENT
    first, second = (score["timestamp"] for score in book.scores)
    assert first < second


def test_a_stale_timestamp_of_a_score_that_is_there_is_no_trouble(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    result = {"userId": course.sub(course.learners[0]), "resultScore": 33.33, "resultMaximum": 100}
    book.answers += [said(409), told([result])]
    send(book, NOW)
    assert course.row().state == State.SENT


def test_a_400_that_names_something_else_is_a_refusal(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    book.answers.append(said(400, "scoreMaximum"))
    send(book, NOW)
    assert course.row().state == State.FAILED


def test_results_are_not_asked_for_without_the_right_to_read_them(course: Course, book: Gradebook) -> None:
    course.context.scopes = [SCOPES[0]]
    course.context.save()
    sit(course.exam, course.learners[0])
    book.answers.append(said(409))
    send(book, NOW)
    assert [post.method for post in book.asked] == ["POST"]
    assert course.row().state == State.PENDING


def test_a_platform_that_finds_every_timestamp_stale_is_not_asked_for_ever(
    course: Course, book: Gradebook
) -> None:
    sit(course.exam, course.learners[0])
    book.script = lambda post: told([]) if post.method == "GET" else said(409, "conflict")
    for n in range(20):
        send(book, NOW + 2 * n * SECOND)
    assert (len(book.scores), course.row().state) == (MOST_STALE, State.FAILED)


def test_after_a_conflict_timestamps_are_whole_seconds(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    odd = timedelta(microseconds=123456)
    book.answers += [said(409), told([])]
    send(book, NOW + odd)
    send(book, NOW + odd + 2 * SECOND)
    assert book.scores[0]["timestamp"].endswith("00.123456Z")
    assert book.scores[1]["timestamp"].endswith("02.000000Z")


@pytest.mark.parametrize("status", [404, 410])
def test_a_column_that_is_no_more_is_closed_with_all_its_rows(book: Gradebook, status: int) -> None:
    course = make_course(learners=30)
    for user in course.learners:
        sit(course.exam, user)
    book.script = lambda _post: said(status)
    send(book, NOW)
    course.column.refresh_from_db()
    assert course.column.gone_at == NOW
    assert rows(state=State.FAILED) == 30
    asked = len(book.asked)
    send(book, NOW + DAY)
    assert len(book.asked) == asked


def test_a_person_whom_the_platform_does_not_find_does_not_close_the_column(book: Gradebook) -> None:
    course = make_course(learners=2)
    for user in course.learners:
        sit(course.exam, user)
    missing = course.sub(course.learners[0])
    book.script = lambda post: said(404 if post.body and post.body["userId"] == missing else 200)
    send(book, NOW)
    course.column.refresh_from_db()
    assert course.column.gone_at is None
    assert (rows(state=State.SENT), rows(state=State.FAILED)) == (1, 1)


@pytest.mark.parametrize("why", [Why.FOREIGN_ORIGIN, Why.NOT_HTTPS, Why.SCOPE_REFUSED])
def test_an_address_that_may_not_be_asked_fails_at_once(course: Course, book: Gradebook, why: Why) -> None:
    sit(course.exam, course.learners[0])
    book.answers.append(Unreachable(why, "elsewhere"))
    send(book, NOW)
    assert course.row().state == State.FAILED
    assert course.platform.silent_times == 0


def test_a_platform_that_gives_no_right_to_write_scores_is_not_asked(course: Course, book: Gradebook) -> None:
    course.context.scopes = []
    course.context.save()
    sit(course.exam, course.learners[0])
    send(book, NOW)
    assert (book.asked, course.row().state) == ([], State.FAILED)


# --- platforms that are away


def test_a_platform_that_is_switched_off_is_not_asked_and_told_afterwards(
    course: Course, book: Gradebook
) -> None:
    Platform.objects.update(state=Platform.State.OFF)
    sit(course.exam, course.learners[0])
    send(book, NOW)
    assert (book.asked, course.row().state) == ([], State.PENDING)
    Platform.objects.update(state=Platform.State.ACTIVE)
    assert send(book, NOW + DAY) == 1


def test_an_inactive_deployment_is_not_asked(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    Deployment.objects.update(state=Deployment.State.OFF)
    send(book, NOW)
    assert book.asked == []


def test_a_silent_platform_is_left_alone_for_a_while_and_then_tried_with_one(book: Gradebook) -> None:
    course = make_course(learners=20)
    for user in course.learners:
        sit(course.exam, user)

    def silent(_post: Post) -> Answer:
        raise Unreachable(Why.TIMED_OUT)

    book.script = silent
    send(book, NOW)
    tried = len(book.asked)
    assert SILENT <= tried < 20
    assert rows(state=State.SENDING) == 0
    send(book, NOW + 20 * SECOND)
    assert len(book.asked) == tried
    later = NOW + 10 * MINUTE
    send(book, later)
    assert len(book.asked) == tried + 1
    book.script = None
    send(book, later + 40 * MINUTE)
    assert rows(state=State.SENT) == 20
    assert course.platform.silent_times == 0


def test_a_silent_platform_does_not_hold_up_another(book: Gradebook) -> None:
    slow, quick = make_course(learners=5), make_course(learners=5)
    for each in (slow, quick):
        for user in each.learners:
            sit(each.exam, user)

    def script(post: Post) -> Answer:
        if post.platform == slow.platform.pk:
            raise Unreachable(Why.TIMED_OUT)
        return said(200)

    book.script = script
    assert send(book, NOW) == 5


def test_a_fault_of_ours_loses_nothing(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])

    def broken(_post: Post) -> Answer:
        raise RuntimeError

    book.script = broken
    send(book, NOW)
    assert course.row().state == State.PENDING


def test_rows_that_cannot_be_read_do_not_hold_up_another_platform(
    book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = make_course(), make_course()
    for each in (broken, sound):
        sit(each.exam, each.learners[0])
    real = claiming.outcomes

    def outcomes(seats: Any, *, now: Any) -> Any:
        if any(seat.exam == broken.exam.pk for seat in seats):
            raise RuntimeError
        return real(seats, now=now)

    monkeypatch.setattr(claiming, "outcomes", outcomes)
    assert send(book, NOW) == 1
    assert rows(line_item=broken.column, state=State.PENDING) == 1


# --- claims


def test_what_a_killed_worker_had_claimed_is_told_by_the_next_with_a_later_timestamp(
    course: Course, book: Gradebook
) -> None:
    sit(course.exam, course.learners[0])
    (lost,) = take(course.platform, limit=10, now=NOW).letters
    assert send(book, NOW + CLAIM - SECOND) == 0
    assert send(book, NOW + CLAIM) == 1
    assert book.scores[0]["timestamp"] > lost.body["timestamp"]


def test_a_worker_whose_claim_ran_out_writes_nothing_any_more(course: Course, book: Gradebook) -> None:
    sit(course.exam, course.learners[0])
    (late,) = take(course.platform, limit=10, now=NOW).letters
    send(book, NOW + CLAIM)
    write_down(late, Reply(Verdict.REFUSED, 403, "late"), course.platform, now=NOW + CLAIM)
    assert course.row().state == State.SENT


def test_nothing_is_told_of_a_person_while_an_older_score_is_on_its_way(
    course: Course, book: Gradebook
) -> None:
    attempt = sit(course.exam, course.learners[0])
    take(course.platform, limit=10, now=NOW)
    outbox.put_attempts(attempts=[attempt], cause=Cause.MARKED, now=NOW)
    assert send(book, NOW + MINUTE) == 0
    assert send(book, NOW + CLAIM) == 1


def test_what_is_claimed_and_not_begun_when_time_is_over_is_given_back(book: Gradebook) -> None:
    course = make_course(learners=20)
    for user in course.learners:
        sit(course.exam, user)
    ticks = iter([NOW + n * SECOND for n in range(1000)])
    sent = send_due(clock=lambda: next(ticks), until=NOW + 20 * SECOND, call=book, pool=Inline())
    assert 0 < sent < 20
    assert (rows(state=State.SENT), rows(state=State.PENDING, tries=0)) == (sent, 20 - sent)


def test_a_claim_asks_the_database_as_often_for_fifty_as_for_one(book: Gradebook) -> None:
    one, many = make_course(learners=1), make_course(learners=50)
    counts = []
    for course in (one, many):
        for user in course.learners:
            sit(course.exam, user)
        with CaptureQueriesContext(connection) as queries:
            assert len(take(course.platform, limit=60, now=NOW).letters) == len(course.learners)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


# --- timestamps


def test_a_timestamp_is_never_ahead_of_the_clock_of_the_platform(course: Course, book: Gradebook) -> None:
    Platform.objects.update(clock_ahead_s=-90.0)
    sit(course.exam, course.learners[0])
    send(book, NOW + HOUR)
    assert book.scores[0]["timestamp"] == "2026-06-01T01:58:30.000000Z"


def test_moodle_is_sent_whole_seconds_at_least_one_apart(course: Course, book: Gradebook) -> None:
    Platform.objects.update(dialect="moodle")
    attempt = sit(course.exam, course.learners[0])
    odd = NOW + timedelta(microseconds=900_000)
    send(book, odd)
    void_attempt(attempt_id=attempt.pk, reason="替考", by=None, now=odd)
    send(book, odd)
    assert len(book.scores) == 1
    send(book, NOW + SECOND)
    assert [score["timestamp"][-10:] for score in book.scores] == ["00.000000Z", "01.000000Z"]


def test_scores_are_sent_in_the_words_of_the_house_whatever_the_language_of_who_asks(
    course: Course, book: Gradebook
) -> None:
    sit(course.exam, course.learners[0])
    with translation.override("en"):
        send(book, NOW)
    assert book.scores[0]["comment"] == "不合格"
