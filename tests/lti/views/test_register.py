"""The registration page, opened by a whole other platform over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from lti.models import Invitation
from lti.models import Platform as Row
from lti.services import registering
from tests.lti.platforms.base import Platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform("http://testserver") as running:
        yield running


def invite(*, here: bool = True) -> registering.Invited:
    return registering.invite(name="教学平台", allow_insecure_loopback=here, by=None, now=timezone.now())


@pytest.mark.parametrize("address", ["/lti/register/{}", "/lti/register/{}/", "/lti/register?invitation={}"])
def test_platform_registers_itself_and_waits(address: str, client: Client, platform: Platform) -> None:
    made = invite()
    answer = client.get(platform.registering.url(address.format(made.token)))
    assert answer.status_code == 200
    row = Row.objects.get()
    assert (row.state, row.issuer, row.name) == ("pending", platform.issuer, "教学平台")
    (told,) = platform.registering.received
    assert told["jwks_uri"] == "http://testserver/lti/jwks"
    assert row.client_id in platform.clients
    assert Invitation.objects.get().platform == row
    assert "教学平台" in answer.text


def test_page_tells_the_platform_and_nobody_else_that_it_is_done(client: Client, platform: Platform) -> None:
    answer = client.get(platform.registering.url(f"/lti/register/{invite().token}"))
    assert answer.frame_ancestors == (platform.url,)  # type: ignore[attr-defined]
    assert answer["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {platform.url}")
    assert "X-Frame-Options" not in answer
    assert f'{{"origins": ["{platform.url}"]}}' in answer.text
    assert 'src="/static/lti/register.js"' in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_used_link_says_so(client: Client, platform: Platform) -> None:
    url = f"/lti/register/{invite().token}"
    client.get(platform.registering.url(url))
    answer = client.get(platform.registering.url(url))
    assert (answer.status_code, answer["X-Error-Code"]) == (400, "invitation_used")
    assert "invitation_used" in answer.text
    assert Row.objects.count() == 1


def test_failed_exchange_leaves_the_link_good(client: Client, platform: Platform) -> None:
    url = f"/lti/register/{invite().token}"
    asked = platform.registering.url(url)
    platform.registering.tokens.clear()
    answer = client.get(asked)
    assert (answer.status_code, answer["X-Error-Code"]) == (400, "registration_refused")
    assert answer.frame_ancestors == (platform.url,)  # type: ignore[attr-defined]
    assert client.get(platform.registering.url(url)).status_code == 200


def test_own_machine_is_not_asked_without_the_invitations_word(client: Client, platform: Platform) -> None:
    answer = client.get(platform.registering.url(f"/lti/register/{invite(here=False).token}"))
    assert answer["X-Error-Code"] == "registration_unreachable"
    assert "not_https" in answer.text
    assert platform.asked == []


@pytest.mark.parametrize("address", ["/lti/register", "/lti/register/guess", "/lti/register?invitation="])
def test_stranger_asks_nobody(address: str, client: Client, platform: Platform) -> None:
    answer = client.get(platform.registering.url(address))
    assert (answer.status_code, answer["X-Error-Code"]) == (400, "invitation_unknown")
    assert platform.asked == []
    assert not hasattr(answer, "frame_ancestors")


def test_link_opened_by_hand_or_ahead_of_time_changes_nothing(client: Client, platform: Platform) -> None:
    url = f"/lti/register/{invite().token}"
    assert client.get(url).status_code == 200
    asked = platform.registering.url(url)
    assert client.get(asked, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 403
    assert client.get(asked, headers={"Purpose": "prefetch"}).status_code == 403
    assert client.head(asked).status_code == 405
    assert client.post(asked).status_code in (403, 405)
    assert platform.asked == []
    assert Invitation.objects.get().used_at is None
