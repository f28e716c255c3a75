"""The clock belongs to the server: the end of time, extensions, pauses, absences."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from learning.organisation.models import User
from question_bank.exams.models import Attempt, AttemptItem
from tests.browser.conftest import NewContext, Site
from tests.browser.playing import (
    eventually,
    is_locked,
    open_player,
    saved,
    stored,
)

pytestmark = pytest.mark.browser


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


HIDE = """(state) => {
  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_leaving_too_often_hands_in_only_where_the_exam_says_so(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, away_allowed=0, away_action="submit")
    page = open_player(new_context(member), exam)
    page.locator(".option").nth(1).click()
    saved(page)
    page.evaluate(HIDE, "hidden")
    page.wait_for_timeout(3_200)
    page.evaluate(HIDE, "visible")
    expect(page.locator("[data-receipt]")).to_contain_text("已作答 1/3 题")
