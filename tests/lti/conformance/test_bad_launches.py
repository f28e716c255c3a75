"""Core: launches that must be refused, by the names of the certification guide for tools."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.http import HttpResponse

from lti.core import claims
from tests.lti.campus import TARGET, Campus, refused
from tests.lti.platforms.signing import rsa_key

pytestmark = pytest.mark.django_db


def test_no_kid_sent_in_jwt_header(campus: Campus) -> None:
    response = campus.launch_signed(lambda payload: campus.signing.sign(payload, kid=None))
    refused(response, "no_kid")


def test_incorrect_kid_in_jwt_header(campus: Campus) -> None:
    response = campus.launch_signed(lambda payload: campus.signing.sign(payload, kid="nobody's"))
    refused(response, "unknown_kid")


def test_wrong_lti_version(campus: Campus) -> None:
    refused(campus.launch(version="11.3"), "wrong_version")


def test_no_lti_version(campus: Campus) -> None:
    refused(campus.launch(version=None), "no_version")


def test_invalid_lti_message(campus: Campus) -> None:
    refused(campus.launch(message_type="LtiNothingRequest"), "unknown_message_type")


def test_not_an_lti_message_at_all(campus: Campus) -> None:
    sent = campus.log_in()
    refused(campus.post(sent["state"], "this is no token"), "malformed")


def test_missing_lti_claims(campus: Campus) -> None:
    sent = campus.log_in()
    bare = {name: value for name, value in campus.payload(sent["nonce"]).items() if "/" not in name}
    refused(campus.post(sent["state"], campus.signing.sign(bare)), "no_version")


def test_target_link_uri_missing(campus: Campus) -> None:
    refused(campus.launch(target_link_uri=None), "missing_claims")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iat": None}, "bad_iat"),
        ({"exp": None}, "bad_exp"),
        ({"iat": "today"}, "bad_iat"),
        ({"exp": True}, "bad_exp"),
        ({"exp": 1_500_000_000}, "expired"),
        ({"iat": 99_999_999_999}, "not_yet"),
    ],
)
def test_timestamps_incorrect(campus: Campus, changed: dict[str, object], code: str) -> None:
    refused(campus.launch(**changed), code)


def test_message_type_claim_missing(campus: Campus) -> None:
    refused(campus.launch(message_type=None), "no_message_type")


def test_role_claim_missing(campus: Campus) -> None:
    refused(campus.launch(roles=None), "no_roles")


def test_deployment_id_claim_missing(campus: Campus) -> None:
    refused(campus.launch(deployment_id=None), "no_deployment_id")


def test_resource_link_id_claim_missing(campus: Campus) -> None:
    refused(campus.launch(resource_link={"title": "x"}), "no_resource_link")
    refused(campus.launch(resource_link=None), "no_resource_link")


def test_user_claim_missing(campus: Campus) -> None:
    refused(campus.launch(sub=None), "no_sub")


def test_replayed_state_and_token(campus: Campus) -> None:
    sent = campus.log_in()
    token = campus.signing.sign(campus.payload(sent["nonce"]))
    assert campus.post(sent["state"], token).status_code == 302
    refused(campus.post(sent["state"], token), "state_used")


def test_replayed_nonce_in_another_login(campus: Campus) -> None:
    first, second = campus.log_in(), campus.log_in()
    token = campus.signing.sign(campus.payload(first["nonce"]))
    assert campus.post(first["state"], token).status_code == 302
    refused(campus.post(second["state"], token), "bad_nonce")


def test_nonce_of_one_login_with_the_state_of_another(campus: Campus) -> None:
    first, second = campus.log_in(), campus.log_in()
    refused(campus.post(first["state"], campus.signing.sign(campus.payload(second["nonce"]))), "bad_nonce")


def test_state_of_another_browser(campus: Campus) -> None:
    from django.test import Client

    mine, others = campus.log_in(), Client()
    campus.log_in(others)
    token = campus.signing.sign(campus.payload(mine["nonce"]))
    refused(campus.post(mine["state"], token, others), "no_cookie")


def test_state_that_nobody_began(campus: Campus) -> None:
    refused(campus.post("made-up", campus.signing.id_token()), "state_unknown")


def test_expired_state(campus: Campus) -> None:
    from datetime import timedelta

    from lti.models import Login

    sent = campus.log_in()
    Login.objects.update(expires_at=campus.now - timedelta(seconds=1))
    refused(campus.post(sent["state"], campus.signing.sign(campus.payload(sent["nonce"]))), "state_expired")


def test_algorithm_none(campus: Campus) -> None:
    def unsigned(payload: dict[str, object]) -> str:
        return jwt.encode(payload, "", algorithm="none", headers={"kid": campus.signing.kid})

    refused(campus.launch_signed(unsigned), "bad_alg")


def test_hs256_under_the_public_key(campus: Campus) -> None:
    """Key confusion: PyJWT itself refuses to make such a token, so it is put together by hand."""
    import base64
    import hashlib
    import hmac
    import json

    public = rsa_key(campus.signing.current).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def confused(payload: dict[str, object]) -> str:
        def part(data: bytes) -> bytes:
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        header = {"alg": "HS256", "kid": campus.signing.kid}
        body = part(json.dumps(header).encode()) + b"." + part(json.dumps(payload).encode())
        return (body + b"." + part(hmac.new(pem, body, hashlib.sha256).digest())).decode()

    refused(campus.launch_signed(confused), "bad_alg")


def test_signed_with_a_key_that_is_not_published(campus: Campus) -> None:
    response = campus.launch_signed(lambda payload: campus.signing.sign(payload, key=rsa_key(99)))
    refused(response, "bad_signature")


def test_old_iat(campus: Campus) -> None:
    now = int(campus.now.timestamp())
    refused(campus.launch(iat=now - 3700, exp=now + 600), "old_iat")


def test_unknown_iss_in_the_token(campus: Campus) -> None:
    refused(campus.launch(iss="https://stranger.example"), "bad_issuer")


def test_unknown_iss_at_the_login(campus: Campus) -> None:
    refused(campus.ask(iss="https://stranger.example"), "unknown_issuer")


def test_unknown_client_id_at_the_login(campus: Campus) -> None:
    refused(campus.ask(client_id="somebody-else"), "unknown_platform")


def test_unknown_aud(campus: Campus) -> None:
    refused(campus.launch(aud="another-tool"), "bad_audience")


def test_aud_list_without_us(campus: Campus) -> None:
    refused(campus.launch(aud=["another-tool", "third"], azp=campus.signing.client_id), "bad_audience")


def test_unknown_deployment_is_recorded_inactive(campus: Campus) -> None:
    from lti.models import Deployment

    refused(campus.launch(deployment_id="new-place"), "unknown_deployment")
    assert Deployment.objects.get(deployment_id="new-place").state == Deployment.State.PENDING
    refused(campus.launch(deployment_id="new-place"), "inactive_deployment")


def test_foreign_azp(campus: Campus) -> None:
    refused(campus.launch(azp="another-tool"), "bad_azp")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/lti/launch",
        "http://testserver.evil.example/lti/launch",
        "http://testserver@evil.example/lti/launch",
        "http://evil.example@testserver:81/lti/launch",
        "//evil.example/lti/launch",
        "javascript:alert(1)",
        "http://testserver/admin/",
        "http://testserver/lti/../admin/",
        "http://testserver\\@evil.example/lti/",
    ],
)
def test_target_link_uri_not_ours(campus: Campus, target: str) -> None:
    refused(campus.launch(target_link_uri=target), "bad_target")
    refused(campus.ask(target_link_uri=target), "bad_target")


def test_redirect_uri_not_ours(campus: Campus) -> None:
    refused(campus.ask(redirect_uri="https://evil.example/collect"), "bad_redirect")
    assert campus.log_in(redirect_uri=TARGET)["redirect_uri"] == TARGET


def test_login_without_login_hint(campus: Campus) -> None:
    refused(campus.ask(login_hint=None), "no_login_hint")


def test_login_of_a_platform_that_is_not_approved(campus: Campus) -> None:
    campus.row.state = "pending"
    campus.row.save()
    refused(campus.ask(), "inactive_platform")


def test_launch_after_the_platform_was_switched_off(campus: Campus) -> None:
    sent = campus.log_in()
    campus.row.state = "off"
    campus.row.save()
    token = campus.signing.sign(campus.payload(sent["nonce"]))
    refused(campus.post(sent["state"], token), "inactive_platform")


def test_error_that_the_platform_posts_instead_of_a_token(campus: Campus) -> None:
    sent = campus.log_in()
    response: HttpResponse = campus.client.post(
        "/lti/launch",
        {"state": sent["state"], "error": "login_required", "error_description": "<b>Nobody</b>"},
    )
    refused(response, "platform_error")
    assert "<b>" not in response.content.decode()


def test_no_token(campus: Campus) -> None:
    sent = campus.log_in()
    refused(campus.client.post("/lti/launch", {"state": sent["state"]}), "no_token")


def test_a_refused_launch_signs_nobody_in(campus: Campus) -> None:
    refused(campus.launch(aud="another-tool"), "bad_audience")
    assert "dangxiao_launched" not in campus.client.cookies
    assert campus.client.get("/me/").status_code == 302


def test_claims_of_the_wrong_type(campus: Campus) -> None:
    refused(campus.launch(roles="Instructor"), "malformed")
    refused(campus.launch(context="course-1"), "malformed")
    refused(campus.launch(extra={claims.CUSTOM: ["x"]}), "malformed")
