"""The workers behind the grade outbox: woken by an exam, one at a time, and a sweep for what messages lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from learning.project.celery import app
from lti import tasks
from lti.core.claims import AgsClaim
from lti.models import GradeDelivery, LineItem
from lti.services import columns, delivering
from lti.services.columns import remember
from tests.factories import NOW, make_user
from tests.lti.factories import make_link, make_person
from tests.lti.services.completing import finish, make_linked
from tests.lti.services.grading import SCOPES, Gradebook, make_course, sit, told

pytestmark = pytest.mark.django_db
State = GradeDelivery.State
ITEMS = "https://lms.example.edu/items"


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Gradebook:
    cache.clear()
    book = Gradebook()
    monkeypatch.setattr(delivering.tokens, "call", book)
    monkeypatch.setattr(columns.tokens, "call", book)
    monkeypatch.setattr(delivering, "connections", NoConnections())
    return book


class NoConnections:
    """Tests run in the one connection of their transaction; it must not be closed under them."""

    def close_all(self) -> None:
        """Nothing was opened."""


def test_the_commit_that_closes_an_attempt_wakes_a_worker(
    book: Gradebook, django_capture_on_commit_callbacks: Any
) -> None:
    course = make_course()
    with django_capture_on_commit_callbacks(execute=True):
        sit(course.exam, course.learners[0], now=NOW)
    assert [score["scoreGiven"] for score in book.scores] == [2]


def test_an_exam_is_closed_even_if_nobody_can_be_woken(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def no_broker() -> None:
        raise ConnectionError

    monkeypatch.setattr("lti.receivers.deliver_grades.delay", no_broker)
    course = make_course()
    with django_capture_on_commit_callbacks(execute=True):
        attempt = sit(course.exam, course.learners[0])
    assert attempt.state == "marked"
    assert course.row().state == State.PENDING


def test_one_worker_at_a_time_talks_to_gradebooks(book: Gradebook) -> None:
    course = make_course()
    sit(course.exam, course.learners[0])
    cache.add(tasks.AT_WORK, 1)
    assert tasks.deliver_grades() == 0
    cache.delete(tasks.AT_WORK)
    assert tasks.deliver_grades() == 1
    assert cache.get(tasks.AT_WORK) is None


def test_the_sweep_finds_columns_and_late_comers(book: Gradebook) -> None:
    course = make_course()
    late = make_user(unit=course.exam.owner_unit)
    sit(course.exam, late)
    make_person(course.context, user=late)
    link = make_link(course.context, exam=course.exam)
    remember(link=link, ags=AgsClaim(frozenset(SCOPES), ITEMS), now=timezone.now() - timedelta(days=1))
    book.script = lambda post: told([]) if post.method == "GET" else told({"id": f"{ITEMS}/9"})
    tasks.mend_grades()
    link.refresh_from_db()
    assert link.line_item
    assert link.line_item.url == f"{ITEMS}/9"
    late_row = GradeDelivery.objects.get(person__user=late, line_item=course.column)
    assert late_row.state == State.SENT


def test_a_new_column_is_filled_and_looked_at_once_more(
    book: Gradebook, django_capture_on_commit_callbacks: Any
) -> None:
    course = make_course()
    sit(course.exam, course.learners[0])
    LineItem.objects.all().delete()
    link = make_link(course.context, exam=course.exam)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        remember(link=link, ags=AgsClaim(frozenset(SCOPES), ITEMS, f"{ITEMS}/1"), now=NOW)
    assert {row.cause for row in GradeDelivery.objects.all()} == {GradeDelivery.Cause.LINKED}
    assert len(book.scores) == 1


def test_the_sweep_tells_of_completions_and_of_those_that_are_no_more(book: Gradebook) -> None:
    linked = make_linked()
    done = finish(linked.activity, linked.learners[0])
    tasks.mend_grades()
    tasks.mend_grades()
    done.delete()
    tasks.mend_grades()
    assert [score.get("scoreGiven") for score in book.scores] == [100, None]


def test_beat_knows_both_tasks() -> None:
    wanted = {entry["task"] for entry in app.conf.beat_schedule.values() if entry["task"].endswith("_grades")}
    assert wanted == {"lti.deliver_grades", "lti.mend_grades"}
    assert wanted <= set(app.tasks)
