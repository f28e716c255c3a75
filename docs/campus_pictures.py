"""The part `campus` of take_screenshots.py: a campus platform (the fake Moodle and Sakai of tests/lti/platforms) on a second
site, which shows the demo school in its frame to a browser that blocks third-party cookies."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, expect

from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import LineItem, Refused
from tests.lti.platforms.gradebook import Gradebook
from tests.lti.platforms.launching import CLAIM
from tests.lti.platforms.moodle import Moodle, MoodleGradebook
from tests.lti.platforms.robot import Robot
from tests.lti.platforms.sakai import Sakai

if TYPE_CHECKING:
    from take_screenshots import Studio

COURSE = "马克思主义基本原理（2026 年秋）"
PEOPLE = {"teach": "陈思源", "tina": "林晓", "ana": "苏婉清", "bo": "高子昂", "cy": "罗一帆"}
FORMAL, PRACTICE = "2026年党的基本知识考试", "党章党史日常练习"  # exams of the demo
HEAD = 48  # px
# Playwright switches the partitioning of storage off; of two switches of one name Chromium takes the later.
AS_BROWSERS_ARE = ["--disable-features=Translate", "--test-third-party-cookie-phaseout"]
NO_COOKIE_IN_THE_FRAME = {
    "profile": {
        "content_settings": {"exceptions": {"cookies": {"http://127.0.0.1,http://localhost": {"setting": 2}}}}
    }
}
# The platform's own page around the frame.
DRESS = """([title, head]) => {
  document.head.insertAdjacentHTML("beforeend", '<meta name="viewport" content="width=device-width, initial-scale=1">');
  Object.assign(document.body.style, {margin: 0, background: "#e9ecef"});
  const bar = document.createElement("div");
  bar.textContent = title;
  Object.assign(bar.style, {height: head + "px", lineHeight: head + "px", padding: "0 16px", background: "#343a40",
    color: "#fff", font: "15px/" + head + "px sans-serif", overflow: "hidden", whiteSpace: "nowrap"});
  document.body.prepend(bar);
  Object.assign(document.querySelector("[name=tool]").style,
    {display: "block", width: "100%", height: "calc(100vh - " + head + "px)", border: 0});
}"""


class LockedCells(MoodleGradebook):
    """The grade of "bo" is locked."""

    def check_score(self, score: dict[str, Any], item: LineItem) -> None:
        super().check_score(score, item)
        if score["userId"] == "bo":
            raise Refused(403, "This grade is locked.")


class Teaching(Moodle):
    def make_gradebook(self) -> Gradebook:
        return self.gradebook_of(LockedCells)

    def furnish(self) -> None:
        super().furnish()
        for sub, name in PEOPLE.items():
            self.people[sub].name = name
        self.contexts["course"].title = COURSE


class Other(Sakai):
    def furnish(self) -> None:
        super().furnish()
        self.people["ana"].name = PEOPLE["ana"]
        self.contexts["course"].title = COURSE


def campus(studio: Studio) -> None:
    expect.set_options(timeout=30_000)
    with Teaching(studio.url) as moodle, Other(studio.url) as sakai, as_browsers_are(studio) as framed:
        register(studio, moodle)
        teacher(framed, moodle)
        student(framed, moodle)
        visits(moodle)
        with studio.signed_in(studio.logins["administrator"], phone=False) as page:
            invite(studio, page, sakai)
            platforms(studio, page)
        with studio.signed_in(studio.logins["organiser"], phone=False) as page:
            grades(studio, page)
        new_window(studio, sakai)


@contextmanager
def as_browsers_are(studio: Studio) -> Iterator[Studio]:
    """The studio with a browser that blocks third-party cookies and keeps partitioned ones."""
    framed = copy(studio)
    framed.browser = studio.launch(*AS_BROWSERS_ARE)
    yield framed
    framed.browser.close()


def register(studio: Studio, moodle: Platform) -> None:
    """By hand, as the handbook says."""
    with studio.signed_in(studio.logins["administrator"], phone=False) as page:
        studio.go(page, "/admin/lti/platforms/new/?dialect=moodle&host=https://moodle.example.edu.cn")
        studio.take(page, "administrator-platform-new", full=True, tallest=1500)
        for name, value in (moodle.details() | {"name": "教学平台", "origins": moodle.url}).items():
            page.fill(f"[name={name}]", value)
        for name in ("unit", "default_unit"):
            page.select_option(f"[name={name}]", index=1)
        page.check("[name=allow_insecure_loopback]")
        page.get_by_role("button", name="登记", exact=True).click()
        page.wait_for_url(re.compile(r"/platforms/\d+/$"))


def teacher(studio: Studio, moodle: Platform) -> None:
    """Chooses by deep linking, and looks at the course's page once its students came."""
    for link in ("exam", "course"):
        moodle.add_link(link)
    for phone in (False, True):
        context = studio.context(phone=phone)
        page = show(context, moodle, "teach", "exam", choosing=True)
        tool(page).get_by_role("checkbox", name=PRACTICE).check()
        tool(page).get_by_role("checkbox", name=FORMAL).check()
        take(studio, page, "teacher-picker-phone" if phone else "teacher-picker", tallest=900)
        if not phone:
            tool(page).get_by_role("button", name="课程", exact=False).first.click()
            tool(page).locator(".option", has_text="整门课程").first.locator("input").check()
            tool(page).get_by_role("button", name="下一步").click()
            expect(tool(page).get_by_label("成绩列的名称").first).to_be_visible()
            take(studio, page, "teacher-picker-columns", tallest=1100)
            tool(page).get_by_role("button", name="放入课程").click()
            expect(tool(page).get_by_text("The links are in the course.")).to_be_visible()
        context.close()
    moodle.choosing.save()  # type: ignore[attr-defined]  # Moodle's teacher saves the filled form


