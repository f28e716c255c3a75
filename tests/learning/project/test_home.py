"""The first page says what needs the member now, in few queries; the copy of one's data holds the exams."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import CoursePage
from learning.organisation.models import GroupRole, Role, User
from learning.organisation.services.groups import keep_staff
from learning.project.agenda import closing_words
from learning.project.context import navigation
from learning.study.models import StudySlice
from learning.study.services.enrolling import enrol
from question_bank.exams.models import Attempt, Exam, ExamGroup
from question_bank.exams.taking.start import start_attempt
from question_bank.exams.taking.submitting import submit_attempt
from tests.courses.factories import activity_of, make_course
from tests.factories import make_attempt, make_exam, make_group, make_unit, make_user

pytestmark = pytest.mark.django_db
PAGE_QUERIES = 19  # exams, courses, the notebook, the year and the rights, each in a few


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def open_exam(user: User, now: datetime, **fields: object) -> Exam:
    return make_exam(
        unit=user.memberships.get().unit,
        candidates=[user],
        **{"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(days=3, hours=1)} | fields,  # type: ignore[arg-type]
    )


def required_course(user: User, now: datetime, *, days: int, title: str) -> CoursePage:
    """A course the user is expected to finish so many days from now."""
    course = make_course(user.memberships.get().unit, title=title, live=True, lessons=1)
    due_at = timezone.localtime(now + timedelta(days=days)).replace(hour=23, minute=59)
    enrol(activity=activity_of(course), users=[user], source="audience", now=now, due_at=due_at)
    return course


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    answer = client.get(reverse("home"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))  # type: ignore[attr-defined]


def test_teacher_of_a_group_is_led_to_the_exams_and_not_to_the_admin(client: Client, now: datetime) -> None:
    teacher, group = make_user(unit=make_unit()), make_group()
    keep_staff(group=group, user=teacher, role=GroupRole.TEACHER, now=now)
    client.force_login(teacher)
    assert reverse("manage_exams") not in client.get(reverse("home")).content.decode()
    ExamGroup.objects.create(exam=make_exam(unit=make_unit()), group=group, at=now)
    page = client.get(reverse("home")).content.decode()
    assert reverse("manage_exams") in page
    assert reverse("wagtailadmin_home") not in page


def test_an_exam_not_yet_sat_is_named_with_the_days_left(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    # 23:59 local time: the days of the calendar are the same at any hour of the test.
    closes_at = timezone.localtime(now + timedelta(days=3)).replace(hour=23, minute=59)
    exam = open_exam(user, now, title="党章考试", closes_at=closes_at)
    client.force_login(user)
    page = client.get(reverse("home")).content.decode()
    assert "3 天后截止：党章考试" in page
    assert reverse("exam_start", args=[exam.pk]) in page


def test_the_menu_offers_leaving_only_to_whom_is_signed_in(client: Client) -> None:
    assert "字号与语言" in client.get(reverse("login")).content.decode()
    client.force_login(make_user(unit=make_unit()))
    assert "字号、语言与退出" in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    ("day", "words"),
    [(22, "今天截止"), (23, "明天截止"), (24, "2 天后截止"), (29, "7 天后截止")],
)
def test_the_days_left_are_those_of_the_calendar(day: int, words: str) -> None:
    assert closing_words(date(2026, 11, day), today=date(2026, 11, 22)) == words


def test_a_late_evening_counts_the_day_of_this_place(client: Client, now: datetime) -> None:
    """00:30 local time is still the day before in UTC."""
    user = make_user(unit=make_unit())
    closes_at = timezone.localtime(now + timedelta(days=2)).replace(hour=0, minute=30)
    open_exam(user, now, closes_at=closes_at)
    client.force_login(user)
    assert "2 天后截止：" in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    ("path", "door"),
    [("/", "home"), ("/practice/", "notebook"), ("/attempts/3/result/", "exam_list"), ("/manage/exams/", "")],
)
def test_the_door_that_a_page_is_behind_is_the_current_one(rf: RequestFactory, path: str, door: str) -> None:
    current = [each["url"] for each in navigation(rf.get(path)) if each["current"]]
    assert current == ([reverse(door)] if door else [])


def test_an_exam_without_a_limit_of_attempts_says_so(client: Client, now: datetime) -> None:
    user = make_user("20260001", name="李明", unit=make_unit(name="支部"))
    exam = open_exam(user, now, max_attempts=999, title="日常练习")
    client.force_login(user)
    for url in (reverse("home"), reverse("exam_list"), reverse("exam_start", args=[exam.pk])):
        page = client.get(url).content.decode()
        assert "不限次数" in page
        assert "999" not in page


def test_an_attempt_under_way_comes_before_everything_else(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    open_exam(user, now, title="另一场")
    exam = open_exam(user, now, title="党史考试")
    attempt = start_attempt(exam_id=exam.pk, user=user, password="", now=now).attempt
    client.force_login(user)
    page = client.get(reverse("home")).content.decode()
    assert "“党史考试”正在进行" in page
    assert reverse("attempt", args=[attempt.pk]) in page


def test_a_member_without_exams_reads_what_to_do_instead(client: Client) -> None:
    client.force_login(make_user(unit=make_unit()))
    page = client.get(reverse("home")).content.decode()
    assert "没有待办的课程和考试" in page
    assert reverse("practice") in page
    assert reverse("wagtailadmin_home") not in page


def test_an_organiser_finds_the_way_to_the_work(client: Client) -> None:
    unit = make_unit()
    client.force_login(make_user(unit=unit, roles=[(Role.SCHOOL_OFFICE, unit)]))
    page = client.get(reverse("home")).content.decode()
    assert reverse("wagtailadmin_home") in page
    assert reverse("manage_exams") in page


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_costs_the_same_for_one_exam_and_course_and_for_twelve(
    client: Client, now: datetime, count: int, django_assert_max_num_queries: object
) -> None:
    user = make_user(unit=make_unit())
    for number in range(count):
        open_exam(user, now)
        lesson = activity_of(required_course(user, now, days=number, title=f"课程{number}")).children.get()
        at = now - timedelta(hours=number + 1)
        StudySlice.objects.create(
            user=user, activity=lesson, started_at=at, ended_at=at + timedelta(minutes=9)
        )
    client.force_login(user)
    client.get(reverse("home"))  # the first visit of all makes the site's look and finds where its pages hang
    with django_assert_max_num_queries(PAGE_QUERIES):  # type: ignore[operator]
        client.get(reverse("home"))


def hand_in(exam: Exam, user: User, at: datetime, answers: dict[int, object] | None = None) -> Attempt:
    attempt = make_attempt(exam, user, now=at, answers=answers)
    submit_attempt(attempt_id=attempt.pk, by=user, client="c1", ops=(), reason="self", now=at)
    attempt.refresh_from_db()
    return attempt


def handed_in_of(page: str) -> str:
    begin = page.index('id="done"')
    return page[begin : page.index("</section>", begin)]


def test_what_was_just_handed_in_is_listed_newest_first_whether_closed_or_not(
    client: Client, now: datetime
) -> None:
    user = make_user(unit=make_unit())
    hours = [timedelta(hours=each) for each in (9, 7, 5, 3)]
    over = open_exam(user, now, title="已经结束", opens_at=now - hours[0], closes_at=now - hours[2])
    again = open_exam(user, now, title="还能再考", opens_at=now - hours[0], max_attempts=3)
    single = open_exam(user, now, title="只考一次", kind="practice", opens_at=now - hours[0])
    open_exam(user, now, title="没有考过")
    hand_in(again, user, now - hours[0])
    hand_in(over, user, now - hours[1])
    hand_in(single, user, now - hours[2])
    last = hand_in(again, user, now - hours[3])
    client.force_login(user)
    answer = client.get(reverse("home"))
    assert [each.exam for each in answer.context["handed_in"]] == [again, single, over]
    listed = handed_in_of(answer.content.decode())
    assert reverse("attempt_result", args=[last.pk]) in listed
    assert "没有考过" not in listed


def test_score_of_what_was_handed_in_shows_as_far_as_it_is_released(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    for title, release in (("不公布", "manual"), ("考完公布", "at_close")):
        hand_in(open_exam(user, now, title=title, score_release=release), user, now)
    waiting = hand_in(open_exam(user, now, title="要人评", kinds=["essay"]), user, now, {1: "论述"})
    assert waiting.state == Attempt.State.MARKING
    client.force_login(user)
    listed = handed_in_of(client.get(reverse("home")).content.decode())
    assert listed.count("成绩尚未公布") == 2
    assert "等待阅卷" in listed
    assert " 分" not in listed
    assert "合格" not in listed
    Exam.objects.filter(title="不公布").update(score_release="at_marked")
    listed = handed_in_of(client.get(reverse("home")).content.decode())
    assert "0/6 分" in listed
    assert listed.count("不合格") == 1


def test_what_was_handed_in_costs_the_same_for_one_exam_and_for_six(client: Client, now: datetime) -> None:
    def cost(count: int) -> int:
        user = make_user(unit=make_unit())
        for _ in range(count):
            hand_in(open_exam(user, now), user, now)
        client.force_login(user)
        client.get(reverse("home"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("home"))
        return len(queries)

    assert cost(1) == cost(6) <= PAGE_QUERIES


def test_the_copy_of_ones_data_holds_ones_answers_and_nothing_unreleased(
    client: Client, now: datetime
) -> None:
    user = make_user(unit=make_unit())
    exam = open_exam(user, now, title="党章考试")
    start_attempt(exam_id=exam.pk, user=user, password="", now=now)
    client.force_login(user)
    said = json.loads(client.get(reverse("me_export")).content)
    attempt = said["exams"]["attempts"][0]
    assert attempt["exam"] == "党章考试"
    assert len(attempt["items"]) == 3
    assert "result" not in attempt


def test_a_course_that_is_due_stands_among_the_exams_by_date(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    course = required_course(user, now, days=2, title="党章导读")
    open_exam(user, now, title="党史考试")
    client.force_login(user)
    page = client.get(reverse("home")).content.decode()
    due = page[page.index('id="due"') :]
    assert due.index("党章导读") < due.index("党史考试")
    assert "2 天后截止：党章导读" in page
    assert course.url in page


def test_a_course_past_its_date_is_said_to_be_so(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    required_course(user, now, days=-1, title="党章导读")
    client.force_login(user)
    page = client.get(reverse("home")).content.decode()
    assert "已过应学完时间：党章导读" in page
    assert "已逾期" in page


def test_what_was_studied_last_is_where_one_goes_on(client: Client, now: datetime) -> None:
    user = make_user(unit=make_unit())
    for title in ("先学的课", "后学的课"):
        course = make_course(user.memberships.get().unit, title=title, live=True, lessons=1)
        lesson = activity_of(course).children.get()
        at = now - timedelta(hours=2 if title == "先学的课" else 1)
        StudySlice.objects.create(
            user=user, activity=lesson, started_at=at, ended_at=at + timedelta(minutes=9)
        )
    client.force_login(user)
    page = client.get(reverse("home")).content.decode()
    assert "继续学习" in page
    resume = page[page.index('id="resume"') : page.index('id="due"')]
    assert "后学的课" in resume
    assert "先学的课" not in resume


def test_the_year_is_shown_against_what_is_expected(client: Client) -> None:
    unit = make_unit()
    client.force_login(make_user(unit=unit, roles=[(Role.SECRETARY, unit)]))
    assert "已得 0/56 学时" in client.get(reverse("home")).content.decode()


def test_the_courses_door_is_the_second_and_current_on_every_course_page(rf: RequestFactory) -> None:
    doors = navigation(rf.get("/courses/anything/"))
    assert [each["label"] for each in doors] == ["首页", "课程", "考试", "错题", "我的"]
    assert [each["current"] for each in doors] == [False, True, False, False, False]
