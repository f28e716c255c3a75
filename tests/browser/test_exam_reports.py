"""The reports of an exam and a question in a real browser: what the chart draws is what its table says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from learning.organisation.models import Role, User
from question_bank.exams.taking.submitting import submit_attempt
from question_bank.questions.models import Question
from reports.folding.worker import fold_requests
from tests.browser.conftest import NewContext, Site, axe, watch
from tests.factories import make_attempt, make_bank, make_candidate, make_unit, make_user

pytestmark = pytest.mark.browser
PEOPLE = 32
FIRST, SECOND = "电子工程学院学生第一党支部", "机械工程学院教工第二党支部"
WIDTHS = (1280, 360)
DRAWN = """place => echarts.getInstanceByDom(place).getOption().series
  .map((series) => series.data.filter((each) => each && each.words).map((each) => each.value))"""
CELLS = """table => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"""


@dataclass
class World:
    office: User
    exam: str
    question: str


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    with site.database():
        now = timezone.now()
        root = make_unit(name="中共某某大学委员会")
        branches = [make_unit(root, name=name) for name in (FIRST, SECOND)]
        office = make_user(name="党校办公室", roles=[(Role.SCHOOL_OFFICE, root)])
        exam = site.exam(
            unit=root, bank=make_bank(root), title="2026 年秋季入党积极分子培训班结业考试", mark="10"
        )
        for n in range(PEOPLE):
            user = make_user(unit=branches[n % 4 == 0])
            make_candidate(exam, user)
            answers = {1: "o1" if n % 3 else "o2", 2: ["o0", "o2"][: n % 3], 3: bool(n % 2)}
            attempt = make_attempt(exam, user, now=now - timedelta(minutes=9), answers=answers)
            at = now - timedelta(seconds=n * 7)
            submit_attempt(attempt_id=attempt.pk, by=user, client="c1", ops=(), reason="self", now=at)
        for each in exam.pool.select_related("version__question__bank"):
            point = each.version.question.bank.knowledge_points.get_or_create(
                name="党员的义务和权利" if each.version.kind == "single" else "党的组织制度和纪律"
            )
            each.version.question.knowledge_points.add(point[0])
        fold_requests(now=now)
        question = Question.objects.get(versions__kind="single", bank=exam.pool.first().version.question.bank)
        return World(office, f"/admin/reports/exams/{exam.pk}/", f"/admin/reports/questions/{question.pk}/")


class Reader(Protocol):
    @property
    def office(self) -> User: ...


def opened(new_context: NewContext, world: Reader, path: str, width: int, complaints: list[str]) -> Page:
    context = new_context(world.office, viewport={"width": width, "height": 900})
    page = watch(context.new_page(), complaints)
    page.goto(path)
    page.wait_for_selector("[data-chart] canvas")
    return page


def numbers(texts: list[str]) -> list[float]:
    return [float(text.rstrip("%")) for text in texts]


def table_of(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.eval_on_selector(".report__charted table", CELLS)
    return found


def drawn_in(page: Page) -> list[Any]:
    found: list[Any] = page.eval_on_selector("[data-chart]", DRAWN)
    return found


def test_the_title_is_whole_on_a_phone(new_context: NewContext, world: World, complaints: list[str]) -> None:
    page = opened(new_context, world, world.exam, 360, complaints)
    title = page.locator(".w-breadcrumbs li:last-child")
    assert "2026 年秋季入党积极分子培训班结业考试" in title.inner_text()
    box = title.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    assert box["height"] > 36  # two lines, nothing clipped
    assert title.evaluate(
        "each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight"
    )
    header = page.locator(".w-slim-header").bounding_box()
    assert header is not None
    assert box["y"] + box["height"] <= header["y"] + header["height"]
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_histogram_draws_its_table(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, world.exam, width, complaints)
    rows = table_of(page)
    assert drawn_in(page)[0] == numbers([row[1] for row in rows])
    assert sum(drawn_in(page)[0]) == PEOPLE
    assert "直方图：成绩分布" in (page.get_attribute("[data-chart]", "aria-label") or "")
    assert complaints == []


def test_the_questions_are_drawn_by_facility_and_discrimination(
    new_context: NewContext, world: World, complaints: list[str]
) -> None:
    page = opened(new_context, world, f"{world.exam}?chart=items", 1280, complaints)
    rows = table_of(page)
    assert drawn_in(page)[0] == [numbers([row[3], row[4]]) for row in rows]
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_boxes_of_the_units_are_those_of_their_table(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, f"{world.exam}?chart=units", width, complaints)
    rows = table_of(page)
    assert [row[0] for row in rows] == [FIRST, SECOND]
    assert drawn_in(page)[0] == [numbers(row[2:7]) for row in rows]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_heat_of_units_and_points_is_that_of_its_table(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, f"{world.exam}?chart=points", width, complaints)
    rows = table_of(page)
    assert drawn_in(page)[0] == [
        [across, down, number]
        for across in range(2)
        for down, row in enumerate(rows)
        for number in numbers([row[2 + across]])
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(page) == []
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_options_are_drawn_in_both_groups(
    new_context: NewContext, world: World, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, world.question, width, complaints)
    rows = table_of(page)
    assert drawn_in(page) == [numbers([row[5] for row in rows]), numbers([row[6] for row in rows])]
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["exam", "question"])
def test_nothing_is_cut_off_and_axe_finds_nothing(
    new_context: NewContext, world: World, name: str, width: int, complaints: list[str]
) -> None:
    page = opened(new_context, world, getattr(world, name), width, complaints)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = """() => [...document.querySelectorAll(".report *")].filter((part) =>
      part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(".visually-hidden, thead"))
      .map((part) => part.outerHTML.slice(0, 120))"""
    assert page.evaluate(cut) == []
    assert axe(page) == []


def test_without_scripts_the_tables_say_the_same(new_context: NewContext, world: World) -> None:
    # Wide: on a phone Wagtail's own sidebar lies over the page until its script has run.
    wide = {"width": 1280, "height": 900}
    page = new_context(world.office, viewport=wide, java_script_enabled=False).new_page()
    page.goto(world.exam)
    assert not page.is_visible("[data-chart]")
    assert page.is_visible(".report__charted table")
    page.select_option("select[name=chart]", "time")
    page.click("form.filters button")
    assert page.is_visible("h2:text('得分与用时')")
