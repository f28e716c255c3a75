"""Access tokens of platforms (client_credentials with a signed assertion, RFC 7523; 1EdTech Security Framework 1.0 §4.1),
and calls that carry them. A token is of one platform row: Canvas' tenants share an issuer, never a token."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
from django.core.cache import cache

from lti.models import Platform

from .fetching import Answer, Unreachable, Why, fetch, note_clock, reach_of
from .signing import signing_key

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=5)
LONGEST_KEPT_S, LEAST_KEPT_S = 3600, 30
EARLY_S = 60  # a token is not used in its last minute
TOKEN_REFUSED = (401, 403)  # Open edX says 403 to a token from before its key was changed
USUAL_LIFE_S = 300  # of a token whose answer does not say
FARTHEST_CLOCK_S = 3600.0


class ScopeRefused(Unreachable):
    """The platform gives no token for these scopes. `missing` are those that it left out."""

    def __init__(self, missing: Iterable[str], detail: str, *, status: int | None = None) -> None:
        super().__init__(Why.SCOPE_REFUSED, detail, status=status)
        self.missing = frozenset(missing)


def service_token(platform: Platform, scopes: Iterable[str], *, now: datetime) -> str:
    """A bearer token that is good for all of `scopes`, from the cache or asked for. Raises ScopeRefused, Unreachable."""
    wanted = frozenset(scopes)
    name = _name(platform, wanted)
    kept = cache.get(name)
    if kept is not None and datetime.fromisoformat(kept["until"]) > now:
        return str(kept["token"])
    said = _ask(platform, wanted, now)
    token, life_s = _read(said, wanted)
    life_s = min(life_s, LONGEST_KEPT_S) - EARLY_S
    if life_s >= LEAST_KEPT_S:
        until = now + timedelta(seconds=life_s)
        cache.set(name, {"token": token, "until": until.isoformat()}, life_s)
    return token


def forget_token(platform: Platform, scopes: Iterable[str]) -> None:
    """For a token that the platform took back before its time."""
    cache.delete(_name(platform, frozenset(scopes)))


def call(
    platform: Platform,
    method: str,
    url: str,
    *,
    scopes: Iterable[str],
    now: datetime,
    accept: str = "application/json",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Mapping[str, str] | bytes | None = None,
) -> Answer:
    """Asks a service of the platform with a token for `scopes` and returns the answer, whatever its status; where it says
    that the token is worth nothing, once more with a new one. Raises ScopeRefused, Unreachable. Up to twenty seconds:
    never inside a transaction."""
    wanted = frozenset(scopes)

    def ask() -> Answer:
        bearer = {"Authorization": f"Bearer {service_token(platform, wanted, now=now)}"}
        return fetch(
            method,
            url,
            reach=reach_of(platform),
            now=now,
            accept=accept,
            headers={**(headers or {}), **bearer},
            json=json,
            data=data,
        )

    answer = ask()
    if answer.status in TOKEN_REFUSED:
        forget_token(platform, wanted)
        answer = ask()
    note_clock(platform, answer)
    return answer


def _name(platform: Platform, scopes: frozenset[str]) -> str:
    # With the registration's own words: a row that is changed begins anew.
    words = "\n".join((platform.client_id, platform.token_url, *sorted(scopes)))
    return f"lti:token:{platform.pk}:{sha256(words.encode()).hexdigest()}"


def _ask(platform: Platform, scopes: frozenset[str], now: datetime) -> Answer:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": _assertion(platform, now),
        "scope": " ".join(sorted(scopes)),
    }
    answer = fetch("POST", platform.token_url, reach=reach_of(platform), now=now, data=form)
    note_clock(platform, answer)
    return answer


def _assertion(platform: Platform, now: datetime) -> str:
    # By the platform's own clock where we know it: some refuse an assertion that was made in their future.
    ahead_s = max(-FARTHEST_CLOCK_S, min(platform.clock_ahead_s or 0.0, FARTHEST_CLOCK_S))
    made_at = now + timedelta(seconds=ahead_s)
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
        "iat": int(made_at.timestamp()),
        "exp": int((made_at + ASSERTION_LIFE).timestamp()),
        "jti": secrets.token_urlsafe(16),
    }
    key = signing_key(now)
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid})


def _read(answer: Answer, wanted: frozenset[str]) -> tuple[str, int]:
    """(token, seconds that it lives). Raises ScopeRefused, Unreachable."""
    said = answer.json()
    if not isinstance(said, dict):
        raise Unreachable(
            Why.NOT_JSON,
            f"the token endpoint answers HTTP {answer.status} with a page, not JSON",
            status=answer.status,
        )
    if not answer.ok:
        fault = f"{_short(said.get('error'))} {_short(said.get('error_description'))}".strip()
        detail = f"the token endpoint answers HTTP {answer.status} {fault}".strip()
        if said.get("error") == "invalid_scope":
            raise ScopeRefused(wanted, detail, status=answer.status)
        raise Unreachable(Why.BAD_STATUS, detail, status=answer.status)
    token = said.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise Unreachable(Why.BAD_ANSWER, "the token endpoint gives no token", status=answer.status)
    missing = wanted - _granted(said.get("scope"), wanted)
    if missing:
        raise ScopeRefused(
            missing, f"the platform grants no {' '.join(sorted(missing))}", status=answer.status
        )
    return token, _life_s(said.get("expires_in"))


def _granted(scope: object, wanted: frozenset[str]) -> frozenset[str]:
    # RFC 6749 §5.1: left out when it is what was asked for.
    if scope is None or scope == "":
        return wanted
    if isinstance(scope, str):
        return frozenset(scope.split())
    return (
        frozenset(each for each in scope if isinstance(each, str)) if isinstance(scope, list) else frozenset()
    )


def _life_s(said: object) -> int:
    try:
        return int(said)  # type: ignore[call-overload,no-any-return]  # anything else is a TypeError
    except (TypeError, ValueError, OverflowError):
        return USUAL_LIFE_S


def _short(said: object) -> str:
    return said[:200] if isinstance(said, str) else ""
