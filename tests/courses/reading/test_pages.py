"""The member's pages of the courses: who sees what, what they say, what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.models import CoursePage, LessonPage
from learning.organisation.models import Role, Unit, User
from learning.study.models import Coverage, Enrolment
from learning.study.services.enrolling import enrol
from learning.study.services.finishing import record_by_hand
from tests.conftest import WrittenOnce
from tests.courses.factories import (
    activity_of,
    index_page,
    make_chapter,
    make_course,
    make_lesson,
    make_material,
    make_topic,
    publish,
)
from tests.factories import make_exam, make_unit, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
MOST_QUERIES = 15
EXAM_QUERIES = 3  # where the member stands with them
CHOSEN_QUERIES = 5  # rows that blocks of a kind name: video, audio, PDF, practice, exam
TEXT = f"<h2>总纲</h2><p>{'学' * 100}</p><h2>党员</h2><p>{'学' * 100}</p>"


@dataclass(frozen=True)
class World:
    unit: Unit
    member: User
    course: CoursePage
    lessons: list[LessonPage]


@pytest.fixture(scope="module")
def world_of_all(written_once: WrittenOnce) -> World:
    made: World = written_once(make_world)
    return made


@pytest.fixture
def world(world_of_all: World, db: None) -> World:
    """The same rows, in objects of the test's own."""
    made = world_of_all
    return World(
        Unit.objects.get(pk=made.unit.pk),
        User.objects.get(pk=made.member.pk),
        CoursePage.objects.get(pk=made.course.pk),
        [LessonPage.objects.get(pk=lesson.pk) for lesson in made.lessons],
    )


def make_world() -> World:
    """A course in order: one chapter with two lessons, and one lesson below the course itself."""
    index_page()
    unit = make_unit()
    course = make_course(unit, title="党章导读", in_order=True)
    chapter = make_chapter(course, title="第一章 总纲")
    lessons = [
        make_lesson(chapter, title="党的性质", live=True),
        make_lesson(chapter, title="党的宗旨", live=True),
        make_lesson(course, title="结课", live=True, required=False),
    ]
    publish(course)
    return World(unit, make_user(unit=unit), course, lessons)


def done(user: User, page: LessonPage) -> None:
    """The lesson is entered as finished."""
    office = make_user()
    record_by_hand(activity=activity_of(page), users=[user], by=office, reason="线下学过", now=timezone.now())


def get(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_a_stranger_is_sent_to_the_login(client: Client, world: World) -> None:
    for url in (index_page().url, world.course.url, world.lessons[0].url, reverse("own_study")):
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("login"))


def test_a_course_of_another_unit_does_not_exist(client: Client, world: World) -> None:
    client.force_login(make_user(unit=make_unit()))
    assert "党章导读" not in get(client, index_page().url)
    assert client.get(world.course.url).status_code == 404
    assert client.get(world.lessons[0].url).status_code == 404


def test_a_withdrawn_lesson_does_not_exist(client: Client, world: World) -> None:
    client.force_login(world.member)
    world.lessons[0].unpublish()
    assert client.get(world.lessons[0].url).status_code == 404


def test_an_organiser_of_the_unit_looks_without_being_recorded(client: Client, world: World) -> None:
    world.course.audience_statuses = ["probationary"]
    publish(world.course)
    office = make_user(unit=world.unit, roles=[(Role.SCHOOL_OFFICE, world.unit)])
    client.force_login(office)
    page = get(client, world.lessons[0].url)
    assert "不记录学习时间" in page
    assert "lesson-data" not in page


def test_the_catalogue_says_how_far_one_is_and_filters_by_the_address(client: Client, world: World) -> None:
    make_course(world.unit, title="党史专题", live=True, lessons=1)
    client.force_login(world.member)
    done(world.member, world.lessons[0])
    index = index_page().url
    assert "已学 33%，学完 1/3 课" in get(client, index)
    learning = get(client, f"{index}?show=learning")
    assert "党章导读" in learning
    assert "党史专题" not in learning
    assert "没有符合条件的课程" in get(client, f"{index}?show=done")
    assert "党史专题" in get(client, f"{index}?show=nonsense")


def test_what_is_expected_comes_first_and_says_until_when(client: Client, world: World) -> None:
    due_at = timezone.now() - timedelta(days=1)
    make_course(world.unit, title="一门选修", live=True, lessons=1)
    enrol(
        activity=activity_of(world.course), users=[world.member], source="audience", now=due_at, due_at=due_at
    )
    client.force_login(world.member)
    page = get(client, index_page().url)
    assert page.index("党章导读") < page.index("一门选修")
    assert "已逾期" in page
    assert "一门选修" not in get(client, f"{index_page().url}?show=required")


