"""What platforms read of us without being asked who they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_script_prefix, set_script_prefix

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/lti/jwks", "/lti/jwks/"])
def test_public_keys_stand_at_both_addresses_for_ten_minutes(address: str, client: Client) -> None:
    answer = client.get(address)
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert sorted(answer["Cache-Control"].split(", ")) == ["max-age=600", "public"]
    assert answer["Content-Type"] == "application/json"
    assert "Access-Control-Allow-Origin" not in answer
    assert not answer.cookies


def test_public_keys_are_only_read(client: Client) -> None:
    assert client.post("/lti/jwks").status_code == 405
    assert "Cache-Control" not in client.post("/lti/jwks")


def test_configuration_says_where_we_are(client: Client) -> None:
    said = client.get("/lti/config.json", headers={"host": "exams.example.edu"}, secure=True).json()
    base = "https://exams.example.edu/lti"
    assert said["oidc_initiation_url"] == f"{base}/login"
    assert said["target_link_uri"] == f"{base}/launch"
    assert said["public_jwk_url"] == f"{base}/jwks"
    assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in said["scopes"]
    assert said["custom_fields"]["link_history"] == "$ResourceLink.id.history"
    (canvas,) = said["extensions"]
    assert (canvas["platform"], canvas["domain"]) == ("canvas.instructure.com", "exams.example.edu")
    placements: list[dict[str, Any]] = canvas["settings"]["placements"]
    assert [(each["placement"], each["message_type"]) for each in placements] == [
        ("assignment_selection", "LtiDeepLinkingRequest"),
        ("link_selection", "LtiDeepLinkingRequest"),
    ]
    assert {each["target_link_uri"] for each in placements} == {f"{base}/launch"}


def test_configuration_knows_the_sub_path(client: Client) -> None:
    before = get_script_prefix()
    set_script_prefix("/dangxiao/")
    try:
        said = client.get("/lti/config.json").json()
    finally:
        set_script_prefix(before)
    assert said["target_link_uri"] == "http://testserver/dangxiao/lti/launch"


def test_configuration_is_titled_in_the_readers_language(client: Client) -> None:
    chinese = client.get("/lti/config.json").json()
    assert chinese["title"] == "党校考试与学习"
