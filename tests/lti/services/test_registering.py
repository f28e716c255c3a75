"""Which platforms are let in: added, changed, approved, switched off and on, invited; each act in the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry
from lti.models import Deployment, Invitation, Platform
from lti.services import registering
from lti.services.registering import WrongState
from lti.services.vetting import PlatformFault
from tests.factories import NOW, make_unit, make_user
from tests.lti.factories import make_platform

pytestmark = pytest.mark.django_db

MOODLE: dict[str, Any] = {
    "issuer": "https://moodle.example.edu",
    "client_id": "abc",
    "auth_url": "https://moodle.example.edu/mod/lti/auth.php",
    "token_url": "https://moodle.example.edu/mod/lti/token.php",
    "jwks_url": "https://moodle.example.edu/mod/lti/certs.php",
}
State, DeploymentState = Platform.State, Deployment.State


def add(**changes: Any) -> Platform:
    return registering.add_platform(**{**MOODLE, **changes}, by=None, now=NOW)


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def pending(**fields: Any) -> Platform:
    platform = make_platform(state=State.PENDING, **fields)
    platform.deployments.update(state=DeploymentState.PENDING)
    return platform


def test_added_platform_is_active_with_its_deployments() -> None:
    by, unit = make_user(), make_unit()
    platform = registering.add_platform(
        **MOODLE, unit=unit, default_unit=unit, deployments=["1", "2", "1"], by=by, now=NOW
    )
    platform.refresh_from_db()
    assert (platform.state, platform.name, platform.approved_by) == (State.ACTIVE, "moodle.example.edu", by)
    rows = platform.deployments.order_by("pk").values_list("deployment_id", "state", "approved_at")
    assert list(rows) == [("1", "active", NOW), ("2", "active", NOW)]
    assert acts() == ["platform.added", "deployment.approved", "deployment.approved"]
    assert AuditEntry.objects.get(action="platform.added").unit == unit


def test_every_act_has_a_name() -> None:
    kinds = {
        "platform": ("added", "changed", "registered", "approved", "turned_off", "turned_on"),
        "deployment": ("approved", "turned_off"),
        "invitation": ("made", "revoked"),
    }
    for act in (f"{kind}.{done}" for kind, all_done in kinds.items() for done in all_done):
        assert words(act) != act


def test_platform_is_added_once() -> None:
    add()
    with pytest.raises(PlatformFault) as caught:
        add(name="again")
    assert caught.value.field == "client_id"
    assert add(client_id="other").pk  # Canvas: one issuer, several ids


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", "http://moodle.example.edu"),
        ("issuer", "moodle"),
        ("issuer", "https://moodle.example.edu/" + "a" * 300),
        ("auth_url", "http://moodle.example.edu/auth"),
        ("auth_url", "javascript:alert(1)"),
        ("token_url", "https://user:pw@moodle.example.edu/token"),
        ("token_url", "ftp://moodle.example.edu/token"),
        ("jwks_url", "https://moodle.example.edu/jwks#a"),
        ("jwks_url", ""),
        ("client_id", ""),
        ("origins", "https://*.example.edu\nmoodle.example.edu"),
        ("origins", "https://moodle.example.edu/path"),
        ("origins", "https://*"),
        ("origins", "https://*.cn"),
        ("origins", "http://*.example.edu"),
        ("origins", "https://*.*.example.edu; script-src *"),
        ("deployments", [""]),
        ("deployments", ["a" * 256]),
    ],
)
def test_what_is_wrong_is_refused_and_named(field: str, value: object) -> None:
    with pytest.raises(PlatformFault) as caught:
        add(**{field: value})
    assert caught.value.field == field
    assert str(caught.value)
    assert not Platform.objects.exists()
    assert acts() == []


def test_own_machine_without_tls_is_allowed_only_where_it_is_ticked() -> None:
    local = {
        name: url.replace("https://moodle.example.edu", "http://localhost:8080")
        for name, url in MOODLE.items()
    }
    with pytest.raises(PlatformFault):
        add(**local)
    assert add(**local, allow_insecure_loopback=True).service_origins() == ("http://localhost:8080",)


def test_lines_of_origins_are_taken() -> None:
    platform = add(origins="https://*.example.edu\nhttps://files.example.net:8443/\n")
    assert platform.service_origins()[1:] == ("https://*.example.edu", "https://files.example.net:8443")


@pytest.mark.parametrize(
    "told", ["https://sso.canvaslms.com/login/oauth2/token", "https://canvas.example.edu/aud"]
)
def test_false_platform_cannot_have_us_sign_for_another(told: str) -> None:
    # With our id at Canvas and Canvas' audience, what we send the false platform would be good at Canvas.
    add(
        issuer="https://canvas.instructure.com",
        client_id="10000000000001",
        token_url="https://sso.canvaslms.com/login/oauth2/token",
        token_audience=told if "aud" in told else "",
    )
    with pytest.raises(PlatformFault) as caught:
        add(client_id="10000000000001", token_audience=told)
    assert caught.value.field == "token_audience"
    assert add(client_id="10000000000001").pk
    assert add(client_id="2", token_audience=told).pk


def test_change_keeps_what_differs_and_names_it() -> None:
    platform = add()
    by = make_user()
    registering.change_platform(
        platform=platform, fields={**MOODLE, "name": "教学平台", "trusts_numbers": True}, by=by, now=NOW
    )
    platform.refresh_from_db()
    assert (platform.name, platform.trusts_numbers) == ("教学平台", True)
    entry = AuditEntry.objects.get(action="platform.changed")
    assert (entry.actor, entry.data) == (by, {"fields": ["name", "trusts_numbers"]})
    registering.change_platform(platform=platform, fields={"name": "教学平台"}, by=by, now=NOW)
    assert acts().count("platform.changed") == 1


def test_change_that_is_wrong_changes_nothing() -> None:
    platform = add()
    with pytest.raises(PlatformFault):
        registering.change_platform(
            platform=platform, fields={"name": "x", "jwks_url": "http://a.example"}, by=None, now=NOW
        )
    assert platform.name == "moodle.example.edu"
    platform.refresh_from_db()
    assert platform.jwks_url == MOODLE["jwks_url"]


def test_change_to_what_another_platform_is_is_refused() -> None:
    add(client_id="other")
    platform = add()
    with pytest.raises(PlatformFault) as caught:
        registering.change_platform(platform=platform, fields={"client_id": "other"}, by=None, now=NOW)
    assert caught.value.field == "client_id"
    assert platform.client_id == "abc"


def test_approval_lets_in_the_platform_with_what_waits_with_it() -> None:
    platform, unit, by = pending(), make_unit(), make_user()
    Deployment.objects.create(platform=platform, deployment_id="off", state=DeploymentState.OFF)
    row = registering.approve_platform(platform=platform, unit=unit, default_unit=None, by=by, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.unit, row.default_unit, row.approved_by) == (State.ACTIVE, unit, None, by)
    assert set(row.deployments.values_list("deployment_id", "state")) == {("1", "active"), ("off", "off")}
    with pytest.raises(WrongState):
        registering.approve_platform(platform=platform, unit=unit, default_unit=None, by=by, now=NOW)


def test_switch_off_and_on() -> None:
    platform = make_platform()
    assert registering.turn_off(platform=platform, by=None, now=NOW).state == State.OFF
    with pytest.raises(WrongState):
        registering.turn_off(platform=platform, by=None, now=NOW)
    assert registering.turn_on(platform=platform, by=None, now=NOW).state == State.ACTIVE
    with pytest.raises(WrongState):
        registering.turn_on(platform=platform, by=None, now=NOW)
    assert acts() == ["platform.turned_off", "platform.turned_on"]


def test_deployment_is_approved_and_refused() -> None:
    platform = make_platform()
    row = Deployment.objects.create(platform=platform, deployment_id="new")
    by = make_user()
    approved = registering.approve_deployment(deployment=row, by=by, now=NOW)
    assert (approved.state, approved.approved_at, approved.approved_by) == ("active", NOW, by)
    registering.approve_deployment(deployment=row, by=by, now=NOW)
    assert registering.refuse_deployment(deployment=row, by=by, now=NOW).state == DeploymentState.OFF
    assert acts() == ["deployment.approved", "deployment.turned_off"]


def test_invitation_keeps_only_the_hash_of_its_token() -> None:
    unit = make_unit()
    made = registering.invite(name="王老师", unit=unit, by=None, now=NOW)
    row = Invitation.objects.get()
    assert row.token_hash == registering.hashed(made.token)
    assert made.token not in (row.token_hash, row.name)
    assert row.expires_at == NOW + timedelta(days=7)
    assert len(made.token) >= 43  # 256 bits
    assert acts() == ["invitation.made"]
    assert made.token not in str(AuditEntry.objects.get().data)


def test_invitation_is_revoked_once() -> None:
    made = registering.invite(name="", by=None, now=NOW)
    registering.revoke_invitation(invitation=made.invitation, by=None, now=NOW)
    assert Invitation.objects.get().revoked_at == NOW
    with pytest.raises(WrongState):
        registering.revoke_invitation(invitation=made.invitation, by=None, now=NOW)


def test_put_adds_and_then_changes_and_lets_in() -> None:
    unit = make_unit()
    row, new = registering.put_platform(fields=MOODLE, deployments=["1"], unit=unit, by=None, now=NOW)
    assert (new, row.unit, row.default_unit) == (True, unit, unit)
    registering.turn_off(platform=row, by=None, now=NOW)
    Deployment.objects.create(platform=row, deployment_id="waits")
    fields = {**MOODLE, "name": "改名"}
    again, new = registering.put_platform(
        fields=fields, deployments=["2"], unit=make_unit(), by=None, now=NOW
    )
    assert (new, again.pk) == (False, row.pk)
    again.refresh_from_db()
    assert (again.name, again.state, again.unit) == ("改名", State.ACTIVE, unit)
    assert dict(again.deployments.values_list("deployment_id", "state")) == {
        "1": "active", "2": "active", "waits": "pending"
    }  # fmt: skip
