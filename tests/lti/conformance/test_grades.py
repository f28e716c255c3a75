"""Assignment and Grade Services: columns, scores with comment and progress, results read back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from learning.organisation.models import Unit, User
from learning.study.models import Completion
from lti.models import GradeDelivery, LineItem, PlatformUser
from lti.services import columns, delivering, outbox
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.releasing import release
from question_bank.exams.taking.submitting import submit_attempt
from tests.courses.factories import activity_of, make_course
from tests.factories import make_attempt, make_user
from tests.lti.services.grading import Inline

from .conftest import Strict, out_of_order

pytestmark = pytest.mark.django_db


def sit(strict: Strict, sub: str) -> Attempt:
    """Launches, answers nothing, hands in: a score of 0 is a score."""
    strict.client = Client()
    assert strict.launch(sub).status_code == 302
    user = PlatformUser.objects.get(platform=strict.row, sub=sub).user
    attempt = make_attempt(strict.exam, user, now=strict.now - timedelta(minutes=20))
    submit_attempt(
        attempt_id=attempt.pk, by=user, client="c", ops=[], reason="self", now=strict.now, owner_id=user.pk
    )
    return attempt


def send(strict: Strict, at: datetime | None = None) -> int:
    now = at or strict.now
    return delivering.send_due(clock=lambda: now, pool=Inline())


@pytest.fixture
def released(strict: Strict) -> Strict:
    """Scores of the exam are seen as soon as they are marked."""
    Exam.objects.filter(pk=strict.exam.pk).update(score_release="at_marked")
    strict.exam.refresh_from_db()
    return strict


@pytest.fixture
def column(released: Strict) -> Strict:
    """The platform has made a column for the link."""
    link = released.platform.links["exam"]
    link.item = released.platform.gradebook.add(link.context, label="Exam", maximum=10, link_id=link.id)
    return released


def test_line_item_made_by_the_platform_is_used(column: Strict) -> None:
    column.launch("ana")
    assert LineItem.objects.get().made_by == "platform"
    assert len(column.platform.gradebook.items) == 1


def test_line_item_is_created_where_the_platform_has_made_none(
    released: Strict, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        released.launch("ana")
    link = released.context.links.get()
    columns.column_for(link_id=link.pk, now=released.now)
    (item,) = released.platform.gradebook.items.values()
    assert (item.label, item.resource_id) == (released.exam.title, f"exam-{released.exam.pk}")
    assert LineItem.objects.get().made_by == "tool"


def test_creating_twice_makes_one_column(released: Strict) -> None:
    released.launch("ana")
    link = released.context.links.get()
    for _ in range(2):
        columns.column_for(link_id=link.pk, now=released.now)
    LineItem.objects.all().delete()
    columns.column_for(link_id=link.pk, now=released.now)
    assert len(released.platform.gradebook.items) == 1


def test_score_reaches_the_gradebook(column: Strict) -> None:
    attempt = sit(column, "ana")
    send(column)
    result = column.platform.gradebook.shown("ana")
    assert result is not None, GradeDelivery.objects.values()
    attempt.refresh_from_db()
    assert result["resultScore"] == attempt.score
    (item,) = column.platform.gradebook.items.values()
    (score,) = item.accepted["ana"]
    assert score["activityProgress"] == "Completed"
    assert score["gradingProgress"] == "FullyGraded"
    assert score["comment"]
    assert score["timestamp"]


def test_score_is_posted_once(column: Strict) -> None:
    sit(column, "ana")
    send(column)
    send(column)
    posts = [asked for asked in column.platform.asked if asked.path.endswith("/scores")]
    assert len(posts) == 1
    assert GradeDelivery.objects.get().state == "sent"


def test_nothing_is_sent_before_release_and_everything_after(strict: Strict) -> None:
    link = strict.platform.links["exam"]
    link.item = strict.platform.gradebook.add(link.context, label="Exam", maximum=10, link_id=link.id)
    sit(strict, "ana")
    send(strict)
    assert strict.platform.gradebook.shown("ana") is None
    office: User = make_user()
    release(exam_id=strict.exam.pk, what=["score"], at=strict.now, by=office, now=strict.now)
    send(strict, at=strict.now + timedelta(seconds=1))
    assert strict.platform.gradebook.shown("ana") is not None


def test_course_completion_reaches_the_gradebook(strict: Strict, school: Unit) -> None:
    course = make_course(school, live=True, lessons=1)
    strict.choose(f"course-{course.pk}")
    (link,) = strict.platform.choosing.made
    strict.client = Client()
    strict.launch("ana", link.id)
    user = PlatformUser.objects.get(platform=strict.row, sub="ana").user
    outbox.put_completions(now=strict.now)
    assert send(strict) == 0
    done = Completion.objects.create(activity=activity_of(course), user=user, completed_at=strict.now)
    outbox.put_completions(now=strict.now)
    assert send(strict) == 1
    (item,) = strict.platform.gradebook.items.values()
    assert (item.label, item.maximum, item.resource_id) == (course.title, 100, f"course-{course.pk}")
    shown = strict.platform.gradebook.shown("ana")
    assert shown is not None
    assert (shown["resultScore"], shown["resultMaximum"], shown["comment"]) == (100, 100, "已学完")
    done.delete()
    outbox.put_completions(now=strict.now)
    send(strict, at=strict.now + timedelta(seconds=1))
    emptied = strict.platform.gradebook.shown("ana")
    assert emptied is None or emptied.get("resultScore") is None


def test_the_end_of_an_exam_does_not_wait_for_a_platform_that_is_out_of_order(column: Strict) -> None:
    column.launch("ana")
    column.platform.route = out_of_order  # type: ignore[method-assign]
    user = PlatformUser.objects.get(sub="ana").user
    attempt = make_attempt(column.exam, user, now=column.now - timedelta(minutes=20))
    receipt = submit_attempt(
        attempt_id=attempt.pk, by=user, client="c", ops=[], reason="self", now=column.now, owner_id=user.pk
    )
    assert receipt.number
    send(column)
    delivery = GradeDelivery.objects.get()
    assert delivery.state == "pending"
    assert delivery.next_try_at is not None
    assert delivery.next_try_at > column.now - timedelta(seconds=1)
