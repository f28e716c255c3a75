"""A student in the campus platform's frame, on another site, in a browser that blocks third-party cookies."""
# ruff: noqa: F811 — fixtures are imported

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Request, expect

from lti.models import Deployment
from lti.models import Platform as Registration
from question_bank.exams.models import Attempt
from tests.browser.conftest import AXE, OVERFLOWING, PHONE, TOO_SMALL, VIOLATIONS, Site
from tests.browser.lti_sites import (  # noqa: F401
    Campus,
    NewDevice,
    campus,
    campus_at,
    cookie_blocking_browser,
    cookieless_device,
    new_device,
    tool,
    tool_frame,
)
from tests.browser.playing import eventually, ready
from tests.courses.factories import make_course, make_lesson, publish
from tests.lti.platforms.base import Platform
from tests.lti.platforms.canvas import Canvas
from tests.lti.platforms.sakai import Sakai

pytestmark = pytest.mark.browser


def begin(page: Page) -> None:
    tool(page).get_by_role("button", name="开始考试").click()
    expect(tool(page).locator("html[data-player=ready]")).to_be_attached()


def answer(page: Page, option: int) -> None:
    tool(page).locator(".option").nth(option).click()
    expect(tool(page).locator("[data-save-state]")).to_have_attribute("data-state", "saved")


def attempt_of(site: Site, campus: Campus, sub: str) -> Attempt | None:
    """The newest of the person whom the platform calls `sub`."""
    known = {"user__platform_users__sub": sub, "user__platform_users__platform": campus.row}
    with site.database():
        return Attempt.objects.filter(**known).order_by("-pk").first()


def answers(site: Site, campus: Campus, sub: str) -> dict[int, Any]:
    attempt = attempt_of(site, campus, sub)
    if attempt is None:
        return {}
    with site.database():
        return dict(attempt.items.exclude(answer=None).values_list("slot", "answer"))


def in_order(frame: Frame | Page) -> None:
    """Nothing for axe, nothing cut off, nothing too small to press."""
    frame.evaluate(AXE)
    assert frame.evaluate(VIOLATIONS) == []
    assert [*frame.evaluate(OVERFLOWING), *frame.evaluate(TOO_SMALL)] == []


# What the player does when the attempt's token has run out; for the next person it would begin an attempt.
RENEW = """async () => {
  const data = JSON.parse(document.getElementById("player-data").textContent);
  const answer = await fetch(data.urls.renew, {method: "POST", credentials: "same-origin", body: "{}",
    headers: {"Content-Type": "application/json", "X-CSRFToken": data.csrf_token}});
  return answer.status;
}"""


def cookies_sent(context: BrowserContext, act: Callable[[], object]) -> str:
    with context.expect_event("request") as asking:
        act()
    request: Request = asking.value
    return request.all_headers().get("cookie", "")


