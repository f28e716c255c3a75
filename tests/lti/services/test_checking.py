"""The connection check against a platform that answers as the test says: each trouble is told in words, and no token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from learning.organisation.models import AuditEntry, Role, TeachingGroup, User
from lti.core import claims
from lti.http.fetching import Answer, Unreachable, Why
from lti.http.tokens import ScopeRefused
from lti.models import Context, Deployment, Launch, Platform
from lti.services import checking
from lti.services.findings import Finding, Level
from tests.factories import NOW, make_unit, make_user

pytestmark = pytest.mark.django_db

HOST = "https://lms.example.edu"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
ROSTER, ITEMS = f"{HOST}/roster", f"{HOST}/items"


def jwk(bits: int = 2048, **more: Any) -> dict[str, Any]:
    modulus = base64.urlsafe_b64encode((1 << (bits - 1)).to_bytes(bits // 8)).decode().rstrip("=")
    return {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "e": "AQAB", "n": modulus, **more}


def answer(said: Any = None, *, status: int = 200, ahead_s: float | None = 0.0, text: str = "") -> Answer:
    return Answer(status=status, headers={}, text=text or json.dumps(said), clock_ahead_s=ahead_s)


@dataclass
class FakeCaller:
    """A healthy platform, but for what a test puts in its place: an answer, or an exception that is raised."""

    jwks: Answer | Exception = field(default_factory=lambda: answer({"keys": [jwk()]}))
    login: Answer | Exception = field(
        default_factory=lambda: Unreachable(Why.REDIRECT, "redirects", status=302)
    )
    tokens: dict[str, Exception] = field(default_factory=dict)
    services: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, *, accept: str) -> Answer:
        self.asked.append(url)
        return given(self.jwks if url.endswith("/jwks") else self.login)

    def grant(self, scope: str) -> None:
        self.asked.append(scope)
        if scope in self.tokens:
            raise self.tokens[scope]

    def call(self, url: str, *, scope: str, accept: str) -> Answer:
        self.asked.append(url)
        return given(self.services.get(url, answer({"members": []})))


def given(what: Answer | Exception) -> Answer:
    if isinstance(what, Exception):
        raise what
    return what


@pytest.fixture
def platform() -> Platform:
    made = Platform.objects.create(
        name="教学平台", state=Platform.State.ACTIVE, issuer=HOST, client_id="abc",
        auth_url=f"{HOST}/auth", token_url=f"{HOST}/token", jwks_url=f"{HOST}/jwks", unit=make_unit(name="校党委"),
    )  # fmt: skip
    made.deployments.create(deployment_id="1", state=Deployment.State.ACTIVE)
    return made


@pytest.fixture
def administrator(platform: Platform) -> User:
    assert platform.unit is not None
    return make_user(roles=[(Role.ADMINISTRATOR, platform.unit)])


Check = Callable[..., dict[str, Finding]]


@pytest.fixture
def check(platform: Platform, administrator: User) -> Check:
    """The findings by code; of several with one code the gravest."""

    def run(
        caller: FakeCaller | None = None, *, launch_url: str = "https://dx.example.edu/lti/launch"
    ) -> Any:
        found = checking.check_platform(
            platform=platform, launch_url=launch_url, login_url="https://dx.example.edu/lti/login",
            jwks_url="https://dx.example.edu/lti/jwks", by=administrator, now=NOW, caller=caller or FakeCaller(),
        )  # fmt: skip
        order = list(Level)
        return {each.code: each for each in sorted(found, key=lambda each: order.index(each.level))}

    return run


def make_context(platform: Platform, **fields: Any) -> Context:
    deployment = platform.deployments.get(deployment_id="1")
    group = TeachingGroup.objects.create(title="党课", created_at=NOW)
    return Context.objects.create(
        platform=platform,
        deployment=deployment,
        context_id="c1",
        title="党课",
        group=group,
        created_at=NOW,
        **fields,
    )


def test_with_a_healthy_platform_nothing_is_wrong(platform: Platform, check: Check) -> None:
    context = make_context(
        platform, roster_url=ROSTER, line_items_url=ITEMS, scopes=[claims.SCOPE_LINE_ITEM, claims.SCOPE_SCORE]
    )
    Launch.objects.create(platform=platform, at=NOW - timedelta(hours=1), context=context, bound_by="cookie")
    found = check()
    assert {each.level for each in found.values()} == {Level.OK}
    assert found["roster"].text == "课程“党课”的服务（读取课程名单）可用。"
    asked = "own_address deployments addresses keys clock login tokens roster gradebook launches"
    assert set(found) == set(asked.split())


def test_the_check_is_audited_with_its_counts(platform: Platform, check: Check) -> None:
    check(FakeCaller(jwks=Unreachable(Why.TIMED_OUT, "did not answer")))
    entry = AuditEntry.objects.get(action="platform.checked")
    assert entry.object_id == str(platform.pk)
    assert entry.data == {"problems": 1, "warnings": 2}  # no course to try, nobody came in


def test_our_address_must_be_encrypted(platform: Platform, check: Check) -> None:
    plain = "http://dx.example.edu/lti/launch"
    assert check(launch_url=plain)["own_address"].level is Level.PROBLEM
    platform.allow_insecure_loopback = True
    assert check(launch_url=plain)["own_address"].level is Level.WARNING


def test_a_platform_that_is_off_lets_nobody_in(platform: Platform, check: Check) -> None:
    platform.state = Platform.State.OFF
    assert check()["state"].level is Level.PROBLEM


def test_a_waiting_deployment_is_a_problem(platform: Platform, check: Check) -> None:
    platform.deployments.create(deployment_id="2")
    found = check()["deployments"]
    assert found.level is Level.PROBLEM
    assert "1 个部署等待批准" in found.text


def test_a_service_address_of_a_foreign_origin_is_named(platform: Platform, check: Check) -> None:
    make_context(platform, roster_url="https://api.other.example/roster")
    found = check()["addresses"]
    assert found.level is Level.PROBLEM
    assert "https://api.other.example" in found.text
    assert "平台的其他网址" in found.text


def test_a_service_address_without_tls_is_named(platform: Platform, check: Check) -> None:
    make_context(platform, line_items_url="http://lms.example.edu/items")
    assert "不是 https" in check()["addresses"].text


@pytest.mark.parametrize(
    ("jwks", "words"),
    [
        (Unreachable(Why.TLS, "certificate has expired"), "证书"),
        (Unreachable(Why.PRIVATE_ADDRESS, "private"), "内网"),
        (answer({}, status=404), "HTTP 404"),
        (answer(text="<html>"), "不是公钥"),
        (answer({"keys": [jwk(1024)]}), "一把也不能用"),
        (answer({"keys": [jwk(kid="")]}), "一把也不能用"),
        (answer({"keys": [jwk(kty="EC")]}), "一把也不能用"),
        (answer({"keys": [jwk(n="***")]}), "一把也不能用"),
    ],
)
def test_keys_that_cannot_be_used_are_a_problem(check: Check, jwks: Any, words: str) -> None:
    found = check(FakeCaller(jwks=jwks))["keys"]
    assert found.level is Level.PROBLEM
    assert words in found.text


@pytest.mark.parametrize(
    ("ahead_s", "level"),
    [(10.0, Level.OK), (-30.0, Level.WARNING), (90.0, Level.PROBLEM), (-90.0, Level.PROBLEM), (None, Level.WARNING)],
)  # fmt: skip
def test_a_clock_that_differs_is_told(check: Check, ahead_s: float | None, level: Level) -> None:
    found = check(FakeCaller(jwks=answer({"keys": [jwk()]}, ahead_s=ahead_s)))["clock"]
    assert found.level is level


def test_a_log_in_address_that_answers_an_error_about_parameters_is_good(check: Check) -> None:
    assert check(FakeCaller(login=answer(status=400)))["login"].level is Level.OK
    assert check(FakeCaller(login=answer(status=404)))["login"].level is Level.WARNING


def test_a_client_that_the_platform_does_not_know_stops_the_asking(platform: Platform, check: Check) -> None:
    make_context(platform, roster_url=ROSTER)
    trouble = Unreachable(Why.BAD_STATUS, f"HTTP 400 invalid_client {TOKEN}", status=400)
    caller = FakeCaller(tokens={claims.SCOPE_SCORE: trouble})
    found = check(caller)
    assert found["tokens"].level is Level.PROBLEM
    assert "客户端标识" in found["tokens"].text
    assert "invalid_client" in found["tokens"].detail
    assert "eyJ" not in found["tokens"].detail
    assert caller.asked.count(claims.SCOPE_SCORE) == 1
    assert claims.SCOPE_MEMBERS not in caller.asked
    assert ROSTER not in caller.asked


def test_a_refused_scope_is_named_in_words(check: Check) -> None:
    refused = ScopeRefused([claims.SCOPE_MEMBERS], "HTTP 400 invalid_scope", status=400)
    found = check(FakeCaller(tokens={claims.SCOPE_MEMBERS: refused}))["tokens"]
    assert found.level is Level.WARNING
    assert "没有允许：读取课程名单。" in found.text


def test_a_refused_scope_that_we_can_do_without_is_no_trouble(check: Check) -> None:
    refused = ScopeRefused([claims.SCOPE_NOTICES], "HTTP 400 invalid_scope", status=400)
    found = check(FakeCaller(tokens={claims.SCOPE_NOTICES: refused}))["tokens"]
    assert found.level is Level.OK
    assert "接收课程复制的通知" in found.text


def test_a_roster_that_is_refused_is_a_problem_of_that_course(platform: Platform, check: Check) -> None:
    make_context(platform, roster_url=ROSTER)
    found = check(FakeCaller(services={ROSTER: answer({"error": "no"}, status=403)}))["roster"]
    assert found.level is Level.PROBLEM
    assert "党课" in found.text
    assert "HTTP 403" in found.text


def test_refused_launches_are_counted_and_explained(platform: Platform, check: Check) -> None:
    for hours in (1, 2):
        Launch.objects.create(
            platform=platform, at=NOW - timedelta(hours=hours), code="bad_audience", detail=f"aud is {TOKEN}"
        )
    Launch.objects.create(platform=platform, at=NOW - timedelta(days=8), code="no_kid")
    found = check()["launches"]
    assert found.level is Level.PROBLEM
    assert "2 次没能进入" in found.text
    assert "client_id" in found.text
    assert found.detail == "aud is …"


def test_launches_of_an_unknown_client_of_the_same_issuer_count(platform: Platform, check: Check) -> None:
    Launch.objects.create(platform=None, issuer=HOST, at=NOW, code="unknown_platform")
    Launch.objects.create(platform=None, issuer="https://other.example", at=NOW, code="unknown_issuer")
    found = check()["launches"]
    assert found.level is Level.PROBLEM
    assert "1 次没能进入" in found.text


def test_what_went_well_afterwards_is_a_warning_only(platform: Platform, check: Check) -> None:
    Launch.objects.create(platform=platform, at=NOW - timedelta(hours=2), code="bad_audience")
    Launch.objects.create(platform=platform, at=NOW - timedelta(hours=1), bound_by="storage")
    assert check()["launches"].level is Level.WARNING


def test_a_browser_without_cookies_is_no_fault_of_the_connection(platform: Platform, check: Check) -> None:
    Launch.objects.create(platform=platform, at=NOW, code="no_cookie")
    assert check()["launches"].level is Level.WARNING
