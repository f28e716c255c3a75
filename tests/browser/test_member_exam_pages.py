"""Every page around an exam in a real Chromium: fits from 320 px on, can be tapped, axe finds nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from learning.organisation.models import User
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.taking.submitting import submit_attempt
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.factories import make_attempt, make_unit, make_user

pytestmark = pytest.mark.browser

MARKED_BY_MACHINE = ("single", "multiple", "true_false", "fill", "order", "match")
LONG_TITLE = "2026年秋季学期入党积极分子培训班结业考试（党章、党史与发展党员工作流程）"


@dataclass(frozen=True)
class World:
    """One member with an exam in every state."""

    member: User
    pages: dict[str, str]


def handed_in(exam: Exam, member: User, answers: dict[int, object]) -> Attempt:
    attempt = make_attempt(exam, member, now=timezone.now() - timedelta(minutes=25), answers=answers)
    at = timezone.now() - timedelta(minutes=2)
    submit_attempt(attempt_id=attempt.pk, by=member, client="c", ops=[], reason="self", now=at)
    return attempt


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    now = timezone.now()
    answers: dict[int, object] = {1: "o1", 2: ["o0"], 3: False, 4: ["甲", "丁"], 6: {"l0": "o0", "l1": "o1"}}
    with site.database():
        member = make_user(name="欧阳晓明", unit=make_unit())
        start = site.exam(
            member,
            title=LONG_TITLE,
            password="2026",
            max_attempts=2,
            instructions="独立完成，不得翻阅资料。\n\n遇到问题请举手。",
            closes_at=now + timedelta(minutes=25),
            earliest_submit_s=600,
            last_entry_at=now + timedelta(minutes=20),
        )
        waiting = site.exam(member, title="民主评议测验", opens_at=now + timedelta(minutes=3))
        barred = site.exam(member, title="党史知识竞赛")
        barred.candidates.update(state="barred", reason="替考")
        running = site.exam(member, title="党章基础考试", kinds=MARKED_BY_MACHINE)
        attempt = make_attempt(running, member, now=now - timedelta(minutes=3), answers={1: "o1"})
        attempt.items.create(slot=2, flagged=True)
        both = {"score_release": "at_marked", "answer_release": "at_marked"}
        released = handed_in(
            site.exam(member, title="形势与政策测试", kinds=MARKED_BY_MACHINE, **both), member, answers
        )
        hidden = handed_in(
            site.exam(member, title="发展对象短期集中培训考试", kinds=("single", "short")), member, {1: "o1"}
        )
        nobody = make_user(unit=make_unit())
    pages = {
        "list": reverse("exam_list"),
        "start": reverse("exam_start", args=[start.pk]),
        "waiting": reverse("exam_start", args=[waiting.pk]),
        "barred": reverse("exam_start", args=[barred.pk]),
        "resume": reverse("exam_start", args=[running.pk]),
        "over": reverse("exam_start", args=[released.exam_id]),
        "summary": reverse("attempt_summary", args=[attempt.pk]),
        "confirm": reverse("attempt_summary", args=[attempt.pk]) + "?confirm=1",
        "receipt": reverse("attempt_receipt", args=[released.pk]),
        "result": reverse("attempt_result", args=[released.pk]),
        "wrong ones": reverse("attempt_result", args=[released.pk]) + "?show=wrong",
        "not yet released": reverse("attempt_result", args=[hidden.pk]),
    }
    assert nobody.pk != member.pk
    return World(member, pages)


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
    assert complaints == []


def test_every_page_holds_at_twice_the_text(world: World, new_context: NewContext) -> None:
    context = new_context(world.member)
    page = context.new_page()
    context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for name, url in world.pages.items():
        page.goto(url)
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 32
        assert (name, misfits(page)) == (name, [])


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_on_any_page(world: World, new_context: NewContext, width: int) -> None:
    page = new_context(world.member, viewport={"width": width, "height": 740}).new_page()
    found = {}
    for name, url in world.pages.items():
        page.goto(url)
        found[name] = axe(page)
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_the_waiting_page_opens_by_itself(site: Site, world: World, new_context: NewContext) -> None:
    with site.database():
        member = make_user(unit=make_unit())
        exam = site.exam(member, opens_at=timezone.now() + timedelta(seconds=4))
    page = new_context(member).new_page()
    page.goto(reverse("exam_start", args=[exam.pk]))
    button = page.get_by_role("button", name="开始考试")
    expect(page.locator("[data-countdown-text]")).to_contain_text("00:0")
    expect(button).to_be_hidden()
    expect(button).to_be_visible(timeout=10_000)
    page.wait_for_timeout(500)
    button.click()
    page.wait_for_selector("html[data-player=ready]")


def test_the_waiting_page_follows_the_server_when_the_opening_is_moved(
    site: Site, new_context: NewContext
) -> None:
    with site.database():
        member = make_user(unit=make_unit())
        exam = site.exam(member, opens_at=timezone.now() + timedelta(minutes=30))
    page = new_context(member).new_page()
    page.goto(reverse("exam_start", args=[exam.pk]))
    with site.database():
        Exam.objects.filter(pk=exam.pk).update(opens_at=timezone.now() - timedelta(seconds=1))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("button", name="开始考试")).to_be_visible()


def test_the_receipt_prints_on_one_page(world: World, new_context: NewContext) -> None:
    page = new_context(world.member).new_page()
    page.goto(world.pages["receipt"])
    page.emulate_media(media="print")
    assert page.locator(".actions:visible").count() == 0
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
