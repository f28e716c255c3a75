"""From a believed message to a page of ours: who it is, from which course, for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from lti.core import claims
from lti.core.claims import Message
from lti.core.reading import read_message
from lti.core.verifying import Refusal, Refused, read_header, verify
from lti.http.fetching import reach_of
from lti.http.jwks import find_key
from lti.models import Deployment, Launch, Login, Platform, PlatformUser

from . import contexts, targets, teaching
from .accounts import Known, person_for
from .logins import use_up
from .recording import shown

MOST_WAITING = 200  # deployments of a platform


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
    """The deployment, active. One that nobody has seen before is written down and waits, if not too many do already: an
    administrator has to read them. Raises Refused."""
    rows = Deployment.objects.filter(platform=platform)
    row = rows.filter(deployment_id=deployment_id).first()
    if row is None:
        if rows.filter(state=Deployment.State.PENDING).count() >= MOST_WAITING:
            raise Refused(Refusal.UNKNOWN_DEPLOYMENT, "a new deployment, and too many wait for approval")
        Deployment.objects.get_or_create(platform=platform, deployment_id=deployment_id)
        raise Refused(
            Refusal.UNKNOWN_DEPLOYMENT, f"deployment {deployment_id[:100]!r} is new and waits for approval"
        )
    row.platform = platform
    if row.state != Deployment.State.ACTIVE:
        raise Refused(Refusal.INACTIVE_DEPLOYMENT, f"deployment {deployment_id[:100]!r} is not approved")
    return row
