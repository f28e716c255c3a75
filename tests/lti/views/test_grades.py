"""成绩回传: the organisers' page of the outbox, resending, and what the member reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from learning.organisation.models import AuditEntry, GroupRole, Role, User
from learning.organisation.services.groups import keep_staff
from lti.http.fetching import Unreachable, Why
from lti.models import ContextMember, Deployment, GradeDelivery, Platform
from lti.result_notes import on_its_way
from lti.services.outbox import resend
from question_bank.exams.models import Exam
from tests.factories import NOW, make_exam, make_user
from tests.lti.factories import make_context, make_person, make_platform
from tests.lti.services.grading import (
    MINUTE,
    SCOPES,
    Course,
    Gradebook,
    make_column,
    make_course,
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
def course() -> Course:
    """One score sent, one refused, one that waits for trouble to pass."""
    course = make_course(learners=3)
    book = Gradebook(answers=[said(200), said(403, "<b>Invalid user</b>"), said(503)])
    for user in course.learners:
        sit(course.exam, user)
        send(book, NOW)
    return course


@pytest.fixture
def office(course: Course) -> Client:
    return signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, course.exam.owner_unit)]))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="learning.organisation.backends.NumberBackend")
    return client


def teacher_of(course: Course) -> User:
    user = make_person(course.context, ContextMember.Standing.INSTRUCTOR)
    keep_staff(group=course.context.group, user=user, role=GroupRole.TEACHER, now=NOW)
    return user


def url(course: Course, name: str = "lti_grades") -> str:
    return reverse(name, args=[course.exam.pk])


def names(page: Any) -> set[str]:
    return {each["row"].person.user.full_name for each in page.context["rows"]}


def test_the_page_counts_and_lists_with_the_platforms_answer(course: Course, office: Client) -> None:
    page = office.get(url(course))
    assert [count for _name, _label, count in page.context["figures"]] == [1, 1, 0, 1]
    text = page.content.decode()
    assert "403 Invalid user" in text
    assert "2/6" in text
    assert "2026年6月1日 09:00:00" in text


def test_a_cell_that_was_told_twice_is_one_line_and_counts_once(course: Course, office: Client) -> None:
    book = Gradebook()
    (sent,) = GradeDelivery.objects.filter(state="sent")
    resend(rows=GradeDelivery.objects.filter(pk=sent.pk), of=course.exam, by=make_user(), now=NOW)
    send(book, NOW + MINUTE)
    page = office.get(url(course))
    assert [count for _name, _label, count in page.context["figures"]] == [
        2,
        0,
        0,
        1,
    ]  # the one that waited went through
    assert len(page.context["rows"]) == 3
    earlier = office.get(url(course), {"state": "superseded"})
    assert [each["row"].pk for each in earlier.context["rows"]] == [sent.pk]


def test_the_page_stands_in_the_admin_too_with_its_tab(course: Course, office: Client) -> None:
    page = office.get(url(course, "lti_admin_grades"))
    assert page.context["inside_admin"]
    assert [(tab.url, tab.current) for tab in page.context["tabs"] if tab.name == "grades"] == [
        (url(course, "lti_admin_grades"), True)
    ]
    results = office.get(reverse("exams_admin:manage_results", args=[course.exam.pk]))
    assert url(course, "lti_admin_grades") in results.content.decode()


def test_an_exam_without_a_column_has_no_tab_and_no_page(course: Course, office: Client) -> None:
    other = make_exam(unit=course.exam.owner_unit)
    assert office.get(reverse("lti_grades", args=[other.pk])).status_code == 404
    page = office.get(reverse("manage_results", args=[other.pk]))
    assert "grades" not in [tab.name for tab in page.context["tabs"]]


@pytest.mark.parametrize(
    ("state", "found"), [("sent", 0), ("failed", 1), ("pending", 2), ("waiting", None), ("superseded", None)]
)
def test_the_address_filters_by_state(course: Course, office: Client, state: str, found: int | None) -> None:
    page = office.get(url(course), {"state": state})
    assert names(page) == ({course.learners[found].full_name} if found is not None else set())


def test_people_are_found_by_name_and_number(course: Course, office: Client) -> None:
    wanted = course.learners[1]
    assert names(office.get(url(course), {"q": wanted.full_name})) == {wanted.full_name}
    assert names(office.get(url(course), {"q": wanted.number})) == {wanted.full_name}
    nobody = office.get(url(course), {"q": "无此人"})
    assert "没有符合条件的记录" in nobody.content.decode()


def test_an_empty_outbox_says_so() -> None:
    course = make_course()
    office = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, course.exam.owner_unit)]))
    assert "还没有要发送的成绩" in office.get(url(course)).content.decode()


def test_one_is_sent_again_and_the_audit_log_knows(
    course: Course, office: Client, no_worker: list[int]
) -> None:
    failed = GradeDelivery.objects.get(state=State.FAILED)
    page = office.post(url(course, "lti_grades_resend"), {"delivery": failed.pk, "query": "state=failed"})
    assert (page.status_code, page["Location"]) == (302, f"{url(course)}?state=failed")
    book = Gradebook()
    send(book, timezone.now())
    assert course.sub(course.learners[1]) in [score["userId"] for score in book.scores]
    assert AuditEntry.objects.get(action="grades.resend").data == {"count": 1}
    assert no_worker == [1]
    failed.refresh_from_db()
    assert failed.state == State.SUPERSEDED


def test_all_that_failed_are_sent_again_and_nothing_else(course: Course, office: Client) -> None:
    office.post(url(course, "lti_grades_resend"))
    assert [row.person.user for row in GradeDelivery.objects.filter(cause="resent")] == [course.learners[1]]


def test_what_is_under_way_cannot_be_sent_again(course: Course, office: Client) -> None:
    pending = GradeDelivery.objects.get(state=State.PENDING)
    page = office.post(url(course, "lti_grades_resend"), {"delivery": pending.pk})
    assert "没有可以重新发送的成绩" in str(next(iter(get_messages(page.wsgi_request))))
    assert not GradeDelivery.objects.filter(cause="resent").exists()


def test_resending_needs_a_post(course: Course, office: Client) -> None:
    assert office.get(url(course, "lti_grades_resend")).status_code == 405


@pytest.mark.parametrize("name", ["lti_grades", "lti_grades_resend"])
def test_who_may_not_release_gets_nothing(course: Course, name: str) -> None:
    stranger = signed_in(make_user(roles=[(Role.SCHOOL_OFFICE, make_exam().owner_unit)]))
    marker = signed_in(make_user(roles=[(Role.MARKER, course.exam.owner_unit)]))
    member = signed_in(course.learners[0])
    for client in (stranger, marker, member):
        answer = client.get(url(course, name)) if name == "lti_grades" else client.post(url(course, name))
        assert answer.status_code == 404


def test_a_teacher_reads_and_resends_those_of_the_own_group_only(course: Course) -> None:
    other = make_column(course.exam, make_context(make_platform(), scopes=SCOPES))
    learner = make_person(other.context)
    sit(course.exam, learner)
    send(Gradebook(answers=[said(403)]), NOW + MINUTE)
    foreign = GradeDelivery.objects.get(line_item=other)
    teacher = signed_in(teacher_of(course))
    assert names(teacher.get(url(course))) == {user.full_name for user in course.learners}
    answer = teacher.post(url(course, "lti_grades_resend"), {"delivery": foreign.pk})
    assert answer.status_code == 404
    teacher.post(url(course, "lti_grades_resend"))
    assert {row.line_item_id for row in GradeDelivery.objects.filter(cause="resent")} == {course.column.pk}


def test_an_assistant_reads_no_grades(course: Course) -> None:
    user = make_user()
    keep_staff(group=course.context.group, user=user, role=GroupRole.ASSISTANT, now=NOW)
    assert signed_in(user).get(url(course)).status_code == 404


def test_all_exams_stand_on_one_page_for_whoever_releases_them(course: Course, office: Client) -> None:
    stranger = make_course()
    sit(stranger.exam, stranger.learners[0])
    page = office.get(reverse("lti_all_grades"))
    assert course.exam.title in page.content.decode()
    assert stranger.exam.title not in page.content.decode()


def test_the_admins_first_page_tells_of_scores_that_did_not_arrive(course: Course, office: Client) -> None:
    home = office.get(reverse("wagtailadmin_home")).content.decode()
    assert "1 条成绩未能送达校园平台" in home
    assert reverse("lti_admin_all_grades") + "?state=failed" in home


def test_what_holds_a_row_up_is_said(course: Course, office: Client) -> None:
    Deployment.objects.update(state=Deployment.State.OFF)
    assert "部署未启用" in office.get(url(course)).content.decode()
    Platform.objects.update(state=Platform.State.OFF)
    assert "平台已停用" in office.get(url(course)).content.decode()


def test_the_page_asks_the_database_as_often_for_many_rows_as_for_few(
    django_assert_max_num_queries: DjangoAssertNumQueries, office: Client, course: Course
) -> None:
    office.get(url(course))
    with django_assert_max_num_queries(30) as few:
        office.get(url(course))
    for _ in range(10):
        sit(course.exam, make_person(course.context))
    with django_assert_max_num_queries(len(few)):
        office.get(url(course))


# --- the member


def told(course: Course, learner: int = 0) -> list[tuple[str, str]]:
    attempt = course.exam.attempts.select_related("exam", "candidate").get(user=course.learners[learner])
    return [(note.text, note.kind) for note in on_its_way(attempt, NOW + MINUTE)]


def test_the_member_reads_where_the_score_is(course: Course) -> None:
    assert told(course, 0) == [("已发送到校园平台 2026年6月1日 09:00", "success")]
    assert told(course, 1) == [("成绩暂未送达校园平台，老师可重新发送", "warning")]
    assert told(course, 2) == [("成绩正在发送到校园平台，稍后自动重试", "info")]


def test_the_member_reads_nothing_before_the_release() -> None:
    course = make_course(score_release=Exam.ReleasePolicy.MANUAL)
    sit(course.exam, course.learners[0])
    assert told(course) == []
    send(Gradebook(), NOW)
    assert told(course) == []


def test_the_member_reads_nothing_where_the_platform_has_no_column(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user(unit=make_exam().owner_unit)
    attempt = sit(make_exam(), user)
    on_its_way(attempt, NOW)
    with django_assert_num_queries(0):
        assert on_its_way(attempt, NOW) == []


def test_the_note_stands_on_the_members_page(course: Course) -> None:
    attempt = course.exam.attempts.get(user=course.learners[0])
    page = signed_in(course.learners[0]).get(f"/attempts/{attempt.pk}/", follow=True)
    assert "已发送到校园平台 2026年6月1日 09:00" in page.content.decode()


def test_silence_is_said_as_a_retry() -> None:
    course = make_course()
    sit(course.exam, course.learners[0])
    send(Gradebook(answers=[Unreachable(Why.TIMED_OUT)]), NOW)
    assert told(course) == [("成绩正在发送到校园平台，稍后自动重试", "info")]
