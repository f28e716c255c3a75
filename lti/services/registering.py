"""Which platforms may open us: added by hand, changed, approved, switched off and on; their deployments; invitations to
register. Rights are the caller's business. Every act is audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import OrganisationError
from learning.organisation.models import Unit, User
from learning.organisation.services.audit import record
from lti.core.hashing import hashed
from lti.models import Deployment, Invitation, Platform, origin_of

from .vetting import ADDRESSES, PlatformFault, check

State = Platform.State
INVITATION_LIFE = timedelta(days=7)
FIELDS = (
    "name", "dialect", *ADDRESSES, "client_id", "token_audience", "origins", "unit", "default_unit", "trusts_numbers",
    "trusts_units", "allow_insecure_loopback",
)  # fmt: skip


class WrongState(OrganisationError):
    code = "wrong_state"
    message = _("平台的状态已经改变，请刷新页面。")


@dataclass(frozen=True)
class Invited:
    """The only moment at which the token itself is known."""

    invitation: Invitation
    token: str


def add_platform(
    *,
    issuer: str,
    client_id: str,
    auth_url: str,
    token_url: str,
    jwks_url: str,
    name: str = "",
    dialect: str = "other",
    token_audience: str = "",
    origins: str = "",
    unit: Unit | None = None,
    default_unit: Unit | None = None,
    trusts_numbers: bool = False,
    trusts_units: bool = False,
    allow_insecure_loopback: bool = False,
    deployments: Iterable[str] = (),
    by: User | None,
    now: datetime,
) -> Platform:
    """A platform that an administrator set up by hand: active at once, with these deployments. Raises PlatformFault."""
    platform = Platform(
        name=name or (origin_of(issuer).partition("://")[2] or issuer)[:120],
        dialect=dialect,
        state=State.ACTIVE,
        issuer=issuer,
        client_id=client_id,
        auth_url=auth_url,
        token_url=token_url,
        jwks_url=jwks_url,
        token_audience=token_audience,
        origins=origins,
        unit=unit,
        default_unit=default_unit,
        trusts_numbers=trusts_numbers,
        trusts_units=trusts_units,
        allow_insecure_loopback=allow_insecure_loopback,
        created_by=by,
        approved_at=now,
        approved_by=by,
    )
    with transaction.atomic():
        save_new(platform)
        facts = {"issuer": issuer, "client_id": client_id}
        record(actor=by, action="platform.added", obj=platform, unit=unit, data=facts, now=now)
        let_in(platform, deployments, by=by, now=now)
    return platform


def change_platform(
    *, platform: Platform, fields: Mapping[str, Any], by: User | None, now: datetime
) -> Platform:
    """Keeps what differs; the audit entry names the fields, not what they held. Raises PlatformFault."""
    changed = [name for name in FIELDS if name in fields and getattr(platform, name) != fields[name]]
    if not changed:
        return platform
    row = copy(platform)  # what the caller holds stays as it is if the new words cannot stand
    for name in changed:
        setattr(row, name, fields[name])
    check(row)
    with transaction.atomic():
        _save(row, update_fields=changed)
        record(
            actor=by,
            action="platform.changed",
            obj=row,
            unit=row.unit,
            data={"fields": changed},
            now=now,
        )
    for name in changed:
        setattr(platform, name, fields[name])
    return platform


@transaction.atomic
def put_platform(
    *,
    fields: Mapping[str, Any],
    deployments: Iterable[str],
    unit: Unit | None,
    by: User | None,
    now: datetime,
) -> tuple[Platform, bool]:
    """The active platform of `fields` (issuer and client_id among them) with these deployments active, and whether it was
    new; one that is known is changed and let in. `unit` is for one that has none. Raises PlatformFault."""
    same = Platform.objects.filter(issuer=fields["issuer"], client_id=fields["client_id"])
    platform = same.select_for_update().first()
    if platform is None:
        units = {"unit": unit, "default_unit": unit}
        return add_platform(**{**units, **fields}, deployments=deployments, by=by, now=now), True
    change_platform(platform=platform, fields=fields, by=by, now=now)
    return enter_platform(platform=platform, deployments=deployments, unit=unit, by=by, now=now), False


@transaction.atomic
def enter_platform(
    *, platform: Platform, deployments: Iterable[str], unit: Unit | None, by: User | None, now: datetime
) -> Platform:
    """The platform active whatever it was, and these deployments of it, known or not; the others stay as they are. `unit`
    is for a platform that has none."""
    let_in(platform, deployments, by=by, now=now)
    if platform.state == State.OFF:
        return turn_on(platform=platform, by=by, now=now)
    if platform.state == State.ACTIVE:
        return platform
    own = platform.unit or unit
    return approve_platform(
        platform=platform,
        unit=own,
        default_unit=platform.default_unit or own,
        deployments=(),
        by=by,
        now=now,
    )


@transaction.atomic
def approve_platform(
    *,
    platform: Platform,
    unit: Unit | None,
    default_unit: Unit | None,
    deployments: Iterable[str] | None = None,
    by: User | None,
    now: datetime,
) -> Platform:
    """Lets a waiting platform in, with these deployments of it; None = all that wait with it. Raises WrongState unless it
    waits."""
    row = _locked(platform, State.PENDING)
    row.state, row.approved_at, row.approved_by = State.ACTIVE, now, by
    row.unit, row.default_unit = unit, default_unit
    row.save(update_fields=["state", "approved_at", "approved_by", "unit", "default_unit"])
    record(actor=by, action="platform.approved", obj=row, unit=unit, now=now)
    let_in(row, waiting_deployments(row) if deployments is None else deployments, by=by, now=now)
    return row


def waiting_deployments(platform: Platform) -> list[str]:
    waiting = platform.deployments.filter(state=Deployment.State.PENDING).order_by("pk")
    return list(waiting.values_list("deployment_id", flat=True))


@transaction.atomic
def turn_off(*, platform: Platform, by: User | None, now: datetime) -> Platform:
    """Nobody enters from it any more; what was sat and marked stays. Raises WrongState if it is off."""
    row = _locked(platform, State.PENDING, State.ACTIVE)
    row.state = State.OFF
    row.save(update_fields=["state"])
    record(actor=by, action="platform.turned_off", obj=row, unit=row.unit, now=now)
    return row


@transaction.atomic
def turn_on(*, platform: Platform, by: User | None, now: datetime) -> Platform:
    """Lets a platform in again that was switched off. Raises WrongState unless it is off."""
    row = _locked(platform, State.OFF)
    row.state, row.approved_at, row.approved_by = State.ACTIVE, now, by
    row.save(update_fields=["state", "approved_at", "approved_by"])
    record(actor=by, action="platform.turned_on", obj=row, unit=row.unit, now=now)
    return row


@transaction.atomic
def approve_deployment(*, deployment: Deployment, by: User | None, now: datetime) -> Deployment:
    """Launches of this deployment are let in from now on; nothing happens to one that is."""
    row = Deployment.objects.select_for_update().get(pk=deployment.pk)
    if row.state != Deployment.State.ACTIVE:
        row.state, row.approved_at, row.approved_by = Deployment.State.ACTIVE, now, by
        row.save(update_fields=["state", "approved_at", "approved_by"])
        _record_deployment(row, by=by, now=now)
    return row


@transaction.atomic
def refuse_deployment(*, deployment: Deployment, by: User | None, now: datetime) -> Deployment:
    """Launches of this deployment are refused from now on, waiting or active before."""
    row = Deployment.objects.select_for_update().get(pk=deployment.pk)
    if row.state != Deployment.State.OFF:
        row.state = Deployment.State.OFF
        row.save(update_fields=["state"])
        record(actor=by, action="deployment.turned_off", obj=row, unit=row.platform.unit, now=now)
    return row


def let_in(
    platform: Platform, deployments: Iterable[str], *, by: User | None, now: datetime
) -> list[Deployment]:
    """These deployments of the platform, made where they are unknown, all active."""
    rows = []
    for name in dict.fromkeys(deployments):
        if not name or len(name) > 255:
            raise PlatformFault(_("部署标识为空或过长。"), field="deployments")
        row, made = Deployment.objects.get_or_create(
            platform=platform,
            deployment_id=name,
            defaults={"state": Deployment.State.ACTIVE, "approved_at": now, "approved_by": by},
        )
        if made:
            _record_deployment(row, by=by, now=now)
        rows.append(row if made else approve_deployment(deployment=row, by=by, now=now))
    return rows


@transaction.atomic
def invite(
    *,
    name: str,
    unit: Unit | None = None,
    allow_insecure_loopback: bool = False,
    life: timedelta = INVITATION_LIFE,
    by: User | None,
    now: datetime,
) -> Invited:
    """A link by which one platform may register itself, once, within `life`; it then waits for approval."""
    token = token_urlsafe(32)
    invitation = Invitation.objects.create(
        token_hash=hashed(token),
        name=name,
        unit=unit,
        allow_insecure_loopback=allow_insecure_loopback,
        created_at=now,
        created_by=by,
        expires_at=now + life,
    )
    record(actor=by, action="invitation.made", obj=invitation, unit=unit, now=now)
    return Invited(invitation, token)


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User | None, now: datetime) -> None:
    """The link works no more. Raises WrongState where it was used or revoked before."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
    if not open_ones.update(revoked_at=now):
        raise WrongState(_("这个邀请已经用过或撤销。"))
    record(actor=by, action="invitation.revoked", obj=invitation, unit=invitation.unit, now=now)


def save_new(platform: Platform) -> None:
    """Checks and writes a platform that nobody has yet. Raises PlatformFault."""
    check(platform)
    _save(platform, force_insert=True)


def _save(platform: Platform, **how: Any) -> None:
    try:
        with transaction.atomic():
            platform.save(**how)
    except IntegrityError as error:
        raise PlatformFault(_("已经登记过平台标识和客户端标识都相同的平台。"), field="client_id") from error


def _locked(platform: Platform, *states: State) -> Platform:
    row = Platform.objects.select_for_update().get(pk=platform.pk)
    if row.state not in states:
        raise WrongState
    return row


def _record_deployment(row: Deployment, *, by: User | None, now: datetime) -> None:
    record(actor=by, action="deployment.approved", obj=row, unit=row.platform.unit, now=now)
