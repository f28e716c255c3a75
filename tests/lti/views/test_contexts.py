from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.organisation.models import Role, User
from lti.core import claims
from lti.models import Context, ContextMember, LineItem, Platform, ResourceLink
from question_bank.exams.models import Exam, ExamGroup
from tests.courses.factories import make_course
from tests.factories import make_exam, make_unit, make_user
from tests.lti.factories import Standing, make_context, make_link, make_person
from tests.lti.launching import make_launch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    cache.clear()


@pytest.fixture
def course() -> Context:
    return make_context(roster_url="https://lms.example.edu/memberships")


@pytest.fixture
def teacher(course: Context) -> User:
    return make_person(course, Standing.INSTRUCTOR)


@pytest.fixture
def teaching(teacher: User, client: Client) -> Client:
    client.force_login(teacher)
    return client


@pytest.fixture
def exam(course: Context) -> Exam:
    now = timezone.now()
    window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
    return make_exam(unit=course.platform.unit, title="期中测验", **window)


@pytest.fixture
def link(course: Context) -> ResourceLink:
    return make_link(course, title="第一次测验")


def url(course: Context, more: str = "") -> str:
    return f"/lti/contexts/{course.pk}/{more}"


def at(link: ResourceLink, more: str = "") -> str:
    return f"/lti/links/{link.pk}/{more}"


def text_of(page: Any) -> str:
    assert page.status_code == 200, page
    return str(page.content.decode())


def told(page: Any) -> list[str]:
    return [str(message) for message in get_messages(page.wsgi_request)]


def assistant(course: Context) -> User:
    return make_person(course, Standing.ASSISTANT)


def learner(course: Context) -> User:
    return make_person(course)


def other_teacher(course: Context) -> User:
    return make_person(make_context(course.platform), Standing.INSTRUCTOR)


def former_teacher(course: Context) -> User:
    user = make_person(course, Standing.INSTRUCTOR)
    course.group.staff.filter(user=user).update(removed_at=timezone.now())
    return user


def organiser(course: Context) -> User:
    return make_user(unit=course.platform.unit, roles=[(Role.SCHOOL_OFFICE, course.platform.unit)])  # type: ignore[list-item]


def administrator(course: Context) -> User:
    return make_user(roles=[(Role.ADMINISTRATOR, course.platform.unit)])  # type: ignore[list-item]


STRANGERS = [learner, other_teacher, former_teacher, organiser, administrator]


# ---- who may


@pytest.mark.parametrize("who", STRANGERS)
def test_to_everybody_else_there_are_no_such_pages(
    client: Client, course: Context, link: ResourceLink, exam: Exam, who: Callable[[Context], User]
) -> None:
    client.force_login(who(course))
    for address in (url(course), at(link, "choose/"), at(link, "clear/")):
        assert client.get(address).status_code == 404, address
    chosen = {"item": f"exam-{exam.pk}"}
    for address in (url(course, "roster/"), at(link, "choose/"), at(link, "clear/")):
        assert client.post(address, chosen).status_code == 404, address
    link.refresh_from_db()
    assert link.exam is None


def test_nobody_signed_in_is_sent_to_no_log_in(client: Client, course: Context, link: ResourceLink) -> None:
    for address in (url(course), at(link), at(link, "choose/"), at(link, "clear/")):
        assert client.get(address).status_code == 404
    assert client.post(url(course, "roster/")).status_code == 404


def test_an_assistant_sees_links_and_marks_but_neither_roster_nor_choice(
    client: Client, course: Context, link: ResourceLink, exam: Exam
) -> None:
    learner(course)
    bound = make_link(course, exam=exam)
    client.force_login(assistant(course))
    text = text_of(client.get(url(course)))
    assert exam.title in text
    assert f"/manage/exams/{exam.pk}/marking/" in text
    assert f"/manage/exams/{exam.pk}/results/" not in text
    for hidden in ("课程成员", "同步名单", at(link, "choose/"), at(bound, "choose/")):
        assert hidden not in text
    assert client.get(at(link, "choose/")).status_code == 404
    assert client.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"}).status_code == 404
    assert client.post(url(course, "roster/")).status_code == 404


def test_a_teacher_of_two_courses_changes_each_by_its_own_links_only(
    teaching: Client, teacher: User, exam: Exam
) -> None:
    foreign = make_link(make_context())
    assert teaching.post(at(foreign, "choose/"), {"item": f"exam-{exam.pk}"}).status_code == 404


def test_forms_need_their_token(teacher: User, course: Context, link: ResourceLink) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(teacher)
    for address in (url(course, "roster/"), at(link, "choose/"), at(link, "clear/")):
        assert strict.post(address).status_code == 403


# ---- the page of the course


def test_the_page_shows_links_figures_and_the_exams_screens(
    teaching: Client, course: Context, exam: Exam
) -> None:
    make_link(course, exam=exam, title="第一次测验")
    learner(course)
    text = text_of(teaching.get(url(course)))
    assert "第一次测验" in text
    assert "打开考试“期中测验”" in text
    assert "进行中" in text
    for screen in ("candidates", "monitor", "marking", "results"):
        assert f"/manage/exams/{exam.pk}/{screen}/" in text


