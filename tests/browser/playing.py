"""Words for what the player tests do: open it, wait for it, ask the site what it has."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from learning.organisation.models import User
from question_bank.exams.models import AttemptItem, Exam
from tests.browser.conftest import Site, watch

ALL_KINDS = ("single", "multiple", "true_false", "fill", "short", "essay", "order", "match")


def open_player(context: BrowserContext, exam: Exam, complaints: list[str] | None = None) -> Page:
    page = context.new_page()
    if complaints is not None:
        watch(page, complaints)
    page.goto(f"/exams/{exam.pk}/")
    page.get_by_role("button", name="开始考试").click()
    ready(page)
    return page


def sign_in_by_password(context: BrowserContext, user: User) -> None:
    """By the log-in page of another tab, which also changes the site's token against forged requests."""
    door = context.new_page()
    door.goto("/login/")
    door.locator("[name=number]").fill(user.number)
    door.locator("[name=password]").fill("secret-pass")
    door.get_by_role("button", name="登录").click()
    door.wait_for_url("**/")
    door.close()


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-player=ready]")


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
