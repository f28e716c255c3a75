"""The style guide in a real Chromium, served from memory: every component fits, can be tapped, passes axe."""

from __future__ import annotations

import mimetypes
import shutil

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from tests.browser.conftest import axe

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="needs chromium")]

ORIGIN = "http://site.test"
NAV = [
    {"url": "#a", "label": "首页", "icon": "home", "current": True},
    {"url": "#b", "label": "考试", "icon": "exam", "current": False},
    {"url": "#c", "label": "错题", "icon": "notebook", "current": False},
    {"url": "#d", "label": "我的", "icon": "person", "current": False},
]
OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((part) =>
  part.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  !part.closest(".tabs, .sprite, .visually-hidden")).map((part) => part.outerHTML.slice(0, 120))"""
TOO_SMALL = """() => [...document.querySelectorAll(
  "button, a.button, ol .tile, .chip, summary, .tabs > a, .site-nav a, select, textarea, .option, [type=text]"
)].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width && (box.width < 43.9 || box.height < 43.9);
}).map((part) => part.outerHTML.slice(0, 120))"""
HEADER_HEIGHT = "Math.max(...[...document.querySelectorAll('.exam-header')].map((part) => part.offsetHeight))"


@pytest.fixture
def chromium(browser_of_package: Browser) -> Browser:
    """The one of all browser tests: Playwright starts once a thread."""
    return browser_of_package


def open_styleguide(
    browser: Browser, *, width: int, script: str = "", **site: object
) -> tuple[Page, list[str]]:
    """The page and the list that its errors go into: the policy's refusals, missing files, exceptions."""
    with translation.override("zh-hans"):
        html = render_to_string("site/styleguide.html", {"site": {"name": "样例学校", **site}, "nav": NAV})

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        found = finders.find(path.removeprefix("/static/")) if path.startswith("/static/") else None
        if found:
            route.fulfill(path=str(found), content_type=mimetypes.guess_type(path)[0])
        elif path == "/":
            policy = {"Content-Security-Policy": "default-src 'self'"}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=policy)
        else:
            route.fulfill(status=404)

    page = browser.new_page(viewport={"width": width, "height": 740})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.route("**/*", answer)
    if script:
        page.add_init_script(script)
    page.goto(ORIGIN + "/")
    return page, errors


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("large_print", ["", "1", "2"])
def test_everything_fits_and_can_be_tapped_at_every_print_size(chromium, width, large_print):
    page, errors = open_styleguide(chromium, width=width, large_print=large_print)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(HEADER_HEIGHT) <= 56
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("look", [{}, {"grey_mode": True}, {"in_frame": True}])
def test_axe_finds_nothing(chromium, width, look):
    page, _ = open_styleguide(chromium, width=width, **look)
    page.click("summary")
    found = axe(page)
    page.keyboard.press("Escape")
    page.click("[data-dialog-open=sg-dialog]")
    assert found + axe(page) == []
    page.close()


WITHOUT_DIALOG = "delete HTMLDialogElement.prototype.showModal; delete HTMLDialogElement.prototype.close;"


@pytest.mark.parametrize("script", ["", WITHOUT_DIALOG])
def test_dialog_holds_the_focus_and_gives_it_back(chromium, script):
    page, _ = open_styleguide(chromium, width=360, script=script)
    page.click("[data-dialog-open=sg-dialog]")
    assert page.locator("#sg-dialog").is_visible()
    for _step in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('dialog, body:focus')")
    page.keyboard.press("Escape")
    assert not page.locator("#sg-dialog").is_visible()
    assert page.evaluate("document.activeElement.dataset.dialogOpen") == "sg-dialog"
    page.close()


def test_print_size_changes_at_once_and_is_remembered(chromium):
    page, _ = open_styleguide(chromium, width=360)
    page.click("summary")
    page.click("[data-print-size='2']")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert "dangxiao_large_print=2" in page.evaluate("document.cookie")
    page.click("[data-print-size='0']")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"
    assert "dangxiao_large_print" not in page.evaluate("document.cookie")
    page.close()


def test_focus_never_hides_under_the_bottom_bar(chromium):
    page, _ = open_styleguide(chromium, width=360)
    hidden = """() => {
      const part = document.activeElement, bar = document.querySelector(".site-nav");
      return !bar.contains(part) && part.getBoundingClientRect().bottom > bar.getBoundingClientRect().top;
    }"""
    for _step in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate(hidden), page.evaluate("document.activeElement.outerHTML")
    page.close()


def test_toast_shows_plain_text_and_can_be_closed(chromium):
    page, _ = open_styleguide(chromium, width=360)
    page.evaluate("import('/static/site/site.js').then((site) => site.toast('<b>已断开</b>', 'warning'))")
    toast = page.locator("[data-toasts] .toast")
    assert toast.locator(".toast__body").inner_text() == "<b>已断开</b>"
    toast.locator("[data-dismiss]").click()
    assert toast.count() == 0
    page.close()
