"""Every page of the courses in a real Chromium: fits from 320 px on, can be tapped, axe finds nothing; and without
scripts a lesson can be read, opened and left, only no time is recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from courses.index import index_page
from courses.models import LessonPage
from learning.organisation.models import User
from learning.study.models import Coverage, StudySlice
from learning.study.services.enrolling import enrol
from learning.study.services.finishing import record_by_hand
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.browser.studying import FILM_S, make_film
from tests.courses.factories import (
    activity_of,
    make_chapter,
    make_course,
    make_lesson,
    make_material,
    make_topic,
    publish,
)
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.browser

LONG = "入党积极分子培训第一课：从党的性质、宗旨和最高理想说起（附阅读材料与课后练习）"
TEXT = (
    "<p>这段导语由我们自己撰写，用来看字距与行距。</p><h2>一、党的性质</h2><p>" + "学习党章要逐字逐句读原文。" * 8 +
    "</p><ul><li>读原文</li><li>写笔记</li></ul><h2>二、党的宗旨</h2><p>" + "全心全意为人民服务要落在岗位上。" * 8 + "</p>"
)  # fmt: skip


@dataclass(frozen=True)
class World:
    member: User
    pages: dict[str, str]
    book: str


@pytest.fixture(scope="module")
def world(site: Site, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One member with courses in every state, and a lesson with every kind of block."""
    film = make_film(tmp_path_factory.mktemp("film"))
    now = timezone.now()
    with site.database(), override_settings(MEDIA_ROOT=site.file.parent / "media"):
        unit = make_unit(name="电子工程学院学生第一党支部")
        member = make_user(name="欧阳晓明", unit=unit)
        exam = site.exam(member, title="党章基础测验")
        video = make_material(
            unit, data=film, title="入党誓词解读", duration_ms=FILM_S * 1000, width=320, height=180
        )
        audio = make_material(unit, kind="audio", title="导读录音", duration_ms=1_200_000)
        sheets = make_sheets(unit)
        blocks: list[tuple[str, dict[str, Any]]] = [
            ("article", {"title": "导读", "text": TEXT}),
            ("video", {"material": video.pk}),
            ("audio", {"material": audio.pk, "required": False}),
            ("pdf", {"material": sheets.pk, "download": True}),
            ("book", {"title": "党章学习通俗读本", "author": "编写组", "publisher": "某某出版社", "isbn": "9787010000015",
                      "url": "https://library.example/1", "access_note": "请在校园网内打开，或先登录图书馆。"}),
            ("link", {"title": "纪录片（校外网站）", "url": "https://films.example/2", "access_note": "约 40 分钟。"}),
            ("exam", {"exam": exam.pk}),
            ("reflection", {"title": "学习心得", "prompt": "联系自己的岗位，写一写怎样践行宗旨。", "least_words": 800}),
        ]  # fmt: skip
        course = make_course(unit, title=LONG, summary="四课时，由浅入深。", in_order=True, certificate=True)
        chapter = make_chapter(course, title="第一章　总纲")
        first = make_lesson(chapter, title="党的性质", live=True)
        rich = make_lesson(chapter, title="党的宗旨与最高理想", blocks=blocks, live=True)
        closed = make_lesson(course, title="结课", live=True)
        empty = make_lesson(course, title="选读材料", live=True, required=False)
        publish(course)
        enrol(
            activity=activity_of(course),
            users=[member],
            source="audience",
            now=now,
            due_at=now + timedelta(days=3),
        )
        other = make_course(unit, title="发展党员工作流程", live=True, lessons=3)
        enrol(
            activity=activity_of(other),
            users=[member],
            source="audience",
            now=now,
            due_at=now - timedelta(days=3),
        )
        done = make_course(unit, title="党史专题", live=True, lessons=2, certificate=True)
        record_by_hand(
            activity=activity_of(done), users=[member], by=member, reason="线下学过", now=now, minutes=45
        )
        study(member, first, now)
        topic = make_topic(unit, title="读懂党章", summary="从原文开始", intro="<p>先读原文，再读解读。</p>")
        topic.books.create(title="党章学习通俗读本", author="编写组", isbn="9787010000015", sort_order=1,
                           access_note="图书馆三楼社科阅览室", url="https://library.example/1")  # fmt: skip
        topic.books.create(title="党务工作手册", sort_order=2)
        topic.courses.create(course=course, sort_order=1)
        publish(topic)
        bare = make_topic(unit, title="还没有书目的专题")
        publish(bare)
        index: str = index_page().url
        activity = activity_of(rich)
        book = next(part["key"] for part in activity.parts if part["kind"] == "book")
        day = timezone.localdate(now - timedelta(hours=2))
        pages = {
            "home": "/",
            "catalogue": index,
            "nothing fits": f"{index}?show=learning",
            "course": course.url,
            "course done": done.url,
            "lesson done": first.url,
            "lesson": rich.url,
            "lesson closed": closed.url,
            "lesson optional": empty.url,
            "topic": topic.url,
            "topic without books": bare.url,
            "record": f"{reverse('own_study')}?day={day.isoformat()}",
            "how": reverse("study_how"),
            "me": reverse("me"),
        }
    return World(member, pages, reverse("study_open_part", args=[activity.pk, book]))


