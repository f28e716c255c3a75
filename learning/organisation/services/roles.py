"""Who holds which role over which part of the tree. Nobody gives away a right that is not theirs to use there."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.errors import BadPlace, LastAdministrator, NotAllowed, OrganisationError
from learning.organisation.models import Role, RoleAssignment, Unit, User
from learning.organisation.permissions import MATRIX, Action, forget_roles, may

from . import audit


def may_grant(by: User, role: str, unit: Unit) -> bool:
    """Whether `by` may give the role over the unit: the right to grant there, and every right the role brings."""
    return may(by, Action.ROLE_GRANT, unit) and all(may(by, action, unit) for action in MATRIX[Role(role)])


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: str,
    unit: Unit,
    by: User | None,
    now: datetime,
    from_date: date | None = None,
    to_date: date | None = None,
) -> RoleAssignment:
    """The assignment (the one that stands, if the person holds the role there already). `by` None = the system."""
    if role == Role.MEMBER:
        raise OrganisationError(_("人人都是学员，不需要授予这一角色。"))
    if by is not None and not may_grant(by, role, unit):
        raise NotAllowed
    if role == Role.ADMINISTRATOR and unit.depth > 1:
        raise BadPlace(_("管理员只能设在最上级党组织。"))
    if role == Role.ADMINISTRATOR and to_date is not None:
        raise OrganisationError(_("管理员没有期限，不再需要时请撤销。"))
    User.objects.select_for_update().get(pk=user.pk)
    assignment, made = RoleAssignment.objects.get_or_create(
        user=user,
        role=role,
        unit=unit,
        to_date=to_date,
        defaults={"from_date": from_date or timezone.localdate(now), "granted_by": by},
    )
    if made:
        data = {"role": role, "unit": unit.name, "to": to_date.isoformat() if to_date else None}
        audit.record(actor=by, action="role.granted", obj=user, unit=unit, data=data, now=now)
    forget_roles(user)
    if role == Role.ADMINISTRATOR:
        follow_administrators(user)
    return assignment


@transaction.atomic
def revoke_role(*, assignment: RoleAssignment, by: User | None, now: datetime) -> None:
    """The role ends today, at once. Raises LastAdministrator for the last one who could give it back."""
    if by is not None and not may_grant(by, assignment.role, assignment.unit):
        raise NotAllowed
    today = timezone.localdate(now)
    # The administrators are locked together: two of them revoking each other must not both succeed.
    administrators = set(
        RoleAssignment.objects.select_for_update()
        .filter(role=Role.ADMINISTRATOR, to_date=None, user__is_active=True)
        .values_list("pk", flat=True)
    )
    if administrators == {assignment.pk}:
        raise LastAdministrator
    assignment.to_date = max(today, assignment.from_date)
    assignment.save(update_fields=["to_date"])
    data = {"role": assignment.role, "unit": assignment.unit.name}
    audit.record(
        actor=by, action="role.revoked", obj=assignment.user, unit=assignment.unit, data=data, now=now
    )
    forget_roles(assignment.user)
    if assignment.role == Role.ADMINISTRATOR:
        follow_administrators(assignment.user)


def follow_administrators(user: User) -> None:
    """Wagtail asks for `is_superuser`: it comes and goes with the administrator's role. Other roles leave it alone, so
    that whom `createsuperuser` made stays one until they are given that role and it is revoked."""
    holds = RoleAssignment.objects.filter(user=user, role=Role.ADMINISTRATOR, to_date=None).exists()
    if user.is_superuser != holds:
        user.is_superuser = holds
        user.save(update_fields=["is_superuser"])