def student(studio: Studio, moodle: Platform) -> None:
    links = {link.title: link.id for link in moodle.choosing.made}
    context = studio.context(phone=True)
    page = show(context, moodle, "ana", links[FORMAL])
    answer(page, 4)
    studio.take(page, "member-frame-exam")
    context.close()
    for sub in ("ana", "bo"):
        context = studio.context(phone=True)
        page = show(context, moodle, sub, links[PRACTICE])
        answer(page, 3)
        tool(page).locator("[data-open-sheet]").click()
        tool(page).locator("#answer-sheet .actions .button").last.click()
        tool(page).locator("#confirm-submit .actions .button").last.click()
        expect(tool(page).get_by_text("回执号").first).to_be_visible()
        if sub == "ana":
            for _ in range(20):
                if tool(page).get_by_text("已发送到校园平台").count():
                    break
                page.wait_for_timeout(2000)
                frame_of(page).evaluate("location.reload()")
                page.wait_for_load_state("networkidle")
            expect(tool(page).get_by_text("已发送到校园平台").first).to_be_visible()
            studio.take(page, "member-grade-sent")
        context.close()
    for phone in (False, True):
        context = studio.context(phone=phone)
        page = show(context, moodle, "teach", links[PRACTICE])
        if not phone:
            tool(page).get_by_role("button", name="同步名单").click()
            expect(tool(page).get_by_text("已开始同步名单")).to_be_visible()
            page.wait_for_timeout(31_000)  # until it may be asked for again
            page = show(context, moodle, "teach", links[FORMAL])
        expect(tool(page).get_by_text("在名单中").first).to_be_visible()
        take(studio, page, "teacher-course-phone" if phone else "teacher-course", tallest=1700)
        context.close()


def answer(page: Page, questions: int) -> None:
    """Begins what the frame offers and answers its first questions."""
    tool(page).locator("[data-start] button.button--large").click()
    expect(tool(page).locator("html[data-player=ready]")).to_be_attached()
    for number in range(questions):
        if number:
            tool(page).locator("[data-next]").click()
        tool(page).locator("[data-question] .option").first.click()
        expect(tool(page).locator("[data-save-state]")).to_have_attribute("data-state", "saved")


def visits(moodle: Platform) -> None:
    """What the launch inspector shows besides."""
    link, now = moodle.choosing.made[0].id, int(time.time())
    Robot().launch(moodle.begin("cy", link))
    for changes in (
        {CLAIM + "deployment_id": "7"},
        {"iat": now - 7200, "exp": now - 3600},
        {"aud": "another-tool"},
    ):
        Robot().launch(moodle.begin("cy", link, changes=changes))
    Robot().launch(moodle.begin("tina", link))


