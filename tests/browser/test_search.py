"""The search page, its box and the suggestions in a real Chromium: by keyboard, by finger, without scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from learning.organisation.models import Role, User
from learning.study.services.enrolling import enrol
from search.services.sweeping import sweep
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.courses.factories import activity_of, make_course, make_topic
from tests.factories import make_bank, make_question, make_unit, make_user

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 800}
LONG = "长征精神与党的纪律建设专题学习：从古田会议到遵义会议（附阅读材料与课后练习）"
OPTION = ".search-box__option"
SMALL = """() => [...document.querySelectorAll(".search-box__option, .filter, .hit")].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width && box.height < 43.9;
}).map((part) => part.outerHTML.slice(0, 120))"""


@dataclass(frozen=True)
class World:
    member: User
    office: User


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    """Eight courses of eight teachers, a topic, an exam, and for the office a question and people."""
    with site.database():
        root = make_unit(name="校党委")
        unit = make_unit(root, name="电子工程学院学生第一党支部")
        member = make_user(name="欧阳晓明", unit=unit)
        office = make_user(name="长征远", unit=unit, roles=[(Role.SCHOOL_OFFICE, root)])
        courses = [make_course(unit, title=LONG, summary="长征途中的纪律。", teacher="赵一、钱二", live=True)]
        courses += [
            make_course(unit, title=f"长征故事之{n}", teacher=f"教师{n}", live=True) for n in "一二三四五六七"
        ]
        for course in courses:
            enrol(activity=activity_of(course), users=[member], source="audience", now=timezone.now())
        topic = make_topic(unit, title="长征专题", live=False)
        topic.save_revision().publish()
        bank = make_bank(unit)
        site.exam(member, title="长征知识测验", unit=unit, bank=bank)
        make_question(bank, stem="<p>长征胜利的时间是</p>")
        sweep(clock=timezone.now)
    return World(member, office)


def opened(new_context: NewContext, user: User, path: str, complaints: list[str], **options: object) -> Page:
    page = watch(new_context(user, **options).new_page(), complaints)
    page.goto(path)
    return page


def fits(page: Page) -> None:
    assert misfits(page) == []
    assert page.evaluate(SMALL) == []
    assert axe(page) == []


def test_phone_finds_filters_and_turns_back(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world.member, "/", complaints)
    page.click("[data-search-link]")
    expect(page.locator("#search-text")).to_be_focused()
    expect(page.locator(".search-count")).to_have_text(re.compile("全部内容"))
    page.keyboard.type("长征")
    page.keyboard.press("Enter")
    expect(page.locator(".search-count")).to_have_text(re.compile(r"找到 \d+ 条"))
    expect(page.locator(".hit mark").first).to_have_text("长征")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator(".search-box__list")).to_be_hidden()
    fits(page)
    page.click(".search-line__door")
    page.locator(".filters summary").click()
    fits(page)
    page.locator(".filter", has_text="教师三").click()
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator("#filters")).to_be_visible()  # stays open for the next choice
    page.click(".filters__done a")
    expect(page.locator("#filters")).to_be_hidden()
    fits(page)
    page.click(".search-chosen a")
    expect(page.locator(".search-chosen")).to_have_count(0)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)
    page.goto("/search/?q=火星移民&year=2026")
    expect(page.locator(".search-nothing")).to_be_visible()
    fits(page)
    page.goto(f"/search/?q={'A' * 200}")  # as long as the box allows, and nowhere to break
    expect(page.locator(".search-note")).to_be_visible()
    fits(page)
    assert complaints == []


def test_filters_stand_beside_the_hits_on_a_wide_screen_and_a_choice_leaves_the_page_at_its_top(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world.office, "/search/?q=长征", complaints, viewport=WIDE)
    kinds = page.locator(".tabs").inner_text()
    assert all(kind in kinds for kind in ("课程", "专题", "考试", "试题", "人员"))
    column, hits = page.locator("#filters").bounding_box(), page.locator(".hits").bounding_box()
    assert column
    assert hits
    assert column["x"] + column["width"] < hits["x"]
    fits(page)
    page.locator(".filters summary").click()
    page.locator(".filter", has_text="赵一").click()
    expect(page.locator(".hit")).to_have_count(1)
    assert page.evaluate("window.scrollY") == 0
    for print_size in ("1", "2"):
        page.context.add_cookies([{"name": "dangxiao_large_print", "value": print_size, "url": page.url}])
        page.goto("/search/?q=长征")
        assert misfits(page) == []
    assert complaints == []


def test_keyboard_goes_through_the_suggestions_and_opens_one(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world.member, "/me/", complaints, viewport=WIDE)
    box = page.locator("#site-search")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("长征")
    expect(page.locator(OPTION).first).to_be_visible()
    expect(page.locator("[data-search-status]")).to_have_text(re.compile(r"\d 条建议"))
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator(OPTION).first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "site-search-list-0")
    fits(page)
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    expect(page.locator(".search-box__list")).to_be_hidden()
    expect(box).to_have_value("长征")
    page.keyboard.press("ArrowDown")
    url = page.locator(OPTION).first.get_attribute("href") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{url}")
    page.keyboard.press("/")
    page.keyboard.type("长征")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    page.locator("[data-search-key]").uncheck()
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#search-text")).not_to_be_focused()
    assert complaints == []


def test_box_asks_once_for_what_is_typed_and_not_while_a_word_is_composed(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world.member, "/search/", complaints)
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url.rpartition("=")[2])
        route.continue_()

    page.route("**/search/suggest/**", answer)
    page.evaluate("""() => {
      const box = document.querySelector("#search-text");
      box.dispatchEvent(new CompositionEvent("compositionstart"));
      for (const typed of ["c", "ch", "cha", "chang"]) {
        box.value = typed;
        box.dispatchEvent(new InputEvent("input", {isComposing: true}));
      }
    }""")
    page.wait_for_timeout(400)
    assert asked == []
    page.evaluate("""() => {
      const box = document.querySelector("#search-text");
      box.value = "长征";
      box.dispatchEvent(new CompositionEvent("compositionend"));
      box.dispatchEvent(new InputEvent("input"));
    }""")
    expect(page.locator(OPTION).first).to_be_visible()
    assert asked == ["%E9%95%BF%E5%BE%81"]
    fits(page)
    page.locator(OPTION).first.click()
    page.wait_for_url(lambda url: "/search/" not in url)
    assert complaints == []


def test_without_scripts_the_box_searches_and_filters_are_links(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world.member, "/search/", complaints, java_script_enabled=False)
    page.fill("#search-text", "长征")
    page.press("#search-text", "Enter")
    expect(page.locator(".hit").first).to_be_visible()
    page.click(".search-line__door")
    page.locator(".filters summary").click()
    page.locator(".filter", has_text="教师七").click()
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".search-key")).to_be_hidden()
    assert complaints == []
