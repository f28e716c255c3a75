"""Dynamic Registration 1.0: a platform brings an invitation and registers us with itself, and itself with us, in one
exchange. What it brings waits for an administrator; until then nobody enters from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from learning.organisation.services.audit import record
from lti.core.dialects import DIALECTS, dialect_of_product
from lti.core.hashing import hashed
from lti.core.registration import (
    BadRegistration,
    PlatformConfiguration,
    Registered,
    ToolUrls,
    fitting,
    read_configuration,
    read_registration,
    registration_body,
)
from lti.http.fetching import Reach, Unreachable, fetch
from lti.models import Deployment, Invitation, Platform, origin_of

from . import describing
from .registering import save_new
from .vetting import PlatformFault

UNKNOWN: Final = "invitation_unknown"
EXPIRED: Final = "invitation_expired"
USED: Final = "invitation_used"
REVOKED: Final = "invitation_revoked"
UNREACHABLE: Final = "registration_unreachable"
REFUSED: Final = "registration_refused"
NOT_ACCEPTED: Final = "registration_not_accepted"


class RegistrationFailed(Exception):
    """The exchange ends here and leaves the invitation as it was. `code` is stable; `detail` is English."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def invitation_of(token: str, *, now: datetime) -> Invitation:
    """The invitation, good at `now`. Raises RegistrationFailed: invitation_unknown, _used, _revoked, _expired."""
    invitation = Invitation.objects.select_related("unit").filter(token_hash=hashed(token)).first()
    if invitation is None:
        raise RegistrationFailed(UNKNOWN)
    if invitation.used_at:
        raise RegistrationFailed(USED)
    if invitation.revoked_at:
        raise RegistrationFailed(REVOKED)
    if invitation.expires_at <= now:
        raise RegistrationFailed(EXPIRED)
    return invitation


def register(
    *, invitation: Invitation, configuration_url: str, access: str, tool: ToolUrls, now: datetime
) -> Platform:
    """The whole exchange: reads the platform's configuration, registers us there (`access` is its registration token, ""
    for none), writes the platform down as waiting and uses the invitation up. Everything is asked at the one origin of
    `configuration_url`, and the issuer must be of it. Raises RegistrationFailed."""
    reach = Reach((origin_of(configuration_url),), invitation.allow_insecure_loopback)
    try:
        headers = {"Authorization": f"Bearer {access}"} if access else {}
        configuration = _configuration(configuration_url, headers, reach, now)
        registered = _registered(configuration, headers, tool, reach, now)
    except BadRegistration as error:
        raise RegistrationFailed(error.code.value, error.detail) from error
    except Unreachable as error:
        raise RegistrationFailed(UNREACHABLE, str(error)) from error
    try:
        return _written(invitation, configuration, registered, now)
    except PlatformFault as error:
        raise RegistrationFailed(NOT_ACCEPTED, f"{error.field}: {error}") from error


def pages_of(origin: str) -> tuple[str, ...]:
    """Whose pages may show the registration in a frame: those of the origin that was asked, and where its vendor has the
    universities' pages elsewhere (Canvas), those too."""
    vendors = (dialect for dialect in DIALECTS.values() if dialect.dynamic_registration)
    return (origin, *(line for dialect in vendors if dialect.issuer == origin for line in dialect.origins))


def _configuration(url: str, headers: dict[str, str], reach: Reach, now: datetime) -> PlatformConfiguration:
    # The token is for the registration (§3.2), but Canvas wants it here as well.
    answer = fetch("GET", url, reach=reach, now=now, headers=headers)
    if not answer.ok:
        raise RegistrationFailed(UNREACHABLE, f"the configuration answers HTTP {answer.status}")
    return read_configuration(answer.json(), asked_url=url, insecure_loopback=reach.insecure_loopback)


def _registered(
    configuration: PlatformConfiguration,
    headers: dict[str, str],
    tool: ToolUrls,
    reach: Reach,
    now: datetime,
) -> Registered:
    scopes, placements = fitting(configuration)
    body = registration_body(
        tool=tool,
        name=describing.name("zh-hans"),
        names={"en": describing.name("en")},
        description=describing.description("zh-hans"),
        scopes=scopes,
        placements=placements,
        custom=describing.CUSTOM,
    )
    answer = fetch("POST", configuration.registration_url, reach=reach, now=now, json=body, headers=headers)
    said = answer.json()
    if not answer.ok:
        raise RegistrationFailed(REFUSED, f"the platform answers HTTP {answer.status} {_fault(said)}".strip())
    return read_registration(said)


def _fault(said: Any) -> str:
    words = (said.get("error"), said.get("error_description")) if isinstance(said, dict) else ()
    return " ".join(word[:200] for word in words if isinstance(word, str))


@transaction.atomic
def _written(
    invitation: Invitation, configuration: PlatformConfiguration, registered: Registered, now: datetime
) -> Platform:
    host = origin_of(configuration.issuer).partition("://")[2]
    dialect = dialect_of_product(configuration.product)
    platform = Platform(
        name=(invitation.name or host)[:120],
        dialect=dialect.key,
        state=Platform.State.PENDING,
        issuer=configuration.issuer,
        client_id=registered.client_id,
        auth_url=configuration.auth_url,
        token_url=configuration.token_url,
        jwks_url=configuration.jwks_url,
        token_audience=configuration.token_audience,
        origins="\n".join(dialect.service_origins(host=host)),
        unit=invitation.unit,
        default_unit=invitation.unit,
        allow_insecure_loopback=invitation.allow_insecure_loopback,
        created_by=invitation.created_by,
    )
    save_new(platform)
    deployments = [registered.deployment_id] if registered.deployment_id else []
    for name in deployments:
        Deployment.objects.create(platform=platform, deployment_id=name)
    # The last word: of two exchanges with one invitation the second finds it used, and takes back what it wrote.
    still_good = Invitation.objects.filter(
        pk=invitation.pk, used_at=None, revoked_at=None, expires_at__gt=now
    )
    if not still_good.update(used_at=now, platform=platform):
        raise RegistrationFailed(USED)
    facts = {"issuer": platform.issuer, "client_id": platform.client_id, "deployments": deployments}
    record(actor=None, action="platform.registered", obj=platform, unit=platform.unit, data=facts, now=now)
    return platform
