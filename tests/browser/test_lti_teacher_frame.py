"""A teacher in the campus platform's frame, in a browser that blocks third-party cookies: choosing, and the course's page."""
# ruff: noqa: F811 — fixtures are imported

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from lti.models import Context
from tests.browser.conftest import AXE, OVERFLOWING, PHONE, TOO_SMALL, VIOLATIONS, Site
from tests.browser.lti_sites import (  # noqa: F401
    FILL,
    Campus,
    NewDevice,
    campus,
    cookie_blocking_browser,
    new_device,
    tool,
    tool_frame,
)

pytestmark = pytest.mark.browser


def in_order(page: Page) -> None:
    frame = tool_frame(page)
    frame.evaluate(AXE)
    assert frame.evaluate(VIOLATIONS) == [], frame.url
    assert [*frame.evaluate(OVERFLOWING), *frame.evaluate(TOO_SMALL)] == [], frame.url


def deep_linking(campus: Campus, page: Page) -> None:
    """The course page of the platform, where its teacher adds content: the tool in the frame."""
    page.goto(f"{campus.platform.url}/course?user=teach&link=exam&dl=1")
    page.evaluate(FILL)


def test_the_picker_in_the_frame_puts_links_into_the_course(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("exam", title="党章基础考试")
    page = new_device(viewport=PHONE).new_page()
    deep_linking(campus, page)
    tool(page).get_by_role("checkbox", name="党章基础考试").check()
    in_order(page)
    tool(page).get_by_role("button", name="下一步").click()
    expect(tool(page).get_by_label("成绩列的名称")).to_have_value("党章基础考试")
    in_order(page)
    tool(page).get_by_role("button", name="放入课程").click()
    expect(tool(page).get_by_text("The links are in the course.")).to_be_visible()
    (made,) = campus.platform.choosing.made
    assert made.custom["exam"] == str(exam.pk)
    assert made.item is not None
    assert made.item.resource_id == f"exam-{exam.pk}"


def test_a_teacher_chooses_for_an_empty_link_and_reads_the_roster_in_the_frame(
    site: Site, campus: Campus, new_device: NewDevice
) -> None:
    exam = campus.exam("other", title="党章基础考试")
    campus.platform.add_link("empty")
    page = new_device(viewport=PHONE).new_page()
    campus.go(page, "teach", "empty")
    tool(page).get_by_role("radio", name="党章基础考试").check()
    in_order(page)
    tool(page).get_by_role("button", name="下一步").click()
    tool(page).get_by_role("button", name="确定").click()
    expect(tool(page).get_by_text("打开考试“党章基础考试”")).to_be_visible()
    tool(page).get_by_role("button", name="同步名单").click()
    expect(tool(page).get_by_text("在名单中").first).to_be_visible()
    in_order(page)
    tool(page).get_by_role("link", name="考生").click()
    expect(tool(page).get_by_role("heading", name="考生").first).to_be_visible()
    with site.database():
        course = Context.objects.get(platform=campus.row)
        subs = {row.user.platform_users.get().sub for row in exam.candidates.all()}
    assert course.roster_problem == ""
    assert "ana" in subs
    assert "teach" not in subs
