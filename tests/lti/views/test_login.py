"""What the log-in asks of a platform that was told our addresses by hand."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.lti.campus import HOST, Campus


@pytest.mark.parametrize(
    ("door", "target", "redirect"),
    [
        ("/lti/login", "/lti/launch", "/lti/launch"),
        ("/lti/login", "/lti/launch/", "/lti/launch/"),
        ("/lti/login", "/lti/launch/?exam=5", "/lti/launch/"),
        ("/lti/login/", "/lti/launch", "/lti/launch"),
        ("/lti/login/", "/lti/launch/", "/lti/launch/"),
        ("/lti/login/", "/lti/launch?exam=5", "/lti/launch"),
        ("/lti/login/", "/lti/exams/5", "/lti/launch/"),
        ("/lti/login", "/lti/exams/5", "/lti/launch"),
    ],
)
def test_message_is_asked_for_at_the_address_that_was_typed_in(
    campus: Campus, door: str, target: str, redirect: str
) -> None:
    asked = {
        "iss": campus.signing.issuer,
        "client_id": campus.signing.client_id,
        "login_hint": "hint",
        "target_link_uri": HOST + target,
    }
    response = campus.client.get(door, asked)
    assert response.status_code == 302
    (sent,) = parse_qs(urlsplit(response["Location"]).query)["redirect_uri"]
    assert sent == HOST + redirect
