"""The exam player in a real Chromium on a real site: what a member taps, loses, finds again and hands in."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from learning.organisation.models import User
from question_bank.exams.models import Attempt, AttemptClient, AttemptItem, Exam
from tests.browser.conftest import NewContext, Site, axe, misfits, watch
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.browser

ALL_KINDS = ("single", "multiple", "true_false", "fill", "short", "essay", "order", "match")


@pytest.fixture
def member(site: Site) -> User:
    with site.database():
        return make_user(unit=make_unit())


def open_player(context: BrowserContext, exam: Exam, complaints: list[str] | None = None) -> Page:
    page = context.new_page()
    if complaints is not None:
        watch(page, complaints)
    page.goto(f"/exams/{exam.pk}/")
    page.get_by_role("button", name="开始考试").click()
    ready(page)
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-player=ready]")


def state(page: Page) -> str:
    return page.get_attribute("[data-save-state]", "data-state") or ""


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=8_000)


def stored(site: Site, exam: Exam) -> dict[int, Any]:
    with site.database():
        return dict(AttemptItem.objects.filter(attempt__exam=exam).values_list("slot", "answer"))


def eventually(page: Page, check: Callable[[], bool], *, seconds: float = 8) -> None:
    """Waits by the page's own loop: its routes are answered meanwhile."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "did not happen in time"
        page.wait_for_timeout(50)


def is_locked(page: Page) -> bool:
    locked: bool = page.locator("fieldset.question").evaluate("(fields) => fields.disabled")
    return locked


def title_is(page: Page, words: str) -> None:
    expect(page.locator("[data-question] h1")).to_have_text(words)


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

    page.locator(".option").nth(1).click()
    assert state(page) == "saving"
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


def test_an_answer_is_on_the_server_within_two_seconds_of_the_tap(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    saved(page)
    tapped = time.monotonic()
    page.locator(".option").nth(2).click()
    eventually(page, lambda: stored(site, exam).get(1) == "o2", seconds=2)
    assert time.monotonic() - tapped < 2


def test_what_is_answered_offline_is_replayed_within_five_seconds(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "short", "multiple"))
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    context.set_offline(True)
    page.locator(".option").nth(3).click()
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    page.locator("[data-next]").click()
    page.locator("textarea").fill("断网时写的")
    page.locator("[data-next]").click()
    page.locator(".option").nth(0).click()
    page.wait_for_timeout(3_000)
    assert stored(site, exam).get(1) is None
    context.set_offline(False)
    eventually(page, lambda: stored(site, exam) == {1: "o3", 2: "断网时写的", 3: ["o0"]}, seconds=5)
    saved(page)


def test_a_server_in_trouble_loses_nothing_and_never_clears_what_was_typed(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    page = open_player(new_context(member), exam)
    saved(page)
    answers = iter([(500, "oops"), (503, "{}"), (200, "<html>log in here</html>"), (502, ""), (429, "{}")])

    def broken(route: Route) -> None:
        said = next(answers, None)
        if said is None:
            route.continue_()
        else:
            route.fulfill(
                status=said[0], body=said[1], headers={"Retry-After": "1"} if said[0] == 503 else {}
            )

    page.route("**/ops", broken)
    page.locator("textarea").fill("写了很久的一段话")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    assert page.locator("textarea").input_value() == "写了很久的一段话"
    eventually(page, lambda: stored(site, exam).get(1) == "写了很久的一段话", seconds=20)
    saved(page)
    assert page.locator("textarea").input_value() == "写了很久的一段话"


def test_an_unheard_reply_is_repeated_without_a_quarrel(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    page = open_player(new_context(member), exam)
    saved(page)
    lost = iter([1, 2])

    def swallow(route: Route) -> None:
        """The server gets it, the page never hears of it."""
        route.fetch()
        if next(lost, None):
            route.abort()
        else:
            route.continue_()

    page.route("**/ops", swallow)
    page.locator("textarea").fill("一")
    page.wait_for_timeout(900)
    page.locator("textarea").fill("一二")
    eventually(page, lambda: stored(site, exam).get(1) == "一二", seconds=15)
    saved(page)
    assert page.locator("[data-versions]").count() == 0


def test_a_killed_tab_goes_on_elsewhere_with_same_question_answers_and_time(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "short", "single"))
    phone = new_context(member)
    page = open_player(phone, exam)
    page.locator(".option").nth(1).click()
    page.locator("[data-next]").click()
    page.locator("textarea").fill("手机上写的")
    saved(page)
    page.close()
    other = new_context(member, viewport={"width": 1280, "height": 800}).new_page()
    other.goto(f"/exams/{exam.pk}/")
    other.get_by_role("link", name="继续作答").click()
    ready(other)
    title_is(other, "第 2 题")
    assert other.locator("textarea").input_value() == "手机上写的"
    shown = other.locator("[data-time-text]").inner_text()
    with site.database():
        left = (Attempt.objects.get(exam=exam).deadline_at - timezone.now()).total_seconds()
    minutes, seconds = map(int, shown.split(":"))
    assert abs(minutes * 60 + seconds - left) <= 1.5
    other.locator("[data-previous]").click()
    assert other.locator("input").nth(1).is_checked()


def test_what_a_killed_offline_tab_held_is_delivered_by_the_next_load(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "short"))
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    page.route("**/ops", lambda route: route.abort())
    page.evaluate("navigator.sendBeacon = () => false")
    page.locator(".option").nth(2).click()
    page.locator("[data-next]").click()
    page.locator("textarea").fill("关掉之前写的")
    page.wait_for_timeout(1_000)
    assert stored(site, exam).get(1) is None
    page.close(run_before_unload=False)
    again = context.new_page()
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
    again.goto(f"/attempts/{attempt.pk}/?slot=2")
    ready(again)
    assert again.locator("textarea").input_value() == "关掉之前写的"
    eventually(again, lambda: stored(site, exam) == {1: "o2", 2: "关掉之前写的"})
    saved(again)
    again.locator("textarea").fill("关掉之前写的，又加一句")
    eventually(again, lambda: stored(site, exam)[2] == "关掉之前写的，又加一句")
    assert again.locator("[data-versions]").count() == 0


