"""A real site for browsers (tests.live_site), and a Chromium to visit it.

`member_page` is a signed-in page at 360 px; `axe(page)` names what is not accessible.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from learning.organisation.models import User
from tests.factories import make_unit, make_user
from tests.live_site import Site, running_site

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Site]:
    # Playwright runs an event loop in this thread, which Django would take for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with running_site(tmp_path_factory.mktemp("site"), django_db_blocker) as running:
        yield running


@pytest.fixture(scope="package")
def browser_of_package() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


# A busy machine is no reason to fail.
expect.set_options(timeout=20_000)

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser_of_package: Browser, site: Site) -> Iterator[NewContext]:
    """`new_context(user, **playwright options)`: another device, signed in, at phone size unless told."""
    opened: list[BrowserContext] = []

    def make(user: User | None = None, **options: Any) -> BrowserContext:
        context = browser_of_package.new_context(
            **{"viewport": PHONE, "base_url": site.url, "locale": "zh-CN", **options}
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        if user:
            site.sign_in(context, user)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def member(site: Site) -> User:
    with site.database():
        return make_user(unit=make_unit())


@pytest.fixture
def complaints() -> list[str]:
    """What pages watched by `watch` put on the console as errors: the policy's refusals, missing files, exceptions."""
    return []


def watch(page: Page, complaints: list[str]) -> Page:
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page


AXE: str = Axe().axe_script
# Every rule runs; what they found in order is neither described nor carried here, which is most of the time.
VIOLATIONS = """async () => (await axe.run({resultTypes: ["violations"]})).violations.map(
  (rule) => `${rule.id}: ${rule.nodes[0].html.slice(0, 160)}`)"""


def axe(page: Page) -> list[str]:
    """Ids of the rules that the page breaks. Evaluated, because our policy refuses axe as an inline script."""
    page.evaluate(AXE)
    return list(page.evaluate(VIOLATIONS))


OVERFLOWING = """() => [...document.querySelectorAll("body *")].filter((part) =>
  part.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  !part.closest(".tabs, .sprite, .visually-hidden, dialog:not([open])")).map((part) => part.outerHTML.slice(0, 120))"""
TOO_SMALL = """() => [...document.querySelectorAll(
  "button, a.button, .tile, .chip, summary, .tabs > a, .site-nav a, select, textarea, .option, [type=text], .row"
)].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width && !part.closest(".legend, .option--right, .option--wrong, .option--still") &&
    (box.width < 43.9 || box.height < 43.9);
}).map((part) => part.outerHTML.slice(0, 120))"""


def misfits(page: Page) -> list[str]:
    """What is cut off at this width, and controls smaller than a fingertip."""
    return [*page.evaluate(OVERFLOWING), *page.evaluate(TOO_SMALL)]
