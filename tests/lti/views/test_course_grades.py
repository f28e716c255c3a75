"""成绩回传 of a platform's course: its teachers' page of completions, resending, and what the member reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.organisation.models import AuditEntry, Role, User
from learning.study.models import Completion, Enrolment
from learning.study.services.enrolling import enrol
from lti.models import GradeDelivery
from lti.result_notes import told_of_course
from tests.factories import NOW, make_exam, make_user
from tests.lti.factories import Standing, make_context, make_link, make_person
from tests.lti.services.completing import Linked, finish, make_completion_column, make_linked, sweep
from tests.lti.services.grading import (
    MINUTE,
    SCOPES,
    Gradebook,
    make_column,
    said,
    send,
    sit,
)

pytestmark = pytest.mark.django_db
State = GradeDelivery.State


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a worker was woken."""
    woken: list[int] = []
    monkeypatch.setattr("lti.views.grades.deliver_grades.delay", lambda: woken.append(1))
    return woken


@pytest.fixture
def linked() -> Linked:
    """One completion sent, one refused, one learner who has not completed the course."""
    linked = make_linked(learners=3)
    book = Gradebook(answers=[said(200), said(403, "Invalid user")])
    for user in linked.learners[:2]:
        finish(linked.activity, user)
        sweep()
        send(book, NOW)
    return linked


@pytest.fixture
def teacher(linked: Linked) -> Client:
    return signed_in(make_person(linked.context, Standing.INSTRUCTOR))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def url(linked: Linked, more: str = "") -> str:
    return f"/lti/contexts/{linked.context.pk}/grades/{more}"


def names(page: Any) -> set[str]:
    return {each["row"].person.user.full_name for each in page.context["rows"]}


def test_the_page_counts_and_lists_completions(linked: Linked, teacher: Client) -> None:
    page = teacher.get(url(linked))
    assert [count for _name, _label, count in page.context["figures"]] == [1, 0, 0, 1]
    assert names(page) == {user.full_name for user in linked.learners[:2]}
    text = page.content.decode()
    assert linked.page.title in text
    assert "100/100" in text
    assert "403 Invalid user" in text
    failed = teacher.get(url(linked), {"state": "failed"})
    assert names(failed) == {linked.learners[1].full_name}


def test_exams_and_other_courses_of_the_platform_are_not_on_it(linked: Linked, teacher: Client) -> None:
    exam = make_exam(score_release="at_marked")
    make_column(exam, linked.context)
    sit(exam, linked.learners[2])
    other = make_context(linked.context.platform, scopes=SCOPES)
    make_completion_column(linked.page, other)
    finish(linked.activity, make_person(other))
    sweep()
    assert names(teacher.get(url(linked))) == {user.full_name for user in linked.learners[:2]}


def test_the_course_page_leads_to_it_once_there_is_a_column(linked: Linked, teacher: Client) -> None:
    link = make_link(linked.context, page_id=linked.page.pk)
    course = f"/lti/contexts/{linked.context.pk}/"
    assert url(linked) not in teacher.get(course).content.decode()
    link.line_item = linked.column
    link.save()
    assert url(linked) in teacher.get(course).content.decode()
    assistant = signed_in(make_person(linked.context, Standing.ASSISTANT))
    assert url(linked) not in assistant.get(course).content.decode()


def test_nobody_but_the_teachers_of_the_course_has_the_page(linked: Linked) -> None:
    elsewhere = make_context(linked.context.platform)
    others = [
        make_person(linked.context, Standing.ASSISTANT),
        make_person(elsewhere, Standing.INSTRUCTOR),
        linked.learners[0],
        make_user(roles=[(Role.SCHOOL_OFFICE, linked.page.owner_unit)]),
    ]
    for client in (Client(), *map(signed_in, others)):
        assert client.get(url(linked)).status_code == 404
        assert client.post(url(linked, "resend/")).status_code == 404
    assert not GradeDelivery.objects.filter(cause="resent").exists()


def test_what_failed_is_sent_again_and_the_audit_log_knows(
    linked: Linked, teacher: Client, no_worker: list[int]
) -> None:
    page = teacher.post(url(linked, "resend/"), {"query": "state=failed"})
    assert (page.status_code, page["Location"]) == (302, f"{url(linked)}?state=failed")
    book = Gradebook()
    send(book, timezone.now())
    assert [score["scoreGiven"] for score in book.scores] == [100]
    entry = AuditEntry.objects.get(action="grades.resend")
    assert (entry.data, entry.unit) == ({"count": 1}, linked.context.platform.unit)
    assert no_worker == [1]


def test_a_row_of_another_course_is_not_sent_again(linked: Linked, teacher: Client) -> None:
    other = make_linked()
    finish(other.activity, other.learners[0])
    sweep()
    send(Gradebook(answers=[said(403)]), NOW)
    assert teacher.post(url(linked, "resend/"), {"delivery": other.row().pk}).status_code == 404


def test_resending_needs_a_post(linked: Linked, teacher: Client) -> None:
    assert teacher.get(url(linked, "resend/")).status_code == 405


def test_an_empty_page_says_what_will_stand_there() -> None:
    linked = make_linked()
    teacher = signed_in(make_person(linked.context, Standing.INSTRUCTOR))
    assert "学生学完课程后，会出现在这里" in teacher.get(url(linked)).content.decode()


def test_the_page_asks_the_database_as_often_for_many_rows_as_for_few(
    linked: Linked, teacher: Client
) -> None:
    teacher.get(url(linked))
    with CaptureQueriesContext(connection) as few:
        teacher.get(url(linked))
    for _ in range(10):
        finish(linked.activity, make_person(linked.context))
    sweep()
    with CaptureQueriesContext(connection) as many:
        assert len(teacher.get(url(linked)).context["rows"]) == 12
    assert len(many) == len(few)


# --- the member


def told(linked: Linked, learner: int = 0) -> list[tuple[str, str]]:
    found = told_of_course(linked.page, linked.learners[learner], NOW + MINUTE)
    return [(note.text, note.kind) for note in found]


def test_the_member_reads_where_the_completion_is(linked: Linked) -> None:
    assert told(linked, 0) == [("已发送到校园平台 2026年6月1日 09:00", "success")]
    assert told(linked, 1) == [("成绩暂未送达校园平台，老师可重新发送", "warning")]
    assert told(linked, 2) == []


def test_the_note_stands_on_the_course_page_of_who_has_completed_it(linked: Linked) -> None:
    note, done = "已发送到校园平台", linked.learners[0]
    enrol(activity=linked.activity, users=[done], source=Enrolment.Source.SELF, now=NOW)
    assert note in signed_in(done).get(linked.page.url).content.decode()
    Completion.objects.all().delete()
    assert note not in signed_in(done).get(linked.page.url).content.decode()


def test_a_course_without_a_column_costs_no_query(linked: Linked) -> None:
    other = make_linked()
    other.column.delete()
    told_of_course(other.page, other.learners[0], NOW)
    with CaptureQueriesContext(connection) as queries:
        assert told_of_course(other.page, other.learners[0], NOW) == []
    assert len(queries) == 0