def test_of_two_pages_the_older_turns_read_only_and_can_go_on_here(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("single", "single"))
    context = new_context(member)
    old = open_player(context, exam)
    saved(old)
    new = context.new_page()
    new.goto(old.url)
    ready(new)
    saved(new)
    new.locator(".option").nth(1).click()
    saved(new)
    old.locator("[data-next]").click()
    expect(old.locator("[data-lease-lost]")).to_be_visible()
    assert is_locked(old)
    old.get_by_role("button", name="在此继续").click()
    expect(old.locator("[data-lease-lost]")).to_be_hidden()
    old.locator("[data-previous]").click()
    expect(old.locator("input").nth(1)).to_be_checked()
    old.locator(".option").nth(3).click()
    saved(old)
    assert stored(site, exam)[1] == "o3"
    with site.database():
        assert AttemptClient.objects.filter(attempt__exam=exam).count() == 3


def test_two_versions_of_a_text_are_both_offered(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    phone, desk = new_context(member), new_context(member)
    page = open_player(phone, exam)
    saved(page)
    phone.set_offline(True)
    page.locator("textarea").fill("手机上离线写的")
    page.wait_for_timeout(1_000)
    other = desk.new_page()
    other.goto(f"/exams/{exam.pk}/")
    other.get_by_role("link", name="继续作答").click()
    ready(other)
    other.locator("textarea").fill("电脑上写的")
    saved(other)
    phone.set_offline(False)
    expect(page.locator("[data-lease-lost]")).to_be_visible()
    versions = page.locator("[data-versions]")
    expect(versions).to_contain_text("手机上离线写的")
    expect(versions).to_contain_text("电脑上写的")
    assert page.locator("textarea").input_value() == "手机上离线写的"
    assert stored(site, exam)[1] == "电脑上写的"
    page.get_by_role("button", name="在此继续").click()
    page.get_by_role("button", name="用本页的答案").click()
    eventually(page, lambda: stored(site, exam)[1] == "手机上离线写的")
    saved(page)


def test_at_the_end_of_time_the_page_hands_in_what_was_typed_last(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",), limit_s=6)
    page = open_player(new_context(member), exam)
    page.locator("textarea").fill("最后一刻")
    expect(page.locator("#submitting")).to_contain_text("正在自动交卷", timeout=10_000)
    expect(page.locator("[data-receipt]")).to_be_visible(timeout=15_000)
    expect(page.locator("[data-receipt]")).to_contain_text("已作答 1/1 题")
    assert stored(site, exam)[1] == "最后一刻"
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
        assert attempt.submitted_at == attempt.deadline_at


def test_offline_at_the_deadline_it_keeps_trying_until_accepted(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, limit_s=5)
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    context.set_offline(True)
    page.locator(".option").nth(1).click()
    expect(page.locator("[data-submitting-trouble]")).to_be_visible(timeout=15_000)
    assert page.locator("[data-cancel-submit]").is_hidden()
    context.set_offline(False)
    expect(page.locator("[data-receipt]")).to_contain_text("已作答 1/3 题")


def test_an_extension_shows_on_the_open_page(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member, limit_s=240)
    page = open_player(new_context(member), exam)
    saved(page)
    assert page.get_attribute("[data-time]", "data-level") == "low"
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
        more = timedelta(minutes=10)
        Attempt.objects.filter(pk=attempt.pk).update(
            deadline_at=attempt.deadline_at + more, accept_until=attempt.accept_until + more, clock_rev=2
        )
    expect(page.locator("[data-time-moved]")).to_contain_text("已延长 10 分钟", timeout=17_000)
    assert page.get_attribute("[data-time]", "data-level") is None


def test_time_given_after_zero_lets_the_member_go_on(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, limit_s=5)
    page = open_player(new_context(member), exam)
    saved(page)
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
        more = timedelta(minutes=5)
        Attempt.objects.filter(pk=attempt.pk).update(
            deadline_at=attempt.deadline_at + more, accept_until=attempt.accept_until + more, clock_rev=2
        )
    expect(page.locator("[data-time-moved]")).to_contain_text("已延长 5 分钟", timeout=12_000)
    expect(page.locator("#submitting")).to_be_hidden()
    page.locator(".option").nth(2).click()
    eventually(page, lambda: stored(site, exam).get(1) == "o2")


def test_while_paused_nothing_can_be_changed_and_the_clock_stands(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    page = open_player(new_context(member), exam)
    saved(page)
    with site.database():
        Attempt.objects.filter(exam=exam).update(state="paused", paused_at=timezone.now(), clock_rev=2)
    page.locator("textarea").fill("暂停时写了一半")
    expect(page.locator("[data-paused]")).to_be_visible()
    assert is_locked(page)
    assert page.locator("textarea").input_value() == "暂停时写了一半"
    shown = page.locator("[data-time-text]").inner_text()
    page.wait_for_timeout(2_000)
    assert page.locator("[data-time-text]").inner_text() == shown
    assert stored(site, exam).get(1) is None
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
        Attempt.objects.filter(exam=exam).update(state="in_progress", paused_at=None, clock_rev=3)
    assert attempt.paused_at
    expect(page.locator("[data-paused]")).to_be_hidden(timeout=17_000)
    eventually(page, lambda: stored(site, exam).get(1) == "暂停时写了一半")


def test_an_emptied_field_keeps_the_saved_answer_until_cleared_on_purpose(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    page = open_player(new_context(member), exam)
    page.locator("textarea").fill("先写上")
    saved(page)
    page.locator("textarea").fill("")
    expect(page.locator("[data-empty-hint]")).to_contain_text("空白不会替换")
    saved(page)
    assert stored(site, exam)[1] == "先写上"
    page.get_by_role("button", name="清除本题答案").click()
    eventually(page, lambda: stored(site, exam)[1] is None)


def test_leaving_the_page_is_counted_and_shown(site: Site, member: User, new_context: NewContext) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    saved(page)
    hide = (
        "(state) => { Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});"
    )
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, "hidden")
    page.wait_for_timeout(1_000)
    page.evaluate(hide, "visible")
    expect(page.locator("[data-away]")).to_be_hidden()
    page.evaluate(hide, "hidden")
    page.wait_for_timeout(3_200)
    page.evaluate(hide, "visible")
    expect(page.locator("[data-away]")).to_contain_text("已离开 1 次，共允许 3 次")

    def recorded() -> bool:
        with site.database():
            attempt = Attempt.objects.get(exam=exam)
            return attempt.away_count == 1 and 3_000 <= attempt.away_ms < 6_000

    eventually(page, recorded)


def test_time_on_a_question_is_counted_while_it_is_in_view(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    page.wait_for_timeout(2_000)
    page.locator("[data-open-sheet]").click()
    page.wait_for_timeout(2_000)
    page.locator("#answer-sheet [data-go='2']").click()
    page.wait_for_timeout(500)
    page.locator("[data-next]").click()
    page.wait_for_timeout(500)
    with site.database():
        spent = dict(AttemptItem.objects.filter(attempt__exam=exam).values_list("slot", "active_ms"))
    assert 1_900 <= spent[1] < 3_900
    assert 400 <= spent[2] < 2_000


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


def test_without_indexed_db_the_outbox_still_outlives_the_tab(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    context = new_context(member)
    context.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined});")
    page = open_player(context, exam)
    saved(page)
    page.route("**/ops", lambda route: route.abort())
    page.evaluate("navigator.sendBeacon = () => false")
    page.locator(".option").nth(1).click()
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    url = page.url
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(url)
    ready(again)
    eventually(again, lambda: stored(site, exam).get(1) == "o1")


def test_what_could_not_be_delivered_in_time_is_handed_over_on_the_receipt(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    page.route("**/ops", lambda route: route.abort())
    page.evaluate("navigator.sendBeacon = () => false")
    page.locator(".option").nth(1).click()
    page.wait_for_timeout(500)
    page.close(run_before_unload=False)
    with site.database():
        attempt = Attempt.objects.get(exam=exam)
        past = timezone.now() - timedelta(minutes=5)
        Attempt.objects.filter(pk=attempt.pk).update(
            started_at=past - timedelta(minutes=30), deadline_at=past, accept_until=past
        )
    receipt = context.new_page()
    receipt.goto(f"/attempts/{attempt.pk}/")
    expect(receipt.locator("[data-late]")).to_be_visible()
    with site.database():
        events = list(attempt.answer_events.values_list("slot", "verdict"))
    assert events == [(1, "late")]


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
def test_every_kind_fits_and_can_be_tapped_at_every_width(  # noqa: PLR0913 - fixtures
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
