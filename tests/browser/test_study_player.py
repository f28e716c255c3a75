"""A real film in a real browser: what is credited is what was watched, by the rules, whatever the page does."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from learning.organisation.models import User
from learning.study.models import Completion, StudySlice
from tests.browser.conftest import NewContext, Site, axe
from tests.browser.playing import eventually, sign_in_by_password
from tests.browser.studying import (
    FILM_S,
    covered_s,
    film_lesson,
    has_ended,
    hide,
    lesson,
    make_film,
    open_lesson,
    play,
    position,
    studied_s,
)

pytestmark = pytest.mark.browser

TEXT = "<h2>第一节</h2><p>" + "读" * 50 + "</p><h2>第二节</h2><p>" + "完" * 50 + "</p>"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_film(tmp_path_factory.mktemp("film"))


def bar(page: Page, name: str) -> None:
    expect(page.locator(f"[data-bar={name}]")).to_be_visible()


def test_a_film_watched_through_completes_the_lesson_and_credits_its_length(
    site: Site, member: User, new_context: NewContext, film: bytes, complaints: list[str]
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film, in_order=True), complaints)
    expect(page.get_by_text("学完本课后开放。")).to_be_visible()
    started = time.monotonic()
    play(page)
    expect(page.get_by_text("本课已学完")).to_be_visible(timeout=15_000)
    passed = time.monotonic() - started
    expect(page.get_by_role("link", name="下一课：下一课时")).to_be_visible()
    expect(page.locator("[data-part-words]")).to_contain_text("已学完")
    assert covered_s(site, member) >= 0.9 * FILM_S
    assert 0.8 * FILM_S <= studied_s(site, member) <= passed + 1
    with site.database():
        assert Completion.objects.filter(user=member, activity__kind="lesson").count() == 1
    assert complaints == []


def test_twice_the_speed_covers_all_in_half_the_study_time(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film))
    page.get_by_role("button", name="2 倍", exact=True).click()
    play(page, rate=2)
    expect(page.get_by_text("本课已学完")).to_be_visible(timeout=15_000)
    assert covered_s(site, member) >= 0.9 * FILM_S
    assert studied_s(site, member) <= FILM_S


def test_what_was_skipped_is_missing_and_named(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film))
    play(page)
    eventually(page, lambda: position(page) > 1)
    play(page, from_s=4.5)
    eventually(page, lambda: has_ended(page))
    eventually(page, lambda: covered_s(site, member) > 2)
    assert covered_s(site, member) < 4
    expect(page.locator("[data-part-words]")).to_contain_text("还差 0:0")
    expect(page.get_by_text("本课已学完")).to_be_hidden()
    assert page.locator("[data-strip] rect").count() == 2


def test_a_hidden_page_stops_the_film_and_is_not_counted(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film))
    play(page)
    eventually(page, lambda: position(page) > 1)
    hide(page, hidden=True)
    assert page.locator("video").evaluate("(video) => video.paused")
    eventually(page, lambda: studied_s(site, member) > 0.5)
    before = studied_s(site, member)
    # Whoever plays on behind the page's back gains nothing.
    play(page)
    page.wait_for_timeout(2_000)
    hide(page, hidden=False)
    page.locator("video").evaluate("(video) => video.pause()")
    page.wait_for_timeout(1_500)
    assert studied_s(site, member) <= before + 2
    assert covered_s(site, member) < 2.5


def test_two_pages_never_count_the_same_moment_and_the_older_one_says_so(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    context = new_context(member)
    here = film_lesson(site, member, film)
    started = time.monotonic()
    first = open_lesson(context, here)
    play(first)
    second = open_lesson(context, here)
    play(second)
    bar(first, "lost")
    assert first.locator("video").evaluate("(video) => video.paused")
    second.wait_for_timeout(1_500)
    first.get_by_role("button", name="在此继续").click()
    expect(first.locator("[data-bar=lost]")).to_be_hidden()
    play(first)
    bar(second, "lost")
    first.wait_for_timeout(1_500)
    assert studied_s(site, member) <= time.monotonic() - started + 1
    with site.database():
        slices = list(StudySlice.objects.filter(user=member).order_by("started_at"))
    assert all(a.ended_at <= b.started_at for a, b in pairwise(slices))


def test_a_film_goes_on_where_it_was_left(
    site: Site, member: User, new_context: NewContext, tmp_path: Path
) -> None:
    here = film_lesson(site, member, make_film(tmp_path, seconds=12), seconds=12)
    context = new_context(member)
    page = open_lesson(context, here)
    play(page, from_s=4)
    eventually(page, lambda: position(page) > 5)
    page.locator("video").evaluate("(video) => video.pause()")
    left = position(page)
    eventually(page, lambda: covered_s(site, member) > left - 4.5)
    page.close()
    page = open_lesson(context, here)
    expect(page.locator("[data-media-note]")).to_contain_text("已回到上次学到的 0:0")
    assert abs(position(page) - left) < 1


def test_a_reopened_film_begins_at_what_is_missing_and_a_press_leads_back_there(
    site: Site, member: User, new_context: NewContext, tmp_path: Path
) -> None:
    here = film_lesson(site, member, make_film(tmp_path, seconds=12), seconds=12)
    context = new_context(member)
    page = open_lesson(context, here)
    play(page)
    eventually(page, lambda: position(page) > 4)
    play(page, from_s=9)
    eventually(page, lambda: has_ended(page))
    eventually(page, lambda: covered_s(site, member) > 6)
    page.close()
    page = open_lesson(context, here)
    expect(page.locator("[data-media-note]")).to_contain_text("已到还没有学的 0:0")
    missing = position(page)
    assert 3 < missing < 7
    press = page.get_by_role("button", name="补学")
    expect(press).to_be_hidden()
    page.locator("video").evaluate("(video) => { video.currentTime = 11; }")
    press.click()
    assert abs(position(page) - missing) < 0.1
    expect(press).to_be_hidden()


def test_nobody_skips_ahead_where_it_is_not_allowed(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film, no_skip=True))
    play(page)
    eventually(page, lambda: position(page) > 1)
    play(page, from_s=5)
    expect(page.locator("[data-media-note]")).to_contain_text("首次学习请按顺序观看，已回到 0:0")
    assert position(page) < 3


def test_no_speed_is_faster_than_the_course_allows(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, film, rate_max="1.25"))
    assert page.locator("[data-rate]").count() == 2
    play(page, rate=2)
    expect(page.locator("[data-media-note]")).to_contain_text("最快 1.25 倍速")
    assert page.locator("video").evaluate("(video) => video.playbackRate") == 1.25


def test_whoever_answers_the_question_loses_nothing(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    here = film_lesson(site, member, film)
    page = open_lesson(new_context(member), here, prompt_from=1, prompt_to=1, answer=20)
    play(page)
    question = page.get_by_role("alertdialog", name="您还在学习吗？")
    expect(question).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert not page.locator("video").evaluate("(video) => video.paused")
    expect(page.locator("[data-bar=missed]")).to_be_hidden()


def test_an_unanswered_question_stops_the_film_and_only_what_came_after_is_lost(
    site: Site, member: User, new_context: NewContext, film: bytes
) -> None:
    here = film_lesson(site, member, film)
    page = open_lesson(new_context(member), here, prompt_from=2, prompt_to=2, answer=1)
    play(page)
    bar(page, "missed")
    assert page.locator("video").evaluate("(video) => video.paused")
    stopped = position(page)
    page.wait_for_timeout(1_500)
    assert 1 <= covered_s(site, member) < stopped - 0.5
    assert studied_s(site, member) < stopped + 1.5  # a busy machine shows the film late, not the clock


def test_a_film_that_does_not_load_counts_nothing(site: Site, member: User, new_context: NewContext) -> None:
    page = open_lesson(new_context(member), film_lesson(site, member, b"this is no film"))
    expect(page.get_by_text("没有打开这段内容")).to_be_visible()
    page.mouse.move(50, 50)
    page.wait_for_timeout(2_500)
    assert studied_s(site, member) == 0


def test_a_text_is_read_by_reading_it_through(site: Site, member: User, new_context: NewContext) -> None:
    """Each of two sections asks for five seconds; the end alone in view does not complete it."""
    text = TEXT.replace("<h2>第二节", "<p>" + "<br>" * 60 + "</p><h2>第二节")
    page = open_lesson(new_context(member), lesson(site, member, [("article", {"text": text})]))
    words = page.locator("[data-part-words]")
    expect(words).to_have_text("已读 0/2 节，还差：第一节、第二节")
    page.get_by_text("完完完").scroll_into_view_if_needed()
    with page.expect_request("**/beats", timeout=9_000):  # at once: the next one is due after 15 seconds
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        expect(words).to_have_text("已读 1/2 节，还差：第一节", timeout=12_000)
    page.get_by_role("link", name="去还没读的部分").click()
    expect(page.get_by_text("本课已学完")).to_be_visible(timeout=12_000)
    expect(words).to_have_text("已学完")


def test_a_reader_who_does_nothing_is_told_that_the_counter_stands(
    site: Site, member: User, new_context: NewContext
) -> None:
    page = open_lesson(new_context(member), lesson(site, member, [("article", {"text": TEXT})]), idle=1)
    bar(page, "idle")
    page.wait_for_timeout(1_500)
    before = studied_s(site, member)
    assert before < 2.5
    page.wait_for_timeout(1_500)
    assert studied_s(site, member) == before
    page.mouse.move(60, 60)
    expect(page.locator("[data-bar=idle]")).to_be_hidden()


def test_what_was_studied_offline_arrives_when_the_network_is_back(
    site: Site, member: User, new_context: NewContext
) -> None:
    context = new_context(member)
    page = open_lesson(context, lesson(site, member, [("article", {"text": TEXT})]))
    page.mouse.move(50, 50)
    eventually(page, lambda: studied_s(site, member) > 0.5)
    context.set_offline(True)
    bar(page, "offline")
    before = studied_s(site, member)
    page.wait_for_timeout(2_500)
    assert studied_s(site, member) == before
    context.set_offline(False)
    expect(page.locator("[data-bar=offline]")).to_be_hidden()
    eventually(page, lambda: studied_s(site, member) > before + 2)


def test_what_a_killed_tab_could_not_deliver_is_handed_over_by_the_next_page(
    site: Site, member: User, new_context: NewContext
) -> None:
    context = new_context(member)
    here = lesson(site, member, [("article", {"text": TEXT})])
    page = open_lesson(context, here)
    page.mouse.move(50, 50)
    eventually(page, lambda: studied_s(site, member) > 0.5)
    context.set_offline(True)
    bar(page, "offline")
    page.wait_for_timeout(2_000)
    before = studied_s(site, member)
    page.evaluate("navigator.sendBeacon = () => false")  # the system kills the page without a word
    page.close()
    context.set_offline(False)
    other = context.new_page()
    other.goto("/me/study/how/")
    # A minute later: until then it might be another page that lives.
    other.evaluate("""() => Object.keys(localStorage).filter((key) => key.startsWith("dangxiao-study-")).forEach((key) => {
      const kept = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify(Object.assign(kept, { at: kept.at - 61000 })));
    })""")
    again = open_lesson(context, here)
    eventually(again, lambda: studied_s(site, member) > before + 1)
    with site.database():
        assert StudySlice.objects.filter(user=member, kind="late").exists()


def test_a_withdrawn_lesson_says_that_it_no_longer_counts(
    site: Site, member: User, new_context: NewContext
) -> None:
    here = lesson(site, member, [("article", {"text": TEXT})])
    page = new_context(member).new_page()
    page.route("**/api/study", lambda route: route.fulfill(status=404, body='{"code": "not_found"}'))
    page.goto(here)
    bar(page, "gone")


def test_whoever_is_signed_out_is_told_and_goes_on_after_signing_in(
    site: Site, member: User, new_context: NewContext
) -> None:
    context = new_context(member)
    page = open_lesson(context, lesson(site, member, [("article", {"text": TEXT})]))
    page.route("**/beats", lambda route: route.fulfill(status=401, body='{"code": "bad_token"}'))
    context.clear_cookies(name="dangxiao_session")
    page.mouse.move(50, 50)
    bar(page, "signed_out")
    page.unroute("**/beats")
    sign_in_by_password(context, member)
    page.mouse.move(60, 60)
    expect(page.locator("[data-bar=signed_out]")).to_be_hidden()
    eventually(page, lambda: studied_s(site, member) > 1)
