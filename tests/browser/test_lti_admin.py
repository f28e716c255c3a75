"""The administrator's screens of platforms in a real browser: nothing cut off, nothing that axe finds, addresses copied."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from learning.organisation.models import Role, User
from lti.models import Deployment, Launch, Platform, PlatformUser
from tests.browser.conftest import PHONE, NewContext, Site, axe, misfits, watch
from tests.factories import make_unit, make_user
from tests.lti.factories import make_context, make_person, make_platform

DESK = {"width": 1280, "height": 900}


@pytest.fixture
def administrator(site: Site) -> User:
    with site.database():
        return make_user(name="管理员", roles=[(Role.ADMINISTRATOR, make_unit(name="校党委"))])


@pytest.fixture
def pages(site: Site, administrator: User) -> list[str]:
    """Addresses of every screen, with something on it."""
    with site.database():
        context = make_context(make_platform(name="教学平台", dialect="moodle"))
        platform, user = context.platform, make_person(context)
        Deployment.objects.create(platform=platform, deployment_id="7:8a44c1b29be64b4db31f03c56ad80a3b")
        waiting = make_platform(name="新来的平台", state=Platform.State.PENDING)
        person = PlatformUser.objects.get(user=user)
        now = timezone.now()
        launch = Launch.objects.create(
            platform=platform, context=context, user=user, at=now, bound_by="cookie",
            claims={"iss": platform.issuer, "sub": "a-very-long-subject-" * 20},
        )  # fmt: skip
        refused = Launch.objects.create(
            platform=platform, at=now - timedelta(hours=1), code="unknown_deployment"
        )
    one = f"platforms/{platform.pk}/"
    return [
        "", one, f"platforms/{waiting.pk}/", f"{one}edit/", f"{one}paste/", f"{one}check/", f"{one}people/",
        f"{one}people/{person.pk}/", "platforms/new/", "platforms/new/?dialect=moodle&host=https://lms.example.edu",
        "invitations/", "invitations/new/", "launches/", f"launches/{launch.pk}/", f"launches/{refused.pk}/",
        "keys/", "keys/rotate/?at_once",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_screens_fit_and_are_accessible(
    new_context: NewContext,
    administrator: User,
    pages: list[str],
    size: dict[str, int],
    complaints: list[str],
) -> None:
    page = watch(new_context(administrator, viewport=size).new_page(), complaints)
    for address in pages:
        page.goto(f"/admin/lti/{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        inside = [part for part in misfits(page) if "button-small" in part or "lti-" in part]
        assert (axe(page), inside) == ([], []), address
    assert complaints == []


def test_an_invitation_is_made_and_its_link_copied(new_context: NewContext, administrator: User) -> None:
    context = new_context(administrator, viewport=DESK)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/admin/lti/invitations/new/")
    page.get_by_label("平台名称").fill("教学平台")
    page.get_by_role("button", name="生成链接").click()
    link = page.locator("#copy-invitation")
    expect(link).to_contain_text("/lti/register/")
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("status").filter(has_text="已复制。")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == (link.text_content() or "").strip()
    assert axe(page) == []
