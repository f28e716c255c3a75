"""An account's life: made, activated by a one-time code, used, reset, stopped. Passwords are never known to others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from learning.organisation import codes
from learning.organisation.errors import BadCode, LastAdministrator, NotAllowed, OrganisationError, SlowDown
from learning.organisation.models import AccessCode, Membership, RoleAssignment, Unit, User
from learning.organisation.models.roles import Role
from learning.organisation.permissions import Action, outranked, people_allowing

from . import audit, memberships

__all__ = [
    "IssuedCode",
    "SlowDown",
    "activate_with_code",
    "authenticate_number",
    "change_password",
    "create_user",
    "deactivate",
    "edit_user",
    "issue_codes",
    "keep_settings",
    "reactivate",
    "refuse_foreign",
    "reset_by_organiser",
    "room_login",
    "switch_off",
]


@dataclass(frozen=True)
class IssuedCode:
    """The only moment at which the code itself is known."""

    user: User
    code: str
    expires_at: datetime


def authenticate_number(request: HttpRequest, number: str, password: str) -> User | None:
    """The person, or None for a wrong number or password. Raises SlowDown where lockout.py says so."""
    user = authenticate(request, number=clean_number(number), password=password)
    if getattr(request, "axes_locked_out", False):
        # The caller answers in its own form; the middleware would put its page over an API's JSON.
        request.axes_locked_out = False  # type: ignore[attr-defined]  # set by axes
        raise SlowDown
    return user if isinstance(user, User) else None


def clean_number(number: str) -> str:
    return normalize("NFKC", number).strip()


@transaction.atomic
def create_user(
    *,
    number: str,
    full_name: str,
    by: User | None,
    now: datetime,
    email: str = "",
    phone: str = "",
    unit: Unit | None = None,
    person_status: str | None = None,
) -> User:
    """A new person without a password, so nobody can log in before the activation code is used."""
    user = User.objects.create_user(
        clean_number(number), full_name, None, email=email, phone=phone, created_at=now
    )
    audit.record(actor=by, action="account.created", obj=user, unit=unit, now=now)
    if unit is not None and person_status:
        memberships.join(
            user=user, unit=unit, person_status=person_status, on=timezone.localdate(now), by=by, now=now
        )
    return user


@transaction.atomic
def edit_user(*, user: User, full_name: str, email: str, phone: str, by: User, now: datetime) -> User:
    """Name and ways to reach the person; the entry tells which fields changed, not what they held."""
    new = {"full_name": full_name.strip(), "email": email.strip(), "phone": phone.strip()}
    changed = [name for name, value in new.items() if getattr(user, name) != value]
    if not changed:
        return user
    for name in changed:
        setattr(user, name, new[name])
    user.save(update_fields=changed)
    audit.record(
        actor=by, action="account.edited", obj=user, unit=unit_of(user), data={"fields": changed}, now=now
    )
    return user


@transaction.atomic
def issue_codes(
    *, users: Iterable[User], kind: str, by: User | None, now: datetime, lifetime: timedelta | None = None
) -> list[IssuedCode]:
    """One new code a person; an earlier unused one of the kind stops working. Raises NotAllowed if any person is
    outside the subtree of `by` or has rights that `by` lacks."""
    people = list(users)
    if by is not None:
        refuse_foreign(people, by=by)
    expires_at = now + (lifetime or codes.LIFETIME[AccessCode.Kind(kind)])
    open_codes(people, now=now).filter(kind=kind).update(revoked_at=now)
    issued = [IssuedCode(person, codes.draw(), expires_at) for person in people]
    AccessCode.objects.bulk_create(
        AccessCode(
            user=each.user,
            kind=kind,
            code_hash=codes.hashed(each.user.pk, each.code),
            expires_at=expires_at,
            created_by=by,
            created_at=now,
        )
        for each in issued
    )
    units = dict(Membership.objects.filter(user__in=people, to_date=None).values_list("user", "unit"))
    found = Unit.objects.in_bulk(set(units.values()))
    audit.record_each(
        audit.entry(
            actor=by, action=f"code.{kind}", obj=person, unit=found.get(units.get(person.pk, 0)), now=now
        )
        for person in people
    )
    return issued


def refuse_foreign(people: list[User], *, by: User) -> None:
    """Raises NotAllowed unless every one of them is in the subtree that `by` manages and has no higher rights."""
    ids = {person.pk for person in people}
    if people_allowing(by, Action.MEMBER_MANAGE).filter(pk__in=ids).count() != len(ids):
        raise NotAllowed
    if outranked(by, people):
        raise NotAllowed(_("对方的权限高于您，请由上级办理。"))


def open_codes(people: Iterable[User], *, now: datetime) -> QuerySet[AccessCode]:
    return AccessCode.objects.filter(
        user__in=people,
        used_at=None,
        revoked_at=None,
        expires_at__gt=now,
        failed_tries__lt=codes.MAX_FAILED_TRIES,
    )


def redeem(*, number: str, code: str, kinds: Iterable[str], now: datetime) -> User:
    """Uses the code up and returns its person; every wrong try counts on all open codes of that person.

    Must run outside a transaction that could roll the count back. Raises BadCode."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(number=clean_number(number), is_active=True).first()
        found = None
        if user is not None:
            standing = open_codes([user], now=now).filter(kind__in=list(kinds))
            wanted = codes.hashed(user.pk, code)
            found = next((row for row in standing if constant_time_compare(row.code_hash, wanted)), None)
            if found is None:
                standing.update(failed_tries=F("failed_tries") + 1)
            else:
                found.used_at = now
                found.save(update_fields=["used_at"])
    if user is None or found is None:
        raise BadCode
    return user