def test_a_member_without_courses_reads_why(client: Client) -> None:
    index_page()
    client.force_login(make_user(unit=make_unit()))
    assert "还没有您可以学习的课程" in get(client, index_page().url)


def test_the_outline_says_the_state_of_each_lesson_and_what_opens_the_next(
    client: Client, world: World
) -> None:
    client.force_login(world.member)
    page = get(client, world.course.url)
    assert "第一章 总纲" in page
    assert "学完“党的性质”后开放" in page
    assert world.lessons[1].url not in page
    assert "开始学习" in page
    done(world.member, world.lessons[0])
    page = get(client, world.course.url)
    assert world.lessons[1].url in page
    assert "学完“党的宗旨”后开放" in page
    assert "继续学习第 2 课" in page


@pytest.mark.parametrize(
    ("lessons", "words"),
    [
        (2, "学完“第 1 课”后开放"),
        (4, "学完“第 1 课”、“第 2 课”、“第 3 课”后开放"),
        (5, "学完“第 1 课”、“第 2 课”等 4 课后开放"),
        (9, "学完“第 1 课”、“第 2 课”等 8 课后开放"),
    ],
)
def test_a_closed_lesson_names_all_that_open_it_or_of_many_the_first_and_the_count(
    client: Client, world: World, lessons: int, words: str
) -> None:
    course = make_course(world.unit, in_order=True)
    pages = [make_lesson(course, title=f"第 {n} 课", live=True) for n in range(1, lessons + 1)]
    publish(course)
    client.force_login(world.member)
    assert words in get(client, course.url)
    assert words in get(client, pages[-1].url)


def test_a_closed_lesson_shows_what_opens_it_and_nothing_else(client: Client, world: World) -> None:
    client.force_login(world.member)
    page = get(client, world.lessons[1].url)
    assert "学完“党的性质”后开放" in page
    assert "学" * 60 not in page
    done(world.member, world.lessons[0])
    assert "学" * 60 in get(client, world.lessons[1].url)


def test_the_next_lesson_says_why_it_is_closed_until_this_one_is_done(client: Client, world: World) -> None:
    client.force_login(world.member)
    page = get(client, world.lessons[0].url)
    assert "学完本课后开放。" in page
    assert "data-when-completed hidden>下一课" in page.replace("\n", "")
    done(world.member, world.lessons[0])
    page = get(client, world.lessons[0].url)
    assert "学完本课后开放。" not in page
    assert world.lessons[1].url in page


def test_a_chapter_leads_to_its_course(client: Client, world: World) -> None:
    client.force_login(world.member)
    answer = client.get(world.lessons[0].get_parent().url)
    assert answer.status_code == 302
    assert answer["Location"] == world.course.url


@pytest.fixture
def rich(world: World) -> LessonPage:
    """A lesson with every kind of block."""
    exam = make_exam(unit=world.unit, candidates=[world.member], opens_at=timezone.now() - timedelta(hours=1),
                     closes_at=timezone.now() + timedelta(days=1), title="党章测验")  # fmt: skip
    practice = make_exam(unit=world.unit, kind="practice", title="课后练习")
    blocks: list[tuple[str, dict[str, Any]]] = [
        ("article", {"title": "导读", "text": TEXT}),
        ("video", {"material": make_material(world.unit, title="录像").pk}),
        ("audio", {"material": make_material(world.unit, kind="audio", title="录音").pk}),
        ("pdf", {"material": make_material(world.unit, kind="pdf", pages=3, title="讲义").pk}),
        ("book", {"title": "通俗读本", "author": "编写组", "url": "https://library.example/1"}),
        ("link", {"title": "纪录片", "url": "https://films.example/2", "access_note": "校园网内打开"}),
        ("exam", {"exam": exam.pk}),
        ("practice", {"exam": practice.pk}),
        ("reflection", {"title": "学习心得", "prompt": "联系实际。", "least_words": 800}),
    ]
    course = make_course(world.unit, title="综合课", rate_max="1.5")
    lesson = make_lesson(course, title="综合课时", blocks=blocks, live=True)
    publish(course)
    return lesson


