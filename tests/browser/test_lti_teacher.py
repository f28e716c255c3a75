"""The picker and the teacher's page of a campus course in a real Chromium: both widths, by keyboard, without script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import jwt
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from learning.organisation.models import User
from lti.core import claims
from lti.models import Context, Launch, LineItem
from lti.services import teaching
from lti.services.targets import Target
from question_bank.exams.models import Exam
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.courses.factories import make_course
from tests.factories import make_exam, make_unit
from tests.lti.factories import Standing, make_context, make_link, make_person, make_platform
from tests.lti.launching import make_launch

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
WIDTHS = [{"width": 360, "height": 740}, {"width": 1280, "height": 800}]


class Campus(HTTPServer):
    """Takes back deep links at another host than the site's; `taken` are the tokens that it was sent."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        super().__init__(("127.0.0.1", 0), Taking)
        self.url = f"http://localhost:{self.server_port}"


class Taking(BaseHTTPRequestHandler):
    server: Campus

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.taken += form["JWT"]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Campus</title><h1>Taken</h1>")

    def do_GET(self) -> None:
        """The browser asks for an icon."""
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def campus() -> Iterator[Campus]:
    server = Campus()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def course(site: Site, campus: Campus) -> Context:
    with site.database():
        platform = make_platform(
            make_unit(make_unit()), name="教学平台", allow_insecure_loopback=True, origins=campus.url
        )
        return make_context(
            platform, title="马克思主义基本原理（2026 年秋季）", roster_url=f"{campus.url}/memberships"
        )


@pytest.fixture
def teacher(site: Site, course: Context) -> User:
    with site.database():
        return make_person(course, Standing.INSTRUCTOR)


@pytest.fixture
def visit(teacher: User, new_context: NewContext, complaints: list[str]) -> Iterator[Visit]:
    """`visit(user, **playwright options)`: a page of the teacher's, or of somebody else's, that complains of nothing."""
    yield lambda user=None, **options: watch(new_context(user or teacher, **options).new_page(), complaints)
    assert complaints == []


def open_exam(course: Context, title: str) -> Exam:
    now = timezone.now()
    window = {"opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(hours=2)}
    return make_exam(unit=course.platform.unit, title=title, **window)


def picker(campus: Campus, course: Context, teacher: User) -> Launch:
    address = {"deep_link_return_url": f"{campus.url}/deep-links/1"}
    return make_launch(course, teacher, at=timezone.now(), settings=address)


def fits(page: Page) -> None:
    assert misfits(page) == [], page.url
    assert axe(page) == [], page.url


@pytest.mark.parametrize("size", WIDTHS)
def test_a_teacher_puts_exam_and_lesson_into_the_course(
    site: Site, campus: Campus, course: Context, teacher: User, visit: Visit, size: dict[str, int]
) -> None:
    with site.database():
        exam = open_exam(course, "党章基础考试")
        page_of_course = make_course(course.platform.unit, live=True, lessons=2, title="党史十讲")
        lesson = page_of_course.get_children().first()
        launch = picker(campus, course, teacher)
    page = visit(viewport=size)
    page.goto(f"/lti/picker/{launch.pk}/")
    fits(page)
    page.get_by_role("checkbox", name="党章基础考试").check()
    page.get_by_role("button", name="课程", exact=False).first.click()
    expect(page.get_by_text("在其他页已选 1 项")).to_be_visible()
    fits(page)
    page.get_by_role("checkbox", name=lesson.title).check()
    page.get_by_role("button", name="下一步").click()
    fits(page)
    page.get_by_label("成绩列的名称").fill("期中")
    page.get_by_role("button", name="放入课程").click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    (token,) = campus.taken
    items = jwt.decode(token, options={"verify_signature": False})[claims.CONTENT_ITEMS]
    assert [item["custom"].get("exam") for item in items] == [str(exam.pk), None]
    assert items[1]["custom"]["lesson"] == str(lesson.pk)
    assert items[0]["lineItem"]["label"] == "期中"


def test_without_script_a_button_leads_back(
    site: Site, campus: Campus, course: Context, teacher: User, visit: Visit
) -> None:
    with site.database():
        launch = picker(campus, course, teacher)
    page = visit(java_script_enabled=False)
    page.goto(f"/lti/picker/{launch.pk}/")
    page.get_by_role("button", name="不选择，返回平台").click()
    page.get_by_role("button", name="返回平台").click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert jwt.decode(campus.taken[0], options={"verify_signature": False})[claims.CONTENT_ITEMS] == []


def test_enter_in_the_search_box_searches(
    site: Site, campus: Campus, course: Context, teacher: User, visit: Visit
) -> None:
    with site.database():
        open_exam(course, "党章基础考试")
        open_exam(course, "党史知识测验")
        launch = picker(campus, course, teacher)
    page = visit()
    page.goto(f"/lti/picker/{launch.pk}/")
    page.get_by_label("查找考试或课程").fill("党史")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="党史知识测验")).to_be_visible()
    expect(page.get_by_role("checkbox", name="党章基础考试")).to_have_count(0)


@pytest.mark.parametrize("size", WIDTHS)
def test_the_pages_of_a_course_fit_and_are_accessible(
    site: Site, course: Context, teacher: User, visit: Visit, size: dict[str, int]
) -> None:
    with site.database():
        exam, other = open_exam(course, "党章基础考试"), open_exam(course, "党史知识测验")
        bound = make_link(course, title="第一次测验")
        empty = make_link(course, title="一个标题很长很长、长到在手机上要折成好几行才放得下的平台链接")
        make_link(course, title="党史十讲", page=make_course(course.platform.unit, live=True, lessons=1))
        make_link(course, title="旧测验", exam=make_exam(unit=make_unit()))
        people = [make_person(course) for _ in range(55)]
        course.members.filter(person__user=people[0]).update(removed_at=timezone.now())
        teaching.bind_link(link=bound, target=Target(exam=exam), by=teacher, now=timezone.now())
        Context.objects.filter(pk=course.pk).update(roster_problem="scope_refused", roster_at=timezone.now())
        assert not LineItem.objects.filter(context=course).exists()
    page = visit(viewport=size)
    page.goto(f"/lti/contexts/{course.pk}/")
    expect(page.get_by_role("heading", name="第一次测验")).to_be_visible()
    fits(page)
    for address in (
        f"/lti/links/{empty.pk}/choose/",
        f"/lti/links/{bound.pk}/choose/?item=exam-{other.pk}&step=confirm",
        f"/lti/links/{bound.pk}/clear/",
        f"/lti/contexts/{course.pk}/?q=没有此人",
        f"/lti/contexts/{course.pk}/?page=2",
    ):
        page.goto(address)
        fits(page)
    with site.database():
        learner = people[1]
    member = visit(learner, viewport=size)
    member.goto(f"/lti/links/{empty.pk}/")
    expect(member.get_by_text("老师还没有选好内容")).to_be_visible()
    fits(member)
