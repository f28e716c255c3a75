"""Who belongs where from when: a change closes the row that stands and opens the next, so the past stays readable."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import BadDate, BadPlace, OrganisationError
from learning.organisation.models import Membership, Unit, User

from . import audit


@transaction.atomic
def join(
    *, user: User, unit: Unit, person_status: str, on: date, by: User | None, now: datetime
) -> Membership:
    """The person's membership from that day on. Raises OrganisationError where one already stands."""
    if standing(user) is not None:
        raise OrganisationError(_("该人员已有组织关系，请办理转接。"))
    if Membership.objects.filter(user=user, to_date__gt=on).exists():
        raise BadDate(_("生效日期早于该人员上一段组织关系的终止日期。"))
    membership = opened(user, unit, person_status, on)
    data = {"unit": unit.name, "status": person_status, "on": on.isoformat()}
    audit.record(actor=by, action="membership.joined", obj=user, unit=unit, data=data, now=now)
    return membership


@transaction.atomic
def transfer(
    *, user: User, unit: Unit, on: date, by: User | None, now: datetime, person_status: str | None = None
) -> Membership:
    """The membership in the new unit from that day on, the person status kept unless given."""
    current = required(user)
    if unit.pk == current.unit_id and person_status in (None, current.person_status):
        return current
    before = current.unit.name
    membership = succeeded(current, unit, person_status or current.person_status, on)
    data = {"from": before, "to": unit.name, "status": membership.person_status, "on": on.isoformat()}
    audit.record(actor=by, action="membership.transferred", obj=user, unit=unit, data=data, now=now)
    return membership


@transaction.atomic
def change_status(*, user: User, person_status: str, on: date, by: User | None, now: datetime) -> Membership:
    """The membership with the new person status from that day on, in the same unit."""
    current = required(user)
    before = current.person_status
    if person_status == before:
        return current
    membership = succeeded(current, current.unit, person_status, on)
    data = {"from": before, "to": person_status, "on": on.isoformat()}
    audit.record(actor=by, action="membership.status", obj=user, unit=current.unit, data=data, now=now)
    return membership


@transaction.atomic
def leave(*, user: User, on: date, by: User | None, now: datetime) -> None:
    """Ends the membership that stands; it must have stood for at least a day."""
    current = required(user)
    if on <= current.from_date:
        raise BadDate(_("终止日期须晚于起始日期 %(from)s。"), **{"from": current.from_date})
    current.to_date = on
    current.save(update_fields=["to_date"])
    data = {"unit": current.unit.name, "on": on.isoformat()}
    audit.record(actor=by, action="membership.left", obj=user, unit=current.unit, data=data, now=now)


def standing(user: User) -> Membership | None:
    """The membership without an end, locked together with its person until the transaction ends."""
    User.objects.select_for_update().filter(pk=user.pk).first()
    return Membership.objects.select_related("unit").filter(user=user, to_date=None).first()


def required(user: User) -> Membership:
    current = standing(user)
    if current is None:
        raise OrganisationError(_("该人员目前没有组织关系。"))
    return current


def opened(user: User, unit: Unit, person_status: str, on: date) -> Membership:
    if on < unit.opened_date or (unit.closed_date is not None and unit.closed_date <= on):
        raise BadPlace(_("“%(unit)s”在该日期尚未成立或已经撤销。"), unit=unit.name)
    return Membership.objects.create(user=user, unit=unit, person_status=person_status, from_date=on)


def succeeded(current: Membership, unit: Unit, person_status: str, on: date) -> Membership:
    """The row after `current`. On its own first day a change is a correction of the row itself."""
    if on < current.from_date:
        raise BadDate(_("生效日期不能早于现有组织关系的起始日期 %(from)s。"), **{"from": current.from_date})
    if on == current.from_date:
        if on < unit.opened_date or (unit.closed_date is not None and unit.closed_date <= on):
            raise BadPlace(_("“%(unit)s”在该日期尚未成立或已经撤销。"), unit=unit.name)
        current.unit, current.person_status = unit, person_status
        current.save(update_fields=["unit", "person_status"])
        return current
    current.to_date = on
    current.save(update_fields=["to_date"])
    return opened(current.user, unit, person_status, on)