def test_the_screens_that_it_leads_to_do_open(
    teaching: Client, course: Context, link: ResourceLink, exam: Exam
) -> None:
    learner(course)
    teaching.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"})
    for screen in ("candidates", "monitor", "marking", "results"):
        assert teaching.get(f"/manage/exams/{exam.pk}/{screen}/").status_code == 200, screen


def test_a_course_leads_its_teachers_to_its_report_and_assistants_to_none(
    teaching: Client, course: Context, link: ResourceLink, client: Client
) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    teaching.post(at(link, "choose/"), {"item": f"course-{page.pk}"})
    (address,) = re.findall(r'href="(/manage/courses/\d+/report/)"', text_of(teaching.get(url(course))))
    assert teaching.get(address).status_code == 200
    client.force_login(assistant(course))
    assert "/report/" not in text_of(client.get(url(course)))


def test_what_went_to_the_gradebook_is_a_click_away_once_there_is_a_column(
    teaching: Client, course: Context, exam: Exam
) -> None:
    address = f"/manage/exams/{exam.pk}/grades/"
    link = make_link(course, exam=exam)
    assert address not in text_of(teaching.get(url(course)))
    link.line_item = LineItem.objects.create(
        context=course,
        url="https://lms.example.edu/items/1",
        maximum=6,
        exam=exam,
        made_by="tool",
        created_at=timezone.now(),
    )
    link.save()
    ExamGroup.objects.create(exam=exam, group=course.group, at=timezone.now())
    assert address in text_of(teaching.get(url(course)))
    assert teaching.get(address).status_code == 200


def test_a_course_without_links_says_what_to_do(teaching: Client, course: Context) -> None:
    assert "还没有链接" in text_of(teaching.get(url(course)))


def test_the_roster_is_searched_and_turned(teaching: Client, course: Context) -> None:
    people = [learner(course) for _ in range(60)]
    first = text_of(teaching.get(url(course)))
    assert "第 1/2 页" in first
    found = text_of(teaching.get(url(course), {"q": people[-1].number}))
    assert people[-1].number in found
    assert people[0].number not in found
    assert "没有找到这样的成员" in text_of(teaching.get(url(course), {"q": "没有此人"}))


def test_whoever_left_is_greyed_and_dated(teaching: Client, course: Context) -> None:
    gone = learner(course)
    ContextMember.objects.filter(person__user=gone).update(removed_at=timezone.now())
    text = text_of(teaching.get(url(course)))
    assert 'class="course-gone"' in text
    assert "离开" in text


def test_people_of_another_course_are_not_listed(teaching: Client, course: Context) -> None:
    stranger = make_person(make_context(course.platform))
    assert stranger.number not in text_of(teaching.get(url(course), {"q": stranger.number[:3]}))


def test_why_the_last_sync_failed_is_said_in_words(teaching: Client, course: Context) -> None:
    Context.objects.update(roster_problem="scope_refused")
    assert "平台不允许本站读取名单" in text_of(teaching.get(url(course)))


def test_more_people_take_no_more_queries(teaching: Client, course: Context, exam: Exam) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            teaching.get(url(course))
        return len(asked)

    make_link(course, exam=exam)
    learner(course)
    queries()
    few = queries()
    for _ in range(12):
        learner(course)
        make_link(course, exam=exam)
    assert queries() == few


# ---- the roster's button


def test_the_button_asks_once_in_half_a_minute(teaching: Client, teacher: User, course: Context) -> None:
    with patch("lti.views.contexts.sync_roster.delay") as asked:
        first = teaching.post(url(course, "roster/"))
        second = teaching.post(url(course, "roster/"))
    asked.assert_called_once_with(course.pk, teacher.pk)
    assert first.url == url(course)
    assert told(first) == ["已开始同步名单，稍后刷新本页查看结果。"]
    assert told(second)[-1] == "名单刚刚同步过或正在同步，请稍后再试。"
    assert "正在同步名单" in text_of(teaching.get(url(course)))


def test_without_a_roster_the_button_says_whom_to_ask(teaching: Client, course: Context) -> None:
    Context.objects.update(roster_url="")
    with patch("lti.views.contexts.sync_roster.delay") as asked:
        page = teaching.post(url(course, "roster/"))
    asked.assert_not_called()
    assert "平台没有为这门课程提供名单" in told(page)[0]


def test_the_button_wants_a_post(teaching: Client, course: Context) -> None:
    assert teaching.get(url(course, "roster/")).status_code == 405


# ---- choosing


def test_a_teacher_chooses_in_two_steps(
    teaching: Client, course: Context, link: ResourceLink, exam: Exam
) -> None:
    learner(course)
    shelf = text_of(teaching.get(at(link, "choose/")))
    assert 'type="radio"' in shelf
    assert exam.title in shelf
    asked = text_of(teaching.get(at(link, "choose/"), {"item": f"exam-{exam.pk}", "step": "confirm"}))
    assert "本课程的学生都将列入考生名单" in asked
    link.refresh_from_db()
    assert link.exam is None
    done = teaching.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"})
    assert done.url == url(course)
    assert told(done) == ["“第一次测验”现在打开“期中测验”，本课程 1 名学生可以进入。"]
    link.refresh_from_db()
    assert link.exam == exam


