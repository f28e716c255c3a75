"""Dynamic Registration against a platform that we did not write for it: what it brings waits, what fails leaves the
invitation good."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from learning.organisation.models import AuditEntry
from lti.core.registration import ToolUrls
from lti.http.fetching import Answer, Reach, Unreachable, Why
from lti.models import Invitation, Platform
from lti.services import registering, self_registration
from lti.services.self_registration import RegistrationFailed, invitation_of, register
from tests.factories import NOW, make_unit

pytestmark = pytest.mark.django_db

TOOL = ToolUrls(
    login="https://exams.example.edu/lti/login",
    launch="https://exams.example.edu/lti/launch",
    jwks="https://exams.example.edu/lti/jwks",
)
LMS = "https://lms.example.edu"
CONFIGURATION = f"{LMS}/.well-known/openid-configuration"
TOOL_CLAIM = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CLAIM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class Lms:
    """What the platform says; every request is kept."""

    def __init__(self) -> None:
        self.configuration: Any = {
            "issuer": LMS,
            "authorization_endpoint": f"{LMS}/auth",
            "token_endpoint": f"{LMS}/token",
            "jwks_uri": f"{LMS}/jwks",
            "registration_endpoint": f"{LMS}/register",
            PLATFORM_CLAIM: {"product_family_code": "moodle", "version": "4.5"},
        }
        self.registered: Any = {"client_id": "abc", TOOL_CLAIM: {"deployment_id": "7"}}
        self.statuses = {"GET": 200, "POST": 201}
        self.unreachable: dict[str, Why] = {}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.meanwhile: Any = None

    def fetch(self, method: str, url: str, *, reach: Reach, now: Any, **sent: Any) -> Answer:
        self.asked.append((method, url, {"reach": reach, **sent}))
        if method in self.unreachable:
            raise Unreachable(self.unreachable[method])
        if method == "POST" and self.meanwhile:
            self.meanwhile()
        said = self.configuration if method == "GET" else self.registered
        return Answer(self.statuses[method], {}, said if isinstance(said, str) else json.dumps(said))


@pytest.fixture
def lms(monkeypatch: pytest.MonkeyPatch) -> Lms:
    made = Lms()
    monkeypatch.setattr(self_registration, "fetch", made.fetch)
    return made


@pytest.fixture
def invitation() -> Invitation:
    return registering.invite(name="教学平台", unit=make_unit(), by=None, now=NOW).invitation


def exchange(invitation: Invitation, access: str = "token") -> Platform:
    return register(invitation=invitation, configuration_url=CONFIGURATION, access=access, tool=TOOL, now=NOW)


def failure(invitation: Invitation) -> RegistrationFailed:
    """That of an exchange, which left nothing behind."""
    with pytest.raises(RegistrationFailed) as caught:
        exchange(invitation)
    assert not Platform.objects.filter(state=Platform.State.PENDING).exists()
    invitation.refresh_from_db()
    assert (invitation.used_at, invitation.platform) == (None, None)
    return caught.value


def test_platform_is_written_down_and_waits(lms: Lms, invitation: Invitation) -> None:
    platform = exchange(invitation)
    platform.refresh_from_db()
    assert (platform.state, platform.name, platform.dialect) == (Platform.State.PENDING, "教学平台", "moodle")
    assert (platform.issuer, platform.client_id) == (LMS, "abc")
    assert (platform.auth_url, platform.token_url, platform.jwks_url) == (
        f"{LMS}/auth",
        f"{LMS}/token",
        f"{LMS}/jwks",
    )
    assert (platform.unit, platform.default_unit) == (invitation.unit, invitation.unit)
    assert list(platform.deployments.values_list("deployment_id", "state")) == [("7", "pending")]
    invitation.refresh_from_db()
    assert (invitation.used_at, invitation.platform) == (NOW, platform)
    entry = AuditEntry.objects.get(action="platform.registered")
    assert entry.data == {"issuer": LMS, "client_id": "abc", "deployments": ["7"]}


def test_platform_is_told_who_we_are(lms: Lms, invitation: Invitation) -> None:
    exchange(invitation)
    (_, configuration_url, before), (method, url, sent) = lms.asked
    assert (configuration_url, method, url) == (CONFIGURATION, "POST", f"{LMS}/register")
    assert before["headers"] == sent["headers"] == {"Authorization": "Bearer token"}
    body = sent["json"]
    assert body["initiate_login_uri"] == TOOL.login
    assert body["redirect_uris"] == [TOOL.launch]
    assert body["jwks_uri"] == TOOL.jwks
    assert body[TOOL_CLAIM]["custom_parameters"]["context_history"] == "$Context.id.history"
    assert body["client_name"]
    assert body["client_name#en"]


def test_without_registration_token_none_is_sent(lms: Lms, invitation: Invitation) -> None:
    exchange(invitation, access="")
    assert [sent["headers"] for _, _, sent in lms.asked] == [{}, {}]


def test_frame_may_stand_in_pages_of_the_platform_and_of_its_vendors_universities() -> None:
    assert self_registration.pages_of(LMS) == (LMS,)
    canvas = "https://canvas.instructure.com"
    assert self_registration.pages_of(canvas) == (canvas, "https://*.instructure.com")
    assert self_registration.pages_of("https://blackboard.com") == ("https://blackboard.com",)


def test_everything_is_asked_at_the_one_origin(lms: Lms, invitation: Invitation) -> None:
    exchange(invitation)
    assert {sent["reach"] for _, _, sent in lms.asked} == {Reach((LMS,), insecure_loopback=False)}


def test_own_machine_is_reached_only_where_the_invitation_says_so(lms: Lms) -> None:
    here = registering.invite(name="", allow_insecure_loopback=True, by=None, now=NOW).invitation
    assert exchange(here).allow_insecure_loopback
    assert lms.asked[0][2]["reach"].insecure_loopback


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"issuer": "https://other.example.edu"}, "registration_foreign_issuer"),
        ({"issuer": "https://lms.example.edu.evil.example.org"}, "registration_foreign_issuer"),
        ({"issuer": "https://lms.example.edu:8443"}, "registration_foreign_issuer"),
        ({"issuer": "http://lms.example.edu"}, "registration_bad_url"),
        ({"issuer": None}, "registration_no_issuer"),
        ({"token_endpoint": None}, "registration_missing_endpoint"),
        ({"jwks_uri": "http://lms.example.edu/jwks"}, "registration_bad_url"),
        ({"authorization_endpoint": "https://user@lms.example.edu/auth"}, "registration_bad_url"),
    ],
)
def test_configuration_that_may_not_be_believed_ends_it(
    change: dict[str, Any], code: str, lms: Lms, invitation: Invitation
) -> None:
    lms.configuration |= change
    assert failure(invitation).code == code
    assert [method for method, _, _ in lms.asked] == ["GET"]


@pytest.mark.parametrize("said", ["<!doctype html>", "[]", "7", "null"])
def test_configuration_that_is_none_ends_it(said: str, lms: Lms, invitation: Invitation) -> None:
    lms.configuration = said
    assert failure(invitation).code == "registration_malformed"


def test_platform_that_cannot_be_reached_leaves_the_invitation_good(lms: Lms, invitation: Invitation) -> None:
    for method, why in (("GET", Why.PRIVATE_ADDRESS), ("POST", Why.FOREIGN_ORIGIN)):
        lms.unreachable = {method: why}
        failed = failure(invitation)
        assert failed.code == "registration_unreachable"
        assert why.value in failed.detail
    lms.unreachable = {}
    lms.statuses["GET"] = 404
    assert failure(invitation).detail == "the configuration answers HTTP 404"
    lms.statuses["GET"] = 200
    assert exchange(invitation)


def test_refusal_of_the_platform_is_told(lms: Lms, invitation: Invitation) -> None:
    lms.statuses["POST"] = 400
    lms.registered = {"error": "invalid_client_metadata", "error_description": "no such scope", "more": 1}
    failed = failure(invitation)
    assert failed.code == "registration_refused"
    assert failed.detail == "the platform answers HTTP 400 invalid_client_metadata no such scope"
    lms.registered = "<html>"
    assert failure(invitation).detail == "the platform answers HTTP 400"


def test_answer_without_client_id_ends_it(lms: Lms, invitation: Invitation) -> None:
    lms.registered = {}
    assert failure(invitation).code == "registration_no_client_id"


def test_platform_that_is_known_is_left_as_it_is(lms: Lms, invitation: Invitation) -> None:
    known = registering.add_platform(
        issuer=LMS,
        client_id="abc",
        auth_url=f"{LMS}/a",
        token_url=f"{LMS}/t",
        jwks_url=f"{LMS}/j",
        by=None,
        now=NOW,
    )
    assert failure(invitation).code == "registration_not_accepted"
    assert Platform.objects.get() == known


def test_platform_that_names_anothers_token_service_is_not_taken(lms: Lms, invitation: Invitation) -> None:
    canvas = "https://canvas.instructure.com"
    registering.add_platform(
        issuer=canvas, client_id="abc", auth_url=f"{canvas}/a", token_url=f"{canvas}/t", jwks_url=f"{canvas}/j",
        by=None, now=NOW,
    )  # fmt: skip
    lms.configuration["authorization_server"] = f"{canvas}/t"
    assert failure(invitation).code == "registration_not_accepted"


def test_deployment_may_come_later(lms: Lms, invitation: Invitation) -> None:
    lms.registered = {"client_id": 10000000000001}
    platform = exchange(invitation)
    assert platform.client_id == "10000000000001"
    assert not platform.deployments.exists()


def test_invitation_is_good_once_for_a_week_and_until_it_is_revoked(lms: Lms) -> None:
    made = registering.invite(name="", by=None, now=NOW)
    week = timedelta(days=7)
    assert invitation_of(made.token, now=NOW + week - timedelta(seconds=1)) == made.invitation

    def code(token: str, **after: Any) -> str:
        with pytest.raises(RegistrationFailed) as caught:
            invitation_of(token, now=NOW + after.get("after", timedelta(0)))
        return caught.value.code

    assert code(made.token, after=week) == "invitation_expired"
    assert code("") == code("guess") == code(made.invitation.token_hash) == "invitation_unknown"
    exchange(made.invitation)
    assert code(made.token) == "invitation_used"
    other = registering.invite(name="", by=None, now=NOW)
    registering.revoke_invitation(invitation=other.invitation, by=None, now=NOW)
    assert code(other.token) == "invitation_revoked"


@pytest.mark.parametrize("meanwhile", [{"used_at": NOW}, {"revoked_at": NOW}, {"expires_at": NOW}])
def test_invitation_that_ends_during_the_exchange_brings_nothing(
    meanwhile: dict[str, Any], lms: Lms, invitation: Invitation
) -> None:
    lms.meanwhile = lambda: Invitation.objects.update(**meanwhile)
    with pytest.raises(RegistrationFailed) as caught:
        exchange(invitation)
    assert caught.value.code == "invitation_used"
    assert not Platform.objects.exists()
    assert not AuditEntry.objects.filter(action="platform.registered").exists()
