"""A platform registers itself in a real browser: its page shows ours in a frame and is told when it is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from lti.models import Platform as Row
from lti.services import registering
from tests.browser.conftest import PHONE, Site, axe
from tests.lti.platforms.base import Platform

pytestmark = pytest.mark.browser

# A page of the platform's administration: our address in a frame, and the first thing that the frame says.
FRAME = """url => {
  const frame = document.createElement("iframe");
  Object.assign(frame, {name: "tool", src: url, width: 340, height: 600});
  addEventListener("message", e => window.heard = window.heard || [e.origin, e.data]);
  document.body.append(frame);
}"""


@pytest.fixture
def platform(site: Site) -> Iterator[Platform]:
    with Platform(site.url) as running:
        yield running


@pytest.fixture
def page(browser_of_package: Browser, platform: Platform) -> Iterator[Page]:
    context = browser_of_package.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{platform.url}/.well-known/openid-configuration")
    yield page
    context.close()


def test_platforms_page_is_told_that_it_may_close_the_frame(
    site: Site, platform: Platform, page: Page
) -> None:
    with site.database():
        made = registering.invite(name="教学平台", allow_insecure_loopback=True, by=None, now=timezone.now())
    page.evaluate(FRAME, platform.registering.url(f"{site.url}/lti/register/{made.token}"))
    expect(page.frame_locator("[name=tool]").get_by_role("heading", name="注册完成")).to_be_visible()
    page.wait_for_function("window.heard", timeout=10_000)
    assert page.evaluate("window.heard") == [site.url, {"subject": "org.imsglobal.lti.close"}]
    frame = page.frame(name="tool")
    assert frame is not None
    assert axe(frame) == []
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with site.database():
        assert Row.objects.get(issuer=platform.issuer).state == Row.State.PENDING


def test_link_that_is_void_shows_a_page_with_its_code(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/lti/register/guess")
    expect(page.get_by_text("这个注册链接无效。")).to_be_visible()
    expect(page.get_by_text("invitation_unknown")).to_be_visible()
    assert axe(page) == []