def activate_with_code(*, number: str, code: str, new_password: str, now: datetime) -> User:
    """Sets the first (or a forgotten) password. Raises ValidationError for a weak password before the code is spent,
    BadCode otherwise."""
    known = User.objects.filter(number=clean_number(number)).first()
    validate_password(new_password, known)
    user = redeem(
        number=number, code=code, kinds=[AccessCode.Kind.ACTIVATION, AccessCode.Kind.RESET], now=now
    )
    with transaction.atomic():
        user.set_password(new_password)
        user.activated_at = user.activated_at or now
        user.must_change_password = False
        user.save(update_fields=["password", "activated_at", "must_change_password"])
        audit.record(actor=user, action="account.activated", obj=user, unit=unit_of(user), now=now)
    return user


def room_login(*, number: str, code: str, now: datetime) -> User:
    """The person whose room code this is; the code is spent. Raises BadCode."""
    user = redeem(number=number, code=code, kinds=[AccessCode.Kind.ROOM], now=now)
    audit.record(actor=user, action="account.room_login", obj=user, unit=unit_of(user), now=now)
    return user


@transaction.atomic
def change_password(*, user: User, new_password: str, now: datetime) -> None:
    """The person's own change, the old password having been checked; other sessions end."""
    user.set_password(new_password)
    user.must_change_password = False
    user.activated_at = user.activated_at or now
    user.save(update_fields=["password", "must_change_password", "activated_at"])
    audit.record(actor=user, action="account.password_changed", obj=user, unit=unit_of(user), now=now)


def keep_settings(*, user: User, large_print: bool, language: str) -> None:
    """How the site looks to this person, on every device."""
    user.large_print, user.language = large_print, language
    user.save(update_fields=["large_print", "language"])


@transaction.atomic
def reset_by_organiser(*, user: User, by: User, now: datetime) -> IssuedCode:
    """The old password stops working at once; the code lets the person set a new one. Raises NotAllowed."""
    refuse_foreign([user], by=by)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    audit.record(actor=by, action="account.reset", obj=user, unit=unit_of(user), now=now)
    return issue_codes(users=[user], kind=AccessCode.Kind.RESET, by=by, now=now)[0]


@transaction.atomic
def deactivate(*, user: User, by: User, now: datetime) -> None:
    """Nobody logs in with this account any more; what the person did stays. Raises NotAllowed, LastAdministrator."""
    if user.pk == by.pk:
        raise OrganisationError(_("不能停用自己的账号。"))
    refuse_foreign([user], by=by)
    administrators = RoleAssignment.objects.select_for_update().filter(
        role=Role.ADMINISTRATOR, to_date=None, user__is_active=True
    )
    if {row.user_id for row in administrators} == {user.pk}:
        raise LastAdministrator
    switch_off(user=user, by=by, now=now)


def switch_off(*, user: User, by: User | None, now: datetime) -> None:
    """The same without asking who may: for whoever made the account and has no more use for it."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    open_codes([user], now=now).update(revoked_at=now)
    audit.record(actor=by, action="account.deactivated", obj=user, unit=unit_of(user), now=now)


@transaction.atomic
def reactivate(*, user: User, by: User, now: datetime) -> None:
    """The account may be used again, with its old password."""
    refuse_foreign([user], by=by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(actor=by, action="account.reactivated", obj=user, unit=unit_of(user), now=now)


def unit_of(user: User) -> Unit | None:
    membership = Membership.objects.select_related("unit").filter(user=user, to_date=None).first()
    return membership.unit if membership else None
