"""No answer is lost: cut networks, broken servers, killed tabs, two pages, two versions."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from learning.organisation.models import User
from question_bank.exams.models import Attempt, AttemptClient
from tests.browser.conftest import NewContext, Site
from tests.browser.playing import (
    eventually,
    is_locked,
    open_player,
    ready,
    saved,
    sign_in_by_password,
    stored,
    title_is,
)

pytestmark = pytest.mark.browser


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


def test_text_typed_in_the_moment_the_page_turns_read_only_stays(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short",))
    context = new_context(member)
    old = open_player(context, exam)
    saved(old)
    new = context.new_page()
    new.goto(old.url)
    ready(new)
    saved(new)
    old.evaluate("""() => {
      const field = document.querySelector("textarea");
      field.value = "还没来得及保存";
      field.dispatchEvent(new Event("input", {bubbles: true}));
      window.dispatchEvent(new Event("online"));
    }""")
    expect(old.locator("[data-lease-lost]")).to_be_visible()
    assert old.locator("textarea").input_value() == "还没来得及保存"
    eventually(old, lambda: stored(site, exam).get(1) == "还没来得及保存")


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


def test_an_op_the_server_cannot_read_does_not_hold_up_the_others(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member, kinds=("short", "single", "single"))
    page = open_player(new_context(member), exam)
    saved(page)

    def choosy(route: Route) -> None:
        if "毒" in (route.request.post_data or ""):
            route.fulfill(status=413, body='{"code": "too_large"}')
        else:
            route.continue_()

    page.route("**/ops", choosy)
    page.locator("textarea").fill("毒")
    page.locator("[data-next]").click()
    page.locator(".option").nth(1).click()
    page.locator("[data-next]").click()
    page.locator(".option").nth(2).click()
    eventually(page, lambda: stored(site, exam) == {1: None, 2: "o1", 3: "o2"})
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "failed")
    page.go_back()
    page.go_back()
    assert page.locator("textarea").input_value() == "毒"
    expect(page.locator("[data-question]")).to_contain_text("未被接受")


def test_an_old_token_is_renewed_without_the_member_noticing(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    saved(page)
    refused = iter([1])
    page.route(
        "**/ops",
        lambda route: (
            route.fulfill(status=401, body='{"code": "bad_token"}')
            if next(refused, None)
            else route.continue_()
        ),
    )
    page.locator(".option").nth(1).click()
    eventually(page, lambda: stored(site, exam).get(1) == "o1")
    saved(page)


def test_who_is_signed_out_is_told_and_goes_on_after_signing_in_elsewhere(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    page.route("**/ops", lambda route: route.fulfill(status=401, body='{"code": "bad_token"}'))
    context.clear_cookies()
    page.locator(".option").nth(1).click()
    expect(page.locator("[data-signed-out]")).to_be_visible()
    page.unroute("**/ops")
    site.sign_in(context, member)
    eventually(page, lambda: stored(site, exam).get(1) == "o1")
    expect(page.locator("[data-signed-out]")).to_be_hidden()


def test_an_old_token_is_renewed_for_who_signed_in_by_number_and_password_elsewhere(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    context = new_context(member)
    page = open_player(context, exam)
    saved(page)
    renewed: list[int] = []
    page.on("response", lambda got: renewed.append(got.status) if got.url.endswith("/attempts") else None)
    page.route(
        "**/ops",
        lambda route: (
            route.continue_() if 200 in renewed else route.fulfill(status=401, body='{"code": "bad_token"}')
        ),
    )
    context.clear_cookies(name="dangxiao_session")
    page.locator(".option").nth(1).click()
    expect(page.locator("[data-signed-out]")).to_be_visible()
    assert 200 not in renewed
    sign_in_by_password(context, member)
    eventually(page, lambda: stored(site, exam).get(1) == "o1")
    expect(page.locator("[data-signed-out]")).to_be_hidden()


def test_closing_the_page_with_unsaved_work_asks_first(
    site: Site, member: User, new_context: NewContext
) -> None:
    with site.database():
        exam = site.exam(member)
    page = open_player(new_context(member), exam)
    saved(page)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    ready(page)
    assert asked == []
    page.route("**/ops", lambda route: route.abort())
    page.locator(".option").nth(1).click()
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    page.reload()
    assert asked == ["beforeunload"]
