"""Attacks on the site itself: strangers who fill its tables or break its doors, and browsers with forged cookies."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from learning.organisation.models import Unit
from lti.models import Launch, Login
from lti.services import registering
from tests.lti.campus import HOST, TARGET, Campus
from tests.lti.platforms import base

pytestmark = pytest.mark.django_db

HUGE = "x" * 100_000
ODD = "a\x00b"


@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint"])
def test_a_log_in_request_as_long_as_a_book_is_refused_and_not_kept(campus: Campus, name: str) -> None:
    asked = {"iss": campus.signing.issuer, "client_id": campus.signing.client_id, "login_hint": "hint"}
    response = Client().post("/lti/login", asked | {"target_link_uri": TARGET, name: HUGE})
    assert response["X-Error-Code"] == "malformed"
    assert not Login.objects.exists()


@pytest.mark.parametrize(
    "name", ["iss", "client_id", "login_hint", "lti_message_hint", "lti_deployment_id", "lti_storage_target"]
)
def test_a_character_that_no_database_takes_is_refused_at_the_log_in(campus: Campus, name: str) -> None:
    response = campus.ask(**{name: ODD})
    assert response.status_code == 400
    assert not Login.objects.exists()


@pytest.mark.parametrize("name", ["state", "id_token", "error", "error_description"])
def test_a_character_that_no_database_takes_breaks_no_launch(campus: Campus, name: str) -> None:
    state = campus.log_in()["state"]
    said = {"state": state, "error": "denied"} if name != "id_token" else {"state": state}
    assert campus.client.post("/lti/launch", said | {name: ODD}).status_code in (400, 403)


@pytest.mark.parametrize("door", ["/lti/launch/finish/", "/lti/window/open/"])
def test_a_character_that_no_database_takes_breaks_no_step_of_ours(campus: Campus, door: str) -> None:
    said = {"state": ODD, "ticket": ODD, "secret": ODD}
    response = campus.client.post(door, said, headers={"Origin": "http://testserver"})
    assert response.status_code in (400, 403)


def test_a_stranger_who_invents_issuers_fills_no_table(db: None) -> None:
    for number in range(300):
        assert Client().get("/lti/login", {"iss": f"https://{number}.example"}).status_code == 400
    assert Launch.objects.count() <= 100


def test_a_stranger_who_knows_the_client_id_fills_no_table(campus: Campus) -> None:
    for _ in range(300):
        assert campus.ask(Client(), login_hint=None).status_code == 400
    assert 1 <= Launch.objects.count() <= 200


def test_refusals_of_strangers_hide_none_of_the_platforms_own(campus: Campus) -> None:
    """What the platform has signed is written down whatever else comes."""
    for _ in range(300):
        campus.ask(Client(), login_hint=None)
    campus.launch(deployment_id="never seen")
    assert Launch.objects.filter(code="unknown_deployment").exists()


def test_forged_cookies_of_other_log_ins_break_none(campus: Campus) -> None:
    """A page of a neighbouring host may set cookies of any name for ours."""
    forged = "; ".join(f"dangxiao_lti_é({number}={number}.x" for number in range(12))
    asked = {"iss": campus.signing.issuer, "client_id": campus.signing.client_id, "login_hint": "hint"}
    response = Client().get("/lti/login", asked, headers={"Cookie": forged})
    assert response.status_code == 302
    assert len(response.cookies) == 1


@pytest.mark.parametrize("access", ["中", "a\nX-Evil: 1", "é中"])
def test_a_registration_token_that_is_no_header_is_refused(school: Unit, access: str) -> None:
    made = registering.invite(
        name="邀请", unit=school, allow_insecure_loopback=True, by=None, now=timezone.now()
    )
    with base.Platform(HOST) as platform:
        asked = {"openid_configuration": f"{platform.url}/.well-known/openid-configuration"}
        response = Client().get(f"/lti/register/{made.token}", asked | {"registration_token": access})
    assert response["X-Error-Code"] == "registration_unreachable"