def invite(studio: Studio, page: Page, sakai: Platform) -> None:
    studio.go(page, "/admin/lti/invitations/new/")
    page.fill("[name=name]", "研究生课程平台")
    page.select_option("[name=unit]", index=1)
    page.check("[name=allow_insecure_loopback]")
    page.get_by_role("button", name="生成链接").click()
    page.wait_for_load_state("networkidle")
    studio.take(page, "administrator-invitation", full=True)
    address = page.locator("[id*=invitation]").first.inner_text().strip()
    page.goto(sakai.registering.url(address))
    expect(page.get_by_role("heading", name="注册完成")).to_be_visible()


def platforms(studio: Studio, page: Page) -> None:
    studio.go(page, "/admin/lti/")
    studio.take(page, "administrator-platforms")
    page.locator("main tbody th a", has_text="教学平台").last.click()
    page.wait_for_load_state("networkidle")
    studio.take(page, "administrator-platform", full=True, tallest=1700)
    room = page.url.removeprefix(studio.url)
    studio.go(page, f"{room}check/")
    page.get_by_role("button", name="开始检查").click()
    expect(page.get_by_role("button", name="再检查一次")).to_be_visible(timeout=90_000)
    studio.take(page, "administrator-platform-check", full=True)
    studio.go(page, "/admin/lti/launches/")
    studio.take(page, "administrator-launches")
    page.locator("main tbody tr", has_text="unknown_deployment").locator("a").first.click()
    page.wait_for_load_state("networkidle")
    studio.take(page, "administrator-launch", full=True, tallest=1200)
    studio.go(page, "/admin/lti/")
    page.locator("main tbody tr", has_text="待批准").first.locator("th a").click()
    page.wait_for_load_state("networkidle")
    for name in ("unit", "default_unit"):
        page.select_option(f"[name={name}]", index=1)
    page.get_by_role("button", name="批准“").first.click()
    page.wait_for_load_state("networkidle")


def grades(studio: Studio, page: Page) -> None:
    studio.go(page, f"/admin/exams/{studio.practice}/grades/")
    studio.take(page, "organiser-grades")


def new_window(studio: Studio, sakai: Platform) -> None:
    """A browser that keeps no cookie in the frame: what stands there then."""
    sakai.links["exam"].custom = {"exam": studio.practice}
    course = sakai.contexts["course"]
    course.client = list(sakai.clients.values())[-1]  # as it has registered us
    course.deployment_id = course.client.deployments[0]
    folder = studio.folder / "no-cookie"
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Preferences").write_text(json.dumps(NO_COOKIE_IN_THE_FRAME))
    context = studio.persistent(folder, *AS_BROWSERS_ARE)
    page = show(context, sakai, "ana", "exam")
    expect(tool(page).locator("main").get_by_role("button", name="在新窗口打开")).to_be_visible()
    studio.take(page, "member-new-window")
    context.close()


def show(context: BrowserContext, platform: Platform, sub: str, link: str, *, choosing: bool = False) -> Page:
    """The platform's course in a new tab, the tool in its frame."""
    page = context.new_page()
    page.goto(f"{platform.url}/course?user={sub}&link={link}" + ("&dl=1" if choosing else ""))
    page.evaluate(DRESS, [COURSE, HEAD])
    page.wait_for_load_state("networkidle")
    return page


def tool(page: Page) -> FrameLocator:
    return page.frame_locator("[name=tool]")


def frame_of(page: Page) -> Frame:
    found = page.frame(name="tool")
    assert found is not None
    return found


def take(studio: Studio, page: Page, name: str, *, tallest: int) -> None:
    """With the frame as tall as what stands in it."""
    size = page.viewport_size
    assert size is not None
    height = int(frame_of(page).evaluate("document.documentElement.scrollHeight")) + HEAD
    page.set_viewport_size({"width": size["width"], "height": max(min(height, tallest), size["height"])})
    studio.take(page, name)
    page.set_viewport_size(size)
