"""Tokens for platforms' services: asked for with a signed assertion, kept by platform row, never used for another."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest

from lti.http import tokens
from lti.http.fetching import Answer, Reach, Unreachable, Why, reach_of
from lti.http.tokens import ScopeRefused, call, forget_token, service_token
from lti.models import Platform, ToolKey
from tests.factories import NOW
from tests.lti.factories import make_platform

pytestmark = pytest.mark.django_db

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
ITEMS = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"


class Platforms:
    """Token endpoints that give "token-1", "token-2" … and services that answer what `serve` says."""

    def __init__(self) -> None:
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.grant: dict[str, Any] = {}
        self.refuse: Answer | None = None
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.serve: Callable[[str], Answer] = lambda token: Answer(200, {}, "{}")

    def fetch(self, method: str, url: str, *, reach: Reach, now: datetime, **sent: Any) -> Answer:
        if sent.get("json") is None and "client_assertion" in (sent.get("data") or {}):
            self.forms.append((url, sent["data"]))
            if self.refuse:
                return self.refuse
            said = {"access_token": f"token-{len(self.forms)}", "token_type": "Bearer", "expires_in": 3600}
            return Answer(200, {}, json.dumps(said | self.grant))
        self.calls.append((method, url, sent))
        return self.serve(sent["headers"]["Authorization"])


@pytest.fixture
def platforms(monkeypatch: pytest.MonkeyPatch) -> Platforms:
    made = Platforms()
    monkeypatch.setattr(tokens, "fetch", made.fetch)
    return made


def claims(platforms: Platforms, platform: Platform) -> dict[str, Any]:
    """Of the latest assertion, its signature checked by our published key."""
    url, form = platforms.forms[-1]
    assert url == platform.token_url
    key = ToolKey.objects.get(kid=jwt.get_unverified_header(form["client_assertion"])["kid"])
    found: dict[str, Any] = jwt.decode(
        form["client_assertion"],
        jwt.PyJWK(key.public_jwk),
        algorithms=["RS256"],
        options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
    )
    return found


def test_token_is_asked_for_with_a_signed_assertion(platforms: Platforms) -> None:
    platform = make_platform(client_id="our-id")
    assert service_token(platform, [SCORE, ITEMS], now=NOW) == "token-1"
    form = platforms.forms[0][1]
    assert form["grant_type"] == "client_credentials"
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["scope"] == f"{ITEMS} {SCORE}"
    said = claims(platforms, platform)
    at = int(NOW.timestamp())
    assert said.pop("jti")
    assert said == {
        "iss": "our-id", "sub": "our-id", "aud": platform.token_url, "iat": at, "exp": at + 300
    }  # fmt: skip


def test_audience_is_the_one_that_the_platform_wants(platforms: Platforms) -> None:
    platform = make_platform(token_audience="https://api.example.com/auth/token")
    service_token(platform, [SCORE], now=NOW)
    assert claims(platforms, platform)["aud"] == "https://api.example.com/auth/token"


@pytest.mark.parametrize(("ahead_s", "shift_s"), [(-90.0, -90), (40.0, 40), (1e9, 3600), (None, 0)])
def test_assertion_is_dated_by_the_platforms_clock(
    ahead_s: float | None, shift_s: int, platforms: Platforms
) -> None:
    platform = make_platform(clock_ahead_s=ahead_s)
    service_token(platform, [SCORE], now=NOW)
    assert claims(platforms, platform)["iat"] == int(NOW.timestamp()) + shift_s


def test_each_assertion_has_a_name_of_its_own(platforms: Platforms) -> None:
    platform = make_platform()
    names = set()
    for _ in range(3):
        service_token(platform, [SCORE], now=NOW)
        names.add(claims(platforms, platform)["jti"])
        forget_token(platform, [SCORE])
    assert len(names) == 3


def test_token_is_kept_until_its_last_minute(platforms: Platforms) -> None:
    platform = make_platform()
    platforms.grant = {"expires_in": 600}
    assert service_token(platform, [SCORE, ITEMS], now=NOW) == "token-1"
    assert service_token(platform, [ITEMS, SCORE], now=NOW + timedelta(seconds=539)) == "token-1"
    assert service_token(platform, [ITEMS, SCORE], now=NOW + timedelta(seconds=540)) == "token-2"


@pytest.mark.parametrize("life", [0, 80, -5])
def test_token_that_lives_too_short_is_not_kept(life: int, platforms: Platforms) -> None:
    platform = make_platform()
    platforms.grant = {"expires_in": life}
    assert service_token(platform, [SCORE], now=NOW) == "token-1"
    assert service_token(platform, [SCORE], now=NOW) == "token-2"


@pytest.mark.parametrize("life", [None, "soon", "3600", 1e400, [], 10**30])
def test_odd_life_of_a_token_is_survived(life: object, platforms: Platforms) -> None:
    platform = make_platform()
    platforms.grant = {"expires_in": life}
    assert service_token(platform, [SCORE], now=NOW) == "token-1"
    assert service_token(platform, [SCORE], now=NOW + timedelta(seconds=200)) == "token-1"
    assert service_token(platform, [SCORE], now=NOW + timedelta(hours=1)) == "token-2"


def test_other_scopes_mean_another_token(platforms: Platforms) -> None:
    platform = make_platform()
    assert service_token(platform, [SCORE], now=NOW) != service_token(platform, [ITEMS], now=NOW)


def test_universities_that_share_an_issuer_share_no_token(platforms: Platforms) -> None:
    canvas = {
        "issuer": "https://canvas.instructure.com",
        "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
        "token_url": "https://sso.canvaslms.com/login/oauth2/token",
        "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
    }
    one, other = make_platform(client_id="1", **canvas), make_platform(client_id="2", **canvas)
    first = service_token(one, [SCORE], now=NOW)
    assert claims(platforms, one)["iss"] == "1"
    assert service_token(other, [SCORE], now=NOW) != first
    assert claims(platforms, other)["iss"] == "2"
    assert service_token(one, [SCORE], now=NOW) == first


def test_changed_registration_begins_anew(platforms: Platforms) -> None:
    platform = make_platform()
    first = service_token(platform, [SCORE], now=NOW)
    platform.client_id = "changed"
    assert service_token(platform, [SCORE], now=NOW) != first


@pytest.mark.parametrize("scope", [f"{SCORE} {ITEMS} more", [SCORE, ITEMS], None, ""])
def test_scope_that_is_granted_or_left_out_is_enough(scope: object, platforms: Platforms) -> None:
    platforms.grant = {"scope": scope}
    assert service_token(make_platform(), [SCORE, ITEMS], now=NOW)


@pytest.mark.parametrize("scope", [SCORE, [SCORE], 7])
def test_narrower_grant_is_refused_and_names_what_is_missing(scope: object, platforms: Platforms) -> None:
    platform = make_platform()
    platforms.grant = {"scope": scope}
    with pytest.raises(ScopeRefused) as caught:
        service_token(platform, [SCORE, ITEMS], now=NOW)
    assert ITEMS in caught.value.missing
    assert caught.value.why is Why.SCOPE_REFUSED
    platforms.grant = {}
    service_token(platform, [SCORE, ITEMS], now=NOW)
    assert len(platforms.forms) == 2  # the narrow one was not kept


def test_invalid_scope_is_a_refused_scope(platforms: Platforms) -> None:
    platforms.refuse = Answer(400, {}, '{"error": "invalid_scope"}')
    with pytest.raises(ScopeRefused) as caught:
        service_token(make_platform(), [SCORE], now=NOW)
    assert (caught.value.missing, caught.value.status) == ({SCORE}, 400)


@pytest.mark.parametrize(
    ("answer", "why", "words"),
    [
        (Answer(404, {}, "<!doctype html>not here"), Why.NOT_JSON, "HTTP 404 with a page"),
        (Answer(200, {}, "<!doctype html>log in"), Why.NOT_JSON, "HTTP 200 with a page"),
        (Answer(200, {}, '"text"'), Why.NOT_JSON, "HTTP 200"),
        (Answer(401, {}, '{"error": "invalid_client", "error_description": "who?"}'), Why.BAD_STATUS,
         "HTTP 401 invalid_client who?"),
        (Answer(500, {}, '{"error": {"a": 1}}'), Why.BAD_STATUS, "HTTP 500"),
        (Answer(200, {}, "{}"), Why.BAD_ANSWER, "no token"),
        (Answer(200, {}, '{"access_token": 7}'), Why.BAD_ANSWER, "no token"),
        (Answer(200, {}, '{"access_token": "a\\r\\nX: y"}'), Why.BAD_ANSWER, "no token"),
    ],
)  # fmt: skip
def test_answer_without_token_says_what_came(
    answer: Answer, why: Why, words: str, platforms: Platforms
) -> None:
    platforms.refuse = answer
    with pytest.raises(Unreachable, match=words.replace("?", r"\?")) as caught:
        service_token(make_platform(), [SCORE], now=NOW)
    assert caught.value.why is why


def test_call_carries_token_body_and_media_type(platforms: Platforms) -> None:
    platform = make_platform()
    media = {"Content-Type": "application/vnd.ims.lis.v1.score+json"}
    url = f"{platform.issuer}/1/scores"
    answer = call(platform, "POST", url, scopes=[SCORE], now=NOW, json={"a": 1}, headers=media, accept="*/*")
    assert answer.ok
    ((method, asked, sent),) = platforms.calls
    assert (method, asked, sent["json"], sent["accept"]) == ("POST", url, {"a": 1}, "*/*")
    assert sent["headers"] == {**media, "Authorization": "Bearer token-1"}


@pytest.mark.parametrize("status", [401, 403])
def test_token_that_was_taken_back_is_asked_for_anew_once(status: int, platforms: Platforms) -> None:
    platform = make_platform()
    platforms.serve = lambda bearer: Answer(status if bearer.endswith("token-1") else 200, {}, "{}")
    assert call(platform, "GET", platform.issuer, scopes=[SCORE], now=NOW).ok
    assert len(platforms.calls) == 2
    platforms.serve = lambda bearer: Answer(status, {}, "{}")
    assert call(platform, "GET", platform.issuer, scopes=[SCORE], now=NOW).status == status
    assert len(platforms.calls) == 4


@pytest.mark.parametrize("status", [400, 404, 409, 429, 500])
def test_other_answers_come_back_as_they_are(status: int, platforms: Platforms) -> None:
    platforms.serve = lambda bearer: Answer(status, {}, "")
    platform = make_platform()
    assert call(platform, "GET", platform.issuer, scopes=[SCORE], now=NOW).status == status
    assert len(platforms.calls) == 1


def test_clock_of_the_platform_is_noted(platforms: Platforms) -> None:
    platforms.serve = lambda bearer: Answer(200, {}, "", clock_ahead_s=30.0)
    platform = make_platform()
    call(platform, "GET", platform.issuer, scopes=[SCORE], now=NOW)
    assert Platform.objects.get(pk=platform.pk).clock_ahead_s == 30.0


def test_reach_is_that_of_the_platform() -> None:
    platform = make_platform(origins="https://*.example.net\n", allow_insecure_loopback=True)
    assert reach_of(platform) == Reach((platform.issuer, "https://*.example.net"), insecure_loopback=True)
