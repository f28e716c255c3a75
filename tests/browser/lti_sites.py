"""Two sites in one Chromium: the tool at 127.0.0.1, a platform at localhost that shows it in a frame, and third-party
cookies blocked as browsers of today block them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Page

from learning.organisation.models import Unit
from lti.models import Deployment
from lti.models import Platform as Registration
from question_bank.exams.models import Exam
from tests.browser.conftest import CHROMIUM, PHONE, Site
from tests.factories import make_unit
from tests.lti.platforms.base import Platform

WIDE = {"width": 1280, "height": 900}
# Playwright switches the partitioning of storage off; of two switches of one name Chromium takes the later.
AS_BROWSERS_ARE = ["--no-sandbox", "--disable-features=Translate", "--test-third-party-cookie-phaseout"]
# No cookie at all for the tool in the platform's pages, partitioned ones included; in a window of its own as ever.
NO_COOKIE_IN_THE_FRAME = {
    "profile": {
        "content_settings": {"exceptions": {"cookies": {"http://127.0.0.1,http://localhost": {"setting": 2}}}}
    }
}

NewDevice = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def cookie_blocking_browser(browser_of_package: Browser) -> Iterator[Browser]:
    browser = browser_of_package.browser_type.launch(executable_path=CHROMIUM, args=AS_BROWSERS_ARE)
    yield browser
    browser.close()


@pytest.fixture
def new_device(cookie_blocking_browser: Browser) -> Iterator[NewDevice]:
    """`new_device(**playwright options)`: a browser that has been nowhere yet."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = cookie_blocking_browser.new_context(**{"viewport": WIDE, "locale": "zh-CN", **options})
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def cookieless_device(browser_of_package: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that keeps no cookie whatever for the tool in a frame."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(NO_COOKIE_IN_THE_FRAME))
    context = browser_of_package.browser_type.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=AS_BROWSERS_ARE, viewport=PHONE, locale="zh-CN"
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


class Campus:
    """A platform that is running, and what the site knows of it."""

    def __init__(self, site: Site, platform: Platform) -> None:
        self.site, self.platform = site, platform
        with site.database():
            self.unit: Unit = make_unit()
            self.row = self.register()

    def register(self) -> Registration:
        known = self.platform.details()
        deployment_id = known.pop("deployment_id")
        row = Registration.objects.create(
            name="校园平台",
            state=Registration.State.ACTIVE,
            unit=self.unit,
            default_unit=self.unit,
            allow_insecure_loopback=True,
            **known,
        )
        # The strict one's sign-in is on the host of its pages; others name the pages' host beside it.
        row.origins = self.platform.url
        row.save()
        Deployment.objects.create(platform=row, deployment_id=deployment_id, state=Deployment.State.ACTIVE)
        return row

    def exam(self, link: str, **fields: Any) -> Exam:
        """An exam that the link of this name opens, with a column of the gradebook."""
        with self.site.database():
            exam = self.site.exam(unit=self.unit, **fields)
        self.platform.add_link(link, custom={"exam": str(exam.pk)}, maximum=100)
        return exam

    def open(self, context: BrowserContext, sub: str, link: str) -> Page:
        """The course page of the platform in a new tab, the tool in its frame."""
        page = context.new_page()
        self.go(page, sub, link)
        return page

    def go(self, page: Page, sub: str, link: str) -> None:
        page.goto(f"{self.platform.url}/course?user={sub}&link={link}")
        page.evaluate(FILL)


FILL = """() => {
  document.body.style.margin = 0;
  Object.assign(document.querySelector("[name=tool]").style, {width: "100%", height: "700px", border: 0});
}"""


@contextmanager
def campus_at(site: Site, kind: type[Platform] = Platform) -> Iterator[Campus]:
    with kind(site.url) as platform:
        yield Campus(site, platform)


@pytest.fixture
def campus(site: Site) -> Iterator[Campus]:
    with campus_at(site) as running:
        yield running


def tool(page: Page) -> FrameLocator:
    """What stands in the platform's frame."""
    return page.frame_locator("[name=tool]")


def tool_frame(page: Page) -> Frame:
    found = page.frame(name="tool")
    assert found is not None
    return found
