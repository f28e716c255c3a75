"""From a log-in of the platform to a page of ours: who asks, in which browser, from which course, for what."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from lti.core import claims
from lti.core.claims import Message, Standing
from lti.core.reading import ID_LENGTH, read_message
from lti.core.typed import check_storable, storable
from lti.core.verifying import Refusal, Refused, read_header, verify
from lti.http.fetching import reach_of
from lti.http.jwks import find_key
from lti.models import Deployment, Launch, Login, Platform, PlatformUser

from . import contexts, targets, teaching
from .accounts import Known, person_for
from .redacting import redact

LOGIN_LIFE = timedelta(minutes=10)
TICKET_LIFE = timedelta(minutes=2)
RECORDED_EVERY_S = 3600  # one row an hour for each issuer that nobody registered
# Rows an hour for what nobody has signed: of all issuers that nobody registered together, and of each platform.
STRANGERS_RECORDED, UNSIGNED_RECORDED = 100, 200
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

log = logging.getLogger("dangxiao.lti")


def hashed(secret: str) -> str:
    """SHA-256 (hex): what is kept of a secret that a browser or a link holds."""
    return hashlib.sha256(secret.encode()).hexdigest()


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
    if any(len(value) > HINT_LENGTH for value in asked.values()):
        raise Refused(Refusal.MALFORMED, f"a parameter is longer than {HINT_LENGTH} characters")
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


@dataclass(frozen=True, slots=True)
class Received:
    """A token that may be believed, in answer to a log-in of ours; not yet acted upon."""

    login: Login
    message: Message


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the launch goes, and as whom."""

    launch: Launch
    person: PlatformUser
    address: str


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


def receive(login: Login, token: str, *, ours: Callable[[str], bool], now: datetime) -> Received:
    """Believes the token, or raises Refused. Writes nothing."""
    if not token:
        raise Refused(Refusal.NO_TOKEN, "the platform posted no id_token")
    platform = login.platform
    header = read_header(token)
    key = find_key(jwks_url=platform.jwks_url, kid=header.kid, reach=reach_of(platform), now=now)
    payload = verify(
        token, key=key, issuer=platform.issuer, client_id=platform.client_id, nonce=login.nonce, now=now
    )
    return Received(login, read_message(payload, ours=ours))


def use_up(login: Login, *, now: datetime) -> None:
    """The log-in has had its launch. Raises Refused for the second of two."""
    if not Login.objects.filter(pk=login.pk, used_at=None).update(used_at=now):
        raise Refused(Refusal.STATE_USED, "this log-in has had its launch")
    login.used_at = now


def land(
    received: Received,
    *,
    bound_by: Launch.BoundBy,
    in_frame: bool,
    now: datetime,
    launch: Launch | None = None,
) -> Landing:
    """Acts on the message: the person, the course, the link, and what they open. Uses the log-in up. Raises Refused;
    whatever is refused was not done, save that an unknown deployment is written down for the administrator."""
    login, message = received.login, received.message
    platform = login.platform
    deployment = deployment_of(platform, message.deployment_id)
    with transaction.atomic():
        use_up(login, now=now)
        person = person_for(platform, known(message), now=now)
        if not person.user.is_active:
            raise Refused(Refusal.ACCOUNT_INACTIVE, "the account of this person is switched off here")
        PlatformUser.objects.filter(pk=person.pk).update(last_launch_at=now)
        place = contexts.enter(deployment, message, person, now=now)
        launch = launch or Launch(login=login)
        launch.platform, launch.at, launch.code, launch.detail = platform, now, "ok", ""
        launch.message_type, launch.issuer = message.message_type, platform.issuer
        launch.user, launch.bound_by, launch.in_frame = person.user, bound_by, in_frame
        launch.context, launch.resource_link = place.context, place.link
        launch.claims = shown(message.raw)
        address = _address(launch, message, place, person, now)
        launch.save()
    return Landing(launch, person, address)


def _address(
    launch: Launch, message: Message, place: contexts.Place, person: PlatformUser, now: datetime
) -> str:
    match message.message_type:
        case claims.DEEP_LINKING:
            if not claims.may_place_links(message.roles):
                raise Refused(Refusal.NOT_ALLOWED, "only teachers choose what is linked")
            return reverse("lti_picker", args=[launch.pk])
        case claims.SUBMISSION_REVIEW:
            return teaching.review_address(message, place.context, person, now=now)
        case _:
            if place.link is None:
                raise Refused(Refusal.NO_RESOURCE_LINK, "the launch names no link")
            return targets.address_of(place.target, standing=place.standing, link=place.link)


def known(message: Message) -> Known:
    person = message.person
    return Known(
        sub=person.sub,
        name=person.display_name,
        email=person.email,
        number=person.number,  # never by a custom parameter: a teacher may type one into a link
        unit_code=_filled(message, "unit"),
    )


def _filled(message: Message, name: str) -> str:
    """A custom parameter; "" also for a variable that the platform left as it stood."""
    value = message.custom.get(name, "")
    return "" if value.startswith("$") else value