def test_a_lesson_shows_every_kind_of_block_with_the_members_state(
    client: Client, world: World, rich: LessonPage
) -> None:
    client.force_login(world.member)
    page = get(client, rich.url)
    for words in ("导读", "已读 0/2 节，还差：总纲、党员", "已学 0/10 分钟，还差第 0–10 分钟", "已读 0/3 页",
                  "《通俗读本》", "校园网内打开", "去考试", "您不在这场考试的考生名单里", "写心得", "不少于 800 字"):  # fmt: skip
        assert words in page, words
    assert 'data-rate="1.5"' in page
    assert 'data-rate="2"' not in page
    assert "这是怎样计算的" in page


def test_opening_a_book_is_recorded_and_leads_on(client: Client, world: World, rich: LessonPage) -> None:
    activity = activity_of(rich)
    key = next(part["key"] for part in activity.parts if part["kind"] == "book")
    url = reverse("study_open_part", args=[activity.pk, key])
    client.force_login(world.member)
    assert client.get(url).status_code == 405
    answer = client.post(url)
    assert answer.status_code == 200
    assert "https://library.example/1" in answer.content.decode()
    row = Coverage.objects.get(user=world.member, activity=activity, part=key)
    assert row.completed_at is not None
    assert "已打开过" in get(client, rich.url)


def test_only_what_is_a_link_of_an_open_lesson_can_be_opened(
    client: Client, world: World, rich: LessonPage
) -> None:
    activity = activity_of(rich)
    text = next(part["key"] for part in activity.parts if part["kind"] == "text")
    book = next(part["key"] for part in activity.parts if part["kind"] == "book")
    client.force_login(world.member)
    for pk, key in ((activity.pk, text), (activity.pk, "nothing"), (activity.pk + 999, book)):
        assert client.post(reverse("study_open_part", args=[pk, key])).status_code == 404
    client.force_login(make_user(unit=make_unit()))
    assert client.post(reverse("study_open_part", args=[activity.pk, book])).status_code == 404
    assert not Coverage.objects.exists()


def test_a_topic_shows_its_books_and_courses_to_units_below_only(client: Client, world: World) -> None:
    topic = make_topic(world.unit, title="党章专题", summary="读原文")
    topic.books.create(title="党章学习读本", author="编写组", isbn="9787010000015", sort_order=1)
    topic.courses.create(course=world.course, sort_order=1)
    publish(topic)
    client.force_login(make_user(unit=make_unit(parent=Unit.objects.get(pk=world.unit.pk))))
    assert "党章专题" in get(client, index_page().url)
    page = get(client, topic.url)
    assert "《党章学习读本》" in page
    assert "党章导读" in page
    client.force_login(make_user(unit=make_unit()))
    assert client.get(topic.url).status_code == 404


def test_who_teaches_stands_on_the_course_and_on_its_card(client: Client, world: World) -> None:
    client.force_login(world.member)
    assert "主讲人" not in get(client, world.course.url)
    world.course.teacher = "周慎之、柳青"
    publish(world.course)
    assert "主讲人：周慎之、柳青" in get(client, world.course.url)
    assert "周慎之、柳青" in get(client, index_page().url)


@pytest.mark.parametrize("size", [1, 12])
def test_the_pages_cost_the_same_for_one_lesson_and_for_twelve(
    client: Client, world: World, size: int, django_assert_max_num_queries: Any
) -> None:
    """With the sign-in and the site's look, which every page asks for."""
    for n in range(size):
        make_course(world.unit, title=f"课程甲{n}", live=True, lessons=1)
        make_lesson(world.course, live=True)
    publish(world.course)
    video = [("video", {"material": make_material(world.unit).pk}), ("article", {"text": TEXT})]
    film = make_lesson(make_course(world.unit), blocks=video, live=True)
    publish(film.get_parent().specific)
    client.force_login(world.member)
    for url in (index_page().url, world.course.url, world.lessons[0].url, film.url):
        get(client, url)  # Wagtail looks for its sites once
        with django_assert_max_num_queries(MOST_QUERIES):
            get(client, url)


def test_a_lesson_with_everything_asks_once_for_each_kind_of_thing(
    client: Client, world: World, rich: LessonPage, django_assert_max_num_queries: Any
) -> None:
    client.force_login(world.member)
    get(client, rich.url)
    with django_assert_max_num_queries(MOST_QUERIES + EXAM_QUERIES + CHOSEN_QUERIES):
        get(client, rich.url)


def test_whoever_begins_by_choice_is_not_expected_to(client: Client, world: World) -> None:
    client.force_login(world.member)
    enrol(
        activity=activity_of(world.course),
        users=[world.member],
        source=Enrolment.Source.SELF,
        now=timezone.now(),
    )
    assert "必修</span>" not in get(client, index_page().url)