def make_sheets(unit: Any) -> Any:
    """A document of two pages, drawn as the smallest pictures there are."""
    sheets = make_material(unit, kind="pdf", title="讲义", pages=2)
    crest = Path("learning/project/static/site/favicon-180.png").read_bytes()
    for n, page in enumerate(sheets.pages):
        page.update(
            file=default_storage.save(f"{sheets.folder}/{n}.webp", ContentFile(crest)), width=180, height=180
        )
    sheets.save()
    return sheets


def study(member: User, lesson: LessonPage, now: Any) -> None:
    activity = activity_of(lesson)
    start = now - timedelta(hours=2)
    StudySlice.objects.create(
        user=member, activity=activity, started_at=start, ended_at=start + timedelta(minutes=18)
    )
    record_by_hand(activity=activity, users=[member], by=member, reason="线下学过", now=now)


@pytest.mark.parametrize("width", [320, 360, 390, 1280])
def test_every_page_fits_and_can_be_tapped(
    site: Site, world: World, new_context: NewContext, complaints: list[str], width: int
) -> None:
    context = new_context(world.member, viewport={"width": width, "height": 740})
    page = watch(context.new_page(), complaints)
    for print_size in ("", "2"):
        context.add_cookies([{"name": "dangxiao_large_print", "value": print_size, "url": site.url}])
        for name, url in world.pages.items():
            page.goto(url)
            assert (name, misfits(page)) == (name, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    # The recording has no file: its player says so, and that is the only complaint.
    assert [each for each in complaints if "404" not in each] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_any_page(world: World, new_context: NewContext, width: int) -> None:
    page = new_context(world.member, viewport={"width": width, "height": 740}).new_page()
    found = {}
    for name, url in world.pages.items():
        page.goto(url)
        found[name] = axe(page)
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_without_scripts_a_lesson_is_read_and_opened_and_says_that_no_time_is_recorded(
    site: Site, world: World, new_context: NewContext
) -> None:
    context = new_context(world.member, java_script_enabled=False)
    page = context.new_page()
    page.goto(world.pages["lesson"])
    expect(page.locator("noscript .banner")).to_be_visible()
    expect(page.locator("noscript .banner")).to_contain_text("本页不记录学习时间")
    expect(page.get_by_role("heading", name="一、党的性质")).to_be_visible()
    expect(page.get_by_role("link", name="去考试")).to_be_visible()
    expect(page.get_by_text("已学 0:00/0:06，还差 0:00–0:06")).to_be_visible()
    expect(page.get_by_role("group", name="播放速度")).to_be_hidden()
    context.route("https://library.example/**", lambda route: route.fulfill(body="a library"))
    with context.expect_page() as opened:
        page.get_by_role("button", name="打开电子书").click()
    opened.value.wait_for_url(re.compile("library.example"))
    page.reload()
    expect(page.get_by_text("已打开过")).to_be_visible()
    with site.database():
        assert Coverage.objects.filter(user=world.member, completed_at__isnull=False).exists()


def test_a_member_reaches_the_film_from_home_in_three_taps(world: World, new_context: NewContext) -> None:
    page = new_context(world.member).new_page()
    page.goto("/")
    page.get_by_role("link", name="课程", exact=True).click()
    page.get_by_role("link", name=LONG).click()
    page.get_by_role("link", name="继续学习第 2 课").click()
    expect(page.locator("video")).to_be_visible()
