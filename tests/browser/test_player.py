"""The exam player in a real Chromium on a real site: taps, keys, widths, no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from learning.organisation.models import User
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.browser.playing import (
    ALL_KINDS,
    open_player,
    ready,
    saved,
    stored,
    title_is,
)

pytestmark = pytest.mark.browser

TAP_AND_LOOK = """() => {
  document.querySelectorAll(".option")[1].click();
  return document.querySelector("[data-save-state]").dataset.state;
}"""


def test_home_to_question_one_takes_four_taps_and_every_kind_is_saved(
    site: Site, member: User, new_context: NewContext, complaints: list[str]
) -> None:
    with site.database():
        exam = site.exam(member, kinds=ALL_KINDS)
    page = watch(new_context(member).new_page(), complaints)
    page.goto("/")
    page.get_by_role("link", name="考试", exact=True).first.click()
    page.get_by_role("link", name=exam.title).click()
    page.get_by_role("button", name="开始考试").click()
    ready(page)
    title_is(page, "第 1 题")
    following = page.locator("[data-next]")

    assert page.evaluate(TAP_AND_LOOK) == "saving"
    saved(page)
    following.click()
    page.locator(".option").nth(0).click()
    page.locator(".option").nth(2).click()
    following.click()
    page.get_by_text("错误", exact=True).click()
    following.click()
    page.get_by_label("第 1 空").fill("甲")
    page.get_by_label("第 2 空").fill("乙")
    following.click()
    page.locator("textarea").fill("简短的回答")
    following.click()
    page.locator("textarea").fill("长长的论述")
    following.click()
    before = page.locator(".order__step").evaluate_all("steps => steps.map((step) => step.dataset.id)")
    page.locator("[data-move=down]").first.click()
    following.click()
    page.locator("select").nth(0).select_option("o1")
    page.locator("select").nth(1).select_option("o0")
    saved(page)
    assert stored(site, exam) == {
        1: "o1",
        2: ["o0", "o2"],
        3: False,
        4: ["甲", "乙"],
        5: "简短的回答",
        6: "长长的论述",
        7: [before[1], before[0], before[2]],
        8: {"l0": "o1", "l1": "o0"},
    }
    page.get_by_role("button", name="去交卷").click()
    page.locator("#answer-sheet").get_by_role("button", name="交卷").click()
    expect(page.locator("#confirm-submit")).to_contain_text("所有题目都已作答")
    page.get_by_role("button", name="确认交卷").click()
    expect(page.locator("[data-receipt]")).to_contain_text("已作答 8/8 题")
    page.reload()
    expect(page.get_by_role("heading", name="交卷回执")).to_be_visible()
    assert complaints == []


def test_the_keyboard_alone_is_enough(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "order"))
    page = open_player(new_context(member), exam)

    def tab_to(selector: str) -> None:
        for _step in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"never reached: {selector}")

    tab_to("input[type=radio]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to("[data-next]")
    page.keyboard.press("Enter")
    title_is(page, "第 2 题")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    first, second, third = page.locator(".order__step").evaluate_all(
        "steps => steps.map((step) => step.dataset.id)"
    )
    tab_to("[data-move=down]")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    saved(page)
    assert stored(site, exam) == {1: "o1", 2: [second, third, first]}
    tab_to("[data-open-sheet]")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#answer-sheet")).to_be_hidden()
    tab_to("[data-next]")
    page.keyboard.press("Enter")
    tab_to("[data-ask-submit]")
    page.keyboard.press("Enter")
    tab_to("[data-submit]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-receipt]")).to_be_visible()


def test_the_back_button_is_the_previous_question(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    page.locator("[data-next]").click()
    title_is(page, "第 2 题")
    page.go_back()
    title_is(page, "第 1 题")
    saved(page)


def test_without_script_a_whole_exam_can_be_sat(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "fill", "order"))
    page = new_context(member, java_script_enabled=False).new_page()
    page.goto(f"/exams/{exam.pk}/")
    page.get_by_role("button", name="开始考试").click()
    page.locator(".option").nth(1).click()
    page.get_by_role("button", name="下一题").click()
    page.get_by_label("第 1 空").fill("甲")
    page.get_by_role("button", name="保存", exact=True).click()
    assert page.get_by_label("第 1 空").input_value() == "甲"
    page.get_by_role("button", name="下一题").click()
    steps = page.locator("select").evaluate_all("all => all.map((select) => select.name.slice(6))")
    for n, place in enumerate(("2", "3", "1")):
        page.locator("select").nth(n).select_option(place)
    page.get_by_role("button", name="去交卷").click()
    page.get_by_role("link", name="交卷", exact=True).click()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="交卷回执")).to_be_visible()
    assert stored(site, exam) == {1: "o1", 2: ["甲", ""], 3: [steps[2], steps[0], steps[1]]}


WIDTHS = [(320, 1.0), (360, 1.0), (390, 1.0), (360, 2.0), (1280, 1.0)]


@pytest.mark.parametrize(("width", "text"), WIDTHS)
@pytest.mark.parametrize("print_size", ["", "2"])
def test_every_kind_fits_and_can_be_tapped_at_every_width(
    site: Site, member: User, new_context: NewContext, width: int, text: float, print_size: str
) -> None:
    with site.database():
        exam = site.exam(member, kinds=ALL_KINDS)
    context = new_context(member, viewport={"width": width, "height": 740})
    context.add_cookies([{"name": "dangxiao_large_print", "value": print_size, "url": site.url}])
    page = open_player(context, exam)
    sizes = {"standard": round(16 * text), "fixed": round(13 * text)}
    context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
    assert page.evaluate("document.querySelector('.exam-header').offsetHeight") <= 56 * text
    for number in range(1, len(ALL_KINDS) + 1):
        title_is(page, f"第 {number} 题")
        assert misfits(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("[data-next]").click()
    expect(page.locator("#answer-sheet")).to_be_visible()
    assert misfits(page) == []


def test_axe_finds_nothing_in_any_state_of_the_player(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=ALL_KINDS)
    page = open_player(new_context(member), exam)
    found: dict[str, list[str]] = {}
    for number in range(1, len(ALL_KINDS) + 1):
        title_is(page, f"第 {number} 题")
        found[f"question {number}"] = axe(page)
        page.locator("[data-next]").click()
    found["sheet"] = axe(page)
    page.locator("[data-ask-submit]").click()
    found["confirm"] = axe(page)
    page.locator("[data-submit]").click()
    expect(page.locator("[data-receipt]")).to_be_visible()
    found["receipt in the player"] = axe(page)
    assert {place: rules for place, rules in found.items() if rules} == {}


def test_the_first_view_needs_little_script(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member)
    sizes: dict[str, int] = {}
    context = new_context(member)
    page = context.new_page()
    page.on(
        "response",
        lambda response: (
            sizes.update({response.url: len(response.body())}) if ".js" in response.url else None
        ),
    )
    page.goto(f"/exams/{exam.pk}/")
    page.get_by_role("button", name="开始考试").click()
    ready(page)
    assert sum(sizes.values()) < 100_000  # not even compressed
    assert all(url.startswith(site.url) for url in sizes)
