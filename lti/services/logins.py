"""The log-in that a platform asks for, from its request to the launch that uses it up."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.utils.crypto import constant_time_compare

from lti.core.hashing import hashed
from lti.core.reading import ID_LENGTH
from lti.core.refusals import Refusal, Refused
from lti.core.typed import check_storable, storable
from lti.models import Deployment, Login, Platform

LOGIN_LIFE = timedelta(minutes=10)
URL_LENGTH = 2000
HINT_LENGTH = 8000  # characters; all of it goes into an address, of which servers take no more
# What the log-in request may say; everything else is left out when it is begun again in a new window.
ASKED = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "client_id",
    "lti_deployment_id",
    "deployment_id",
    "lti_storage_target",
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that may go on at the platform: `secret` is for this browser alone."""

    login: Login
    secret: str
    auth_url: str


def begin(params: Mapping[str, str], *, launch_url: str, ours: Callable[[str], bool], now: datetime) -> Begun:
    """Answers the platform's third-party initiated log-in (OpenID Connect Core §4; LTI Security Framework §5.1.1.1).
    Raises Refused."""
    asked = {name: params[name] for name in ASKED if params.get(name)}
    check_storable(asked)
    if sum(map(len, asked.values())) > HINT_LENGTH:
        raise Refused(Refusal.MALFORMED, f"the request is longer than {HINT_LENGTH} characters")
    platform = platform_asking(asked)
    if not asked.get("login_hint"):
        raise Refused(Refusal.NO_LOGIN_HINT, "the log-in request has no login_hint")
    target = asked.get("target_link_uri", "")
    if (target and not ours(target)) or len(target) > URL_LENGTH:
        raise Refused(Refusal.BAD_TARGET, "target_link_uri is no address of ours")
    redirect = params.get("redirect_uri", "")
    if redirect and not ours(redirect):
        raise Refused(Refusal.BAD_REDIRECT, "redirect_uri is no address of ours")
    secret = secrets.token_urlsafe(32)
    login = Login.objects.create(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        browser_hash=hashed(secret),
        platform=platform,
        deployment_hint=deployment_asked(asked),
        target_link_uri=target,
        storage_target=asked.get("lti_storage_target", "")[:100],
        asked=asked,
        created_at=now,
        expires_at=now + LOGIN_LIFE,
    )
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "login_hint": asked["login_hint"],
        "state": login.state,
        "nonce": login.nonce,
    }
    if "lti_message_hint" in asked:
        query["lti_message_hint"] = asked["lti_message_hint"]
    return Begun(login, secret, with_query(platform.auth_url, query))


def with_query(url: str, query: Mapping[str, str]) -> str:
    """The address with these parameters after those that it has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))))


def deployment_asked(asked: Mapping[str, str]) -> str:
    """The deployment that a log-in request names, "" for none; Canvas has its own word for it."""
    named = asked.get("lti_deployment_id") or asked.get("deployment_id", "")
    return named if len(named) <= ID_LENGTH else ""


def platform_asking(asked: Mapping[str, str]) -> Platform:
    """The registration that a log-in request means: by issuer and client id; without client id by the deployment, or
    because the issuer has but one. Raises Refused."""
    issuer, client_id = asked.get("iss", ""), asked.get("client_id", "")
    rows = list(Platform.objects.filter(issuer=issuer)) if 0 < len(issuer) <= ID_LENGTH else []
    if not rows:
        raise Refused(Refusal.UNKNOWN_ISSUER, f"nobody registered the issuer {issuer[:100]!r}")
    if client_id:
        rows = [row for row in rows if row.client_id == client_id]
        if not rows:
            raise Refused(
                Refusal.UNKNOWN_PLATFORM, f"the issuer is known, its client_id {client_id[:100]!r} is not"
            )
    active = [row for row in rows if row.state == Platform.State.ACTIVE]
    if not active:
        raise Refused(
            Refusal.INACTIVE_PLATFORM, "the platform is registered and not approved, or switched off"
        )
    if len(active) > 1:
        named = deployment_asked(asked)
        known = Deployment.objects.filter(platform__in=active, deployment_id=named) if named else []
        ids = {row.platform_id for row in known}
        active = [row for row in active if row.pk in ids]
    if len(active) != 1:
        raise Refused(Refusal.AMBIGUOUS_CLIENT, "several clients share the issuer and the request names none")
    return active[0]


def login_named(state: str) -> Login | None:
    """The log-in of this state with its platform, whatever became of it."""
    if not state or not storable(state):
        return None
    return Login.objects.select_related("platform__unit").filter(state=state).first()


def login_of(state: str, *, now: datetime) -> Login:
    """The log-in that this state began, still open. Raises Refused."""
    login = login_named(state)
    if login is None:
        raise Refused(Refusal.STATE_UNKNOWN, "no log-in of ours has this state")
    if login.used_at is not None:
        raise Refused(Refusal.STATE_USED, "this log-in has had its launch")
    if login.expires_at <= now:
        raise Refused(Refusal.STATE_EXPIRED, "the log-in is older than ten minutes")
    if login.platform.state != Platform.State.ACTIVE:
        raise Refused(Refusal.INACTIVE_PLATFORM, "the platform was switched off meanwhile")
    return login


def held_by_browser(login: Login, secret: str) -> bool:
    return constant_time_compare(hashed(secret), login.browser_hash)


def use_up(login: Login, *, now: datetime) -> None:
    """The log-in has had its launch. Raises Refused for the second of two."""
    if not Login.objects.filter(pk=login.pk, used_at=None).update(used_at=now):
        raise Refused(Refusal.STATE_USED, "this log-in has had its launch")
    login.used_at = now