def test_browser_of_these_tests_blocks_third_party_cookies_and_keeps_partitioned_ones(
    campus: Campus, new_device: NewDevice
) -> None:
    campus.exam("final")
    context = new_device()
    page = campus.open(context, "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()
    frame = tool_frame(page)
    frame.evaluate("""() => {
      document.cookie = "plain=1; SameSite=None; Secure; path=/";
      document.cookie = "lax=1; path=/";
      document.cookie = "apart=1; SameSite=None; Secure; Partitioned; path=/";
    }""")
    sent = cookies_sent(
        context, lambda: frame.evaluate("() => fetch('/healthz').then((said) => said.text())")
    )
    names = {each.partition("=")[0] for each in sent.split("; ")}
    assert "apart" in names
    assert not {"plain", "lax"} & names
    page.goto(f"{campus.site.url}/healthz")
    assert "apart" not in page.evaluate("document.cookie"), "what the frame keeps is the frame's alone"


def test_student_sits_an_exam_in_the_frame_and_the_grade_is_in_the_gradebook(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("final", score_release="at_marked")
    page = campus.open(new_device(), "ana", "final")
    begin(page)
    answer(page, 1)
    assert set(answers(site, campus, "ana")) == {1}
    tool(page).locator("[data-next]").click()
    answer(page, 0)
    tool(page).locator("[data-next]").click()
    answer(page, 0)
    tool(page).get_by_role("button", name="去交卷").click()
    tool(page).locator("#answer-sheet").get_by_role("button", name="交卷").click()
    tool(page).get_by_role("button", name="确认交卷").click()
    expect(tool(page).get_by_role("heading", name="交卷回执")).to_be_visible()
    attempt = attempt_of(site, campus, "ana")
    assert attempt is not None
    assert attempt.exam_id == exam.pk
    assert attempt.submitted_at is not None
    with site.database():
        attempt.refresh_from_db()
    eventually(page, lambda: campus.platform.gradebook.shown("ana") is not None)
    shown = campus.platform.gradebook.shown("ana")
    assert shown is not None
    assert shown["resultScore"] / shown["resultMaximum"] == pytest.approx(
        float(attempt.score / attempt.max_score)
    )


def test_student_studies_a_lesson_in_the_frame(site: Site, campus: Campus, new_device: NewDevice) -> None:
    with site.database():
        course = make_course(campus.unit)
        lesson = make_lesson(course, blocks=[("article", {"text": "<p>" + "读" * 50 + "</p>"})], live=True)
        publish(course)
    campus.platform.add_link("lesson", custom={"lesson": str(lesson.pk)})
    page = campus.open(new_device(viewport=PHONE), "ana", "lesson")
    # A session of study begins by a script's POST: its proof against forgery was good.
    expect(tool(page).locator("[data-lesson][data-session]")).to_be_attached()
    expect(tool(page).locator(".frame-bar")).to_be_visible()
    in_order(tool_frame(page))


def test_book_of_another_site_opens_in_a_window_and_is_recorded(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    book = {"title": "党章", "url": "https://books.example/1"}
    with site.database():
        course = make_course(campus.unit)
        lesson = make_lesson(course, blocks=[("link", book)], live=True)
        publish(course)
    campus.platform.add_link("lesson", custom={"lesson": str(lesson.pk)})
    context = new_device()
    context.route("https://books.example/**", lambda route: route.fulfill(body="the book"))
    page = campus.open(context, "ana", "lesson")
    tool(page).locator("form[action*=parts] button").click()
    link = tool(page).get_by_role("link", name="打开")
    with context.expect_page() as opening:
        link.click()
    opening.value.wait_for_url("https://books.example/1")
    tool(page).get_by_role("link", name="返回课时").click()
    expect(tool(page).get_by_text("已打开过")).to_be_visible()


def test_two_courses_are_written_in_two_tabs_at_once(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    campus.exam("first")
    campus.exam("second")
    context = new_device()
    one = campus.open(context, "ana", "first")
    begin(one)
    two = campus.open(context, "ana", "second")
    begin(two)
    second = attempt_of(site, campus, "ana")
    answer(one, 0)
    answer(two, 1)
    with site.database():
        people = Attempt.objects.filter(
            user__platform_users__sub="ana", user__platform_users__platform=campus.row
        )
        found = {attempt.exam.title: set(attempt.items.exclude(answer=None).values_list("slot", flat=True))
                 for attempt in people.select_related("exam")}  # fmt: skip
    assert second is not None
    assert list(found.values()) == [{1}, {1}]


def test_forms_of_the_first_tab_stay_good_after_the_second_launch(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    campus.exam("first")
    campus.exam("second")
    context = new_device()
    one = campus.open(context, "ana", "first")
    expect(tool(one).get_by_role("button", name="开始考试")).to_be_visible()
    two = campus.open(context, "ana", "second")
    expect(tool(two).get_by_role("button", name="开始考试")).to_be_visible()
    begin(one)


def test_on_a_shared_machine_the_next_student_sees_and_writes_only_the_own_exam(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    campus.exam("final")
    campus.exam("other")
    context = new_device()
    of_ana = campus.open(context, "ana", "final")
    begin(of_ana)
    answer(of_ana, 0)
    forgotten = campus.open(context, "ana", "other")
    expect(tool(forgotten).get_by_role("button", name="开始考试")).to_be_visible()

    of_bo = campus.open(context, "bo", "final")
    begin(of_bo)
    assert answers(site, campus, "bo") == {}
    answer(of_bo, 2)

    # Ana's open attempt goes on being Ana's.
    tool(of_ana).locator("[data-next]").click()
    answer(of_ana, 1)
    assert set(answers(site, campus, "ana")) == {1, 2}
    assert set(answers(site, campus, "bo")) == {1}
    # Her forms no longer pass, neither by hand nor by script.
    tool(forgotten).get_by_role("button", name="开始考试").click()
    expect(tool(forgotten).get_by_role("heading", name="页面已过期")).to_be_visible()
    expect(tool(forgotten).locator(".frame-bar")).to_be_visible()
    assert tool_frame(of_ana).evaluate(RENEW) == 401
    assert tool_frame(of_bo).evaluate(RENEW) == 200
    with site.database():
        assert not Attempt.objects.filter(exam__title="other").exists()
        assert Attempt.objects.filter(user__platform_users__platform=campus.row).count() == 2


def test_bar_of_the_frame_opens_the_page_in_a_window_signed_in_as_the_same_person(
    campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("final")
    context = new_device()
    page = campus.open(context, "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()
    assert context.new_page().goto(f"{campus.site.url}/exams/{exam.pk}/").url.find("/login/") > 0  # type: ignore[union-attr]
    with context.expect_page() as opening:
        tool(page).get_by_role("button", name="在新窗口打开").click()
    window = opening.value
    window.wait_for_url(f"{campus.site.url}/exams/{exam.pk}/")
    expect(window.locator(".frame-bar")).to_have_count(0)
    window.get_by_role("button", name="开始考试").click()
    ready(window)
    # The frame goes on as it was.
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()


def test_bar_of_the_frame_works_without_script(campus: Campus, new_device: NewDevice) -> None:
    exam = campus.exam("final")
    context = new_device()
    page = campus.open(context, "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()
    tool_frame(page).evaluate("() => document.querySelector('[data-new-window]').submit()")
    button = tool(page).locator("main").get_by_role("button", name="在新窗口打开")
    with context.expect_page() as opening:
        button.click()
    opening.value.wait_for_url(f"{campus.site.url}/exams/{exam.pk}/")
    expect(tool(page).get_by_role("heading", name="已在新窗口打开")).to_be_visible()


@pytest.mark.parametrize("kind", [Sakai, Canvas])
def test_without_any_cookie_the_platforms_storage_leads_to_a_window(
    site: Site, cookieless_device: BrowserContext, kind: type[Platform]
) -> None:
    with campus_at(site, kind) as campus:
        exam = campus.exam("final")
        page = campus.open(cookieless_device, "ana", "final")
        button = tool(page).locator("main").get_by_role("button", name="在新窗口打开")
        expect(button).to_be_visible()
        in_order(tool_frame(page))
        with cookieless_device.expect_page() as opening:
            button.click()
        window = opening.value
        window.wait_for_url(f"{site.url}/exams/{exam.pk}/")
        window.get_by_role("button", name="开始考试").click()
        ready(window)
        window.locator(".option").nth(1).click()
        expect(window.locator("[data-save-state]")).to_have_attribute("data-state", "saved")
        assert set(answers(site, campus, "ana")) == {1}
        expect(tool(page).get_by_role("heading", name="已在新窗口打开")).to_be_visible()
        in_order(tool_frame(page))


def test_without_cookie_and_storage_the_log_in_begins_again_in_a_window(
    campus: Campus, cookieless_device: BrowserContext
) -> None:
    exam = campus.exam("final")
    page = campus.open(cookieless_device, "ana", "final")
    link = tool(page).get_by_role("link", name="在新窗口打开")
    expect(link).to_be_visible()
    assert all(not begun.answered for begun in campus.platform.begun.values()), (
        "used at the platform too early"
    )
    in_order(tool_frame(page))
    with cookieless_device.expect_page() as opening:
        link.click()
    window = opening.value
    window.wait_for_url(f"{campus.site.url}/exams/{exam.pk}/")
    window.get_by_role("button", name="开始考试").click()
    ready(window)
    expect(tool(page).get_by_text("已在新窗口打开")).to_be_visible()


def test_storage_that_never_answers_leads_to_a_window_too(
    site: Site, cookieless_device: BrowserContext
) -> None:
    class Deaf(Sakai):
        def storage_frame(self) -> dict[str, Any]:
            return {}

    with campus_at(site, Deaf) as campus:
        campus.exam("final")
        page = campus.open(cookieless_device, "ana", "final")
        expect(tool(page).get_by_role("link", name="在新窗口打开")).to_be_visible()


def test_storage_that_forgets_leads_to_a_window_too(site: Site, cookieless_device: BrowserContext) -> None:
    with campus_at(site, Sakai) as campus:
        exam = campus.exam("final")
        page = cookieless_device.new_page()
        page.add_init_script("""addEventListener("message", (event) => {
          if (event.data.subject === "lti.put_data") setTimeout(() => kept.clear(), 0);
        })""")
        campus.go(page, "ana", "final")
        expect(tool(page).get_by_role("heading", name="无法打开")).to_be_visible()
        expect(tool(page).get_by_text("no_cookie")).to_be_visible()
        with cookieless_device.expect_page() as opening:
            tool(page).get_by_role("link", name="在新窗口打开").click()
        opening.value.wait_for_url(f"{site.url}/exams/{exam.pk}/")


def test_secret_is_told_to_no_page_of_another_origin(site: Site, cookieless_device: BrowserContext) -> None:
    with campus_at(site, Sakai) as campus:
        campus.exam("final")
        with site.database():
            # Whoever frames us is not where the platform signs in.
            Registration.objects.filter(pk=campus.row.pk).update(auth_url="https://elsewhere.example/auth")
        page = cookieless_device.new_page()
        page.add_init_script(
            "window.heard = []; addEventListener('message', (event) => heard.push(event.data))"
        )
        campus.go(page, "ana", "final")
        expect(tool(page).get_by_role("link", name="在新窗口打开")).to_be_visible()
        assert page.evaluate("window.heard") == []


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "wide"])
def test_pages_in_the_frame_are_in_order(
    site: Site, campus: Campus, new_device: NewDevice, viewport: dict[str, int]
) -> None:
    campus.exam("final")
    context = new_device(viewport=viewport)
    page = campus.open(context, "ana", "final")
    expect(tool(page).locator(".frame-bar")).to_be_visible()
    in_order(tool_frame(page))
    begin(page)
    in_order(tool_frame(page))
    tool_frame(page).goto(f"{site.url}/nothing/here/")
    expect(tool(page).locator(".frame-bar")).to_be_visible()
    in_order(tool_frame(page))
    with site.database():
        campus.row.deployments.update(state=Deployment.State.OFF)
    campus.go(page, "ana", "final")
    expect(tool(page).get_by_role("heading", name="无法打开")).to_be_visible()
    expect(tool(page).get_by_text("inactive_deployment")).to_be_visible()
    in_order(tool_frame(page))


def test_frame_whose_session_is_over_says_how_to_come_back(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("final")
    context = new_device(viewport=PHONE)
    page = campus.open(context, "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()
    context.clear_cookies(name="dangxiao_launched")
    tool_frame(page).goto(f"{site.url}/exams/{exam.pk}/")
    expect(tool(page).get_by_role("heading", name="登录已过期")).to_be_visible()
    in_order(tool_frame(page))
    campus.go(page, "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()


def test_foreign_page_may_not_frame_a_launched_session(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("final")
    page = campus.open(new_device(), "ana", "final")
    expect(tool(page).get_by_role("button", name="开始考试")).to_be_visible()
    # Another port is another origin, and the same partition: the cookies do come along.
    with Platform(site.url) as foreign:
        framing = f"<iframe name=tool src='{site.url}/exams/{exam.pk}/'></iframe>"
        page.route(f"{foreign.url}/trap", lambda route: route.fulfill(body=framing, content_type="text/html"))
        page.goto(f"{foreign.url}/trap")
        page.wait_for_timeout(500)
        expect(tool(page).get_by_role("button", name="开始考试")).to_have_count(0)
        assert tool_frame(page).url.startswith("chrome-error:")