def test_before_a_change_the_page_names_what_is_left_and_how_many_handed_in(
    teaching: Client, course: Context, exam: Exam
) -> None:
    before = make_exam(unit=course.platform.unit, title="旧考试")
    link = make_link(course, exam=before)
    text = text_of(teaching.get(at(link, "choose/"), {"item": f"exam-{exam.pk}", "step": "confirm"}))
    assert "不再打开“旧考试”" in text
    assert "已有 0 名学生交卷" in text


def test_a_course_or_lesson_may_be_chosen(teaching: Client, course: Context, link: ResourceLink) -> None:
    page = make_course(course.platform.unit, live=True, lessons=1)
    lesson = page.get_children().get()
    for name, place in (("course", page), ("lesson", lesson)):
        teaching.post(at(link, "choose/"), {"item": f"{name}-{place.pk}"})
        link.refresh_from_db()
        assert link.page_id == place.pk
    assert "打开课时" in text_of(teaching.get(url(course)))


def test_what_is_not_offered_is_not_chosen(teaching: Client, link: ResourceLink, exam: Exam) -> None:
    foreign = make_exam(unit=make_unit(), closes_at=timezone.now() + timedelta(days=1))
    both = [f"exam-{exam.pk}", f"exam-{make_exam(unit=exam.owner_unit, closes_at=exam.closes_at).pk}"]
    for item in ([f"exam-{foreign.pk}"], [], ["exam-x"], both):
        assert teaching.post(at(link, "choose/"), {"item": item}).status_code == 404
    link.refresh_from_db()
    assert link.exam is None


def test_next_without_a_choice_says_so(teaching: Client, link: ResourceLink) -> None:
    assert "请先选择一项内容" in text_of(teaching.get(at(link, "choose/"), {"step": "confirm"}))


def test_a_link_that_names_its_content_is_changed_in_the_platform(
    teaching: Client, teacher: User, course: Context, exam: Exam
) -> None:
    link = make_link(course, exam=exam)
    named = {"exam": str(exam.pk)}
    make_launch(course, teacher, message_type=claims.RESOURCE_LINK, link=link, custom=named)
    assert "平台中的链接指定了“期中测验”" in text_of(teaching.get(at(link, "choose/")))
    assert teaching.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"}).status_code == 404
    assert teaching.get(at(link, "clear/")).status_code == 404


def test_clearing_is_asked_first(teaching: Client, course: Context, exam: Exam) -> None:
    link = make_link(course, exam=exam)
    assert "已有 0 名学生交卷" in text_of(teaching.get(at(link, "clear/")))
    link.refresh_from_db()
    assert link.exam == exam
    teaching.post(at(link, "clear/"))
    link.refresh_from_db()
    assert link.exam is None
    assert teaching.get(at(link, "clear/")).status_code == 404


def test_the_same_form_again_changes_nothing_more(
    teaching: Client, course: Context, link: ResourceLink, exam: Exam
) -> None:
    learner(course)
    for _ in range(2):
        teaching.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"})
    assert exam.candidates.count() == 1
    assert exam.exam_groups.count() == 1


# ---- a link that opens nothing


def test_a_learner_reads_that_nothing_was_chosen_yet(
    client: Client, course: Context, link: ResourceLink
) -> None:
    client.force_login(learner(course))
    assert "老师还没有选好内容" in text_of(client.get(at(link)))


def test_once_it_was_chosen_the_same_page_sends_back_to_the_platform(
    client: Client, course: Context, link: ResourceLink, exam: Exam
) -> None:
    client.force_login(learner(course))
    ResourceLink.objects.update(exam=exam)
    assert "请从平台的课程里再次打开这个链接" in text_of(client.get(at(link)))


def test_whoever_has_no_standing_reads_that(client: Client, course: Context, link: ResourceLink) -> None:
    client.force_login(make_person(course, Standing.NONE))
    assert "平台没有说明您在课程中的身份" in text_of(client.get(at(link)))


def test_a_link_is_nothing_to_people_of_other_courses_and_to_whoever_left(
    client: Client, course: Context, link: ResourceLink
) -> None:
    gone = learner(course)
    ContextMember.objects.filter(person__user=gone).update(removed_at=timezone.now())
    for user in (make_person(make_context(course.platform)), gone, make_user()):
        client.force_login(user)
        assert client.get(at(link)).status_code == 404


def test_nothing_is_offered_without_a_unit(teaching: Client, link: ResourceLink, exam: Exam) -> None:
    Platform.objects.update(unit=None)
    assert "还没有可以引用的内容" in text_of(teaching.get(at(link, "choose/")))
    assert teaching.post(at(link, "choose/"), {"item": f"exam-{exam.pk}"}).status_code == 404