def deployment_of(platform: Platform, deployment_id: str) -> Deployment:
    """The deployment, active. One that nobody has seen before is written down and waits. Raises Refused."""
    row, new = Deployment.objects.get_or_create(platform=platform, deployment_id=deployment_id)
    row.platform = platform
    if new:
        raise Refused(
            Refusal.UNKNOWN_DEPLOYMENT, f"deployment {deployment_id[:100]!r} is new and waits for approval"
        )
    if row.state != Deployment.State.ACTIVE:
        raise Refused(Refusal.INACTIVE_DEPLOYMENT, f"deployment {deployment_id[:100]!r} is not approved")
    return row


def shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The claims as the inspector may show them: without what would let somebody answer a log-in."""
    return {name: value for name, value in raw.items() if name != "nonce"}


def keep_refusal(
    refused: Refused,
    *,
    now: datetime,
    platform: Platform | None = None,
    issuer: str = "",
    message: Message | None = None,
) -> Launch | None:
    """Writes down why, for the inspector. What the platform has signed always; of the rest a few rows an hour, lest
    strangers fill the table: anybody may invent issuers, and read a client id in their browser."""
    if message is None and not _worth_a_row(platform, issuer):
        return None
    launch = Launch.objects.create(
        platform=platform,
        at=now,
        code=refused.code.value,
        detail=redact(refused.detail)[:500] if storable(refused.detail) else "",
        issuer=issuer[:255] if storable(issuer) else "",
        message_type=message.message_type if message else "",
        claims=shown(message.raw) if message else {},
    )
    log.info("launch %s refused: %s", launch.pk, refused.code)
    return launch


def _worth_a_row(platform: Platform | None, issuer: str) -> bool:
    if platform is not None:
        return _within(f"lti:unsigned:{platform.pk}", UNSIGNED_RECORDED)
    name = f"lti:refused:{hashed(issuer)}"
    if cache.get(name) or not _within("lti:strangers", STRANGERS_RECORDED):
        return False
    return cache.add(name, 1, RECORDED_EVERY_S)


def _within(counter: str, most: int) -> bool:
    """Counts one more of this hour; whether it is among the first."""
    cache.add(counter, 0, RECORDED_EVERY_S)
    try:
        return cache.incr(counter) <= most
    except ValueError:  # it lapsed between the two
        return True


def wait_for_storage(received: Received, *, in_frame: bool, now: datetime) -> tuple[Launch, str]:
    """Keeps a launch whose browser must still be told by the platform's storage: (row, one-time ticket)."""
    ticket = secrets.token_urlsafe(32)
    launch = Launch.objects.create(
        platform=received.login.platform,
        login=received.login,
        at=now,
        code="waiting",
        message_type=received.message.message_type,
        issuer=received.login.platform.issuer,
        claims=shown(received.message.raw),
        in_frame=in_frame,
        ticket_hash=hashed(ticket),
    )
    return launch, ticket


def finish_by_storage(
    *, ticket: str, secret: str, ours: Callable[[str], bool], now: datetime
) -> tuple[Landing, str]:
    """Lands a waiting launch once the browser has shown the secret out of the platform's storage: where to, and the
    one-time ticket that opens it in a window of its own. Raises Refused."""
    launch = _ticketed(ticket, now=now)
    login = launch.login
    if launch.code != "waiting" or login is None:
        raise Refused(Refusal.TICKET_USED, "the ticket is of another step")
    login_of(login.state, now=now)
    if not held_by_browser(login, secret):
        raise Refused(Refusal.STORAGE_MISMATCH, "the platform's storage holds no secret of this log-in")
    message = read_message(launch.claims, ours=ours)
    landing = land(
        Received(login, message), bound_by=Launch.BoundBy.STORAGE, in_frame=False, now=now, launch=launch
    )
    ticket = secrets.token_urlsafe(32)
    launch.ticket_hash, launch.address = hashed(ticket), landing.address
    launch.save(update_fields=["ticket_hash", "address"])
    return landing, ticket


def continue_in_window(*, ticket: str, now: datetime) -> Launch:
    """The launch (with user and platform) that this ticket opens in a new window, once. Raises Refused."""
    launch = _ticketed(ticket, now=now)
    if launch.code != "ok" or launch.user is None:
        raise Refused(Refusal.TICKET_USED, "the ticket is of another step")
    if not Launch.objects.filter(pk=launch.pk, ticket_used_at=None).update(ticket_used_at=now):
        raise Refused(Refusal.TICKET_USED, "the window was opened already")
    if launch.platform is None or launch.platform.state != Platform.State.ACTIVE or not launch.user.is_active:
        raise Refused(Refusal.INACTIVE_PLATFORM, "the platform or the account was switched off meanwhile")
    return launch


def _ticketed(ticket: str, *, now: datetime) -> Launch:
    rows = Launch.objects.select_related("login__platform", "platform", "user")
    launch = rows.filter(ticket_hash=hashed(ticket)).first() if ticket else None
    if launch is None:
        raise Refused(Refusal.TICKET_UNKNOWN, "no launch waits for this ticket")
    if launch.ticket_used_at is not None:
        raise Refused(Refusal.TICKET_USED, "the ticket was used")
    if launch.at + TICKET_LIFE <= now:
        raise Refused(Refusal.TICKET_EXPIRED, "the ticket is older than two minutes")
    return launch


__all__ = [
    "Begun",
    "Landing",
    "Received",
    "Standing",
    "begin",
    "continue_in_window",
    "finish_by_storage",
    "held_by_browser",
    "keep_refusal",
    "land",
    "login_named",
    "login_of",
    "receive",
    "wait_for_storage",
]
