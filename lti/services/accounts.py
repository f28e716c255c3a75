"""Who a person of a platform is here: (platform row, sub), never an e-mail. An account that is made for a launch has no
password; one that stood before is taken only by a number that the platform is trusted with (or by its owner's own
log-in: joining.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from learning.organisation.models import AuditEntry, Membership, PersonStatus, RoleAssignment, Unit, User
from learning.organisation.models.units import KEY_ALPHABET
from learning.organisation.permissions import any_path
from learning.organisation.services import audit
from learning.organisation.services.accounts import clean_number
from learning.organisation.signals import people_changed
from lti.models import Platform, PlatformUser

CHUNK = 500
TRIES = 3
NAME_LENGTH, EMAIL_LENGTH, NUMBER_LENGTH = 80, 254, 40  # of our own fields
OWN_NUMBER_CHARS = 8


@dataclass(frozen=True, slots=True)
class Known:
    """A person as a launch or a roster names them; "" = not told."""

    sub: str
    name: str = ""
    email: str = ""
    number: str = ""
    unit_code: str = ""


def person_for(platform: Platform, known: Known, *, now: datetime) -> PlatformUser:
    """The person's row with its user, made where there is none; name, e-mail and number as now given."""
    return people_for(platform, [known], now=now)[known.sub]


def people_for(platform: Platform, known: Iterable[Known], *, now: datetime) -> dict[str, PlatformUser]:
    """The same for many, by sub: a few queries for every five hundred of them. Two calls at once for one new person
    make one account."""
    everybody = list({each.sub: each for each in known}.values())
    found: dict[str, PlatformUser] = {}
    for start in range(0, len(everybody), CHUNK):
        some = everybody[start : start + CHUNK]
        for again in range(TRIES):
            try:
                with transaction.atomic():
                    found |= _people(platform, some, now)
                break
            except IntegrityError:
                # Another launch or roster wrote the same person first.
                if again == TRIES - 1:
                    raise
    return found


def _people(platform: Platform, known: Sequence[Known], now: datetime) -> dict[str, PlatformUser]:
    rows = PlatformUser.objects.filter(platform=platform, sub__in=[each.sub for each in known])
    there = {row.sub: row for row in rows.select_related("user")}
    _refresh([(there[each.sub], each) for each in known if each.sub in there], now)
    new = [each for each in known if each.sub not in there]
    if new:
        made = _entered(platform, new, now)
        there |= made
        _place(platform, [(made[each.sub].user, each) for each in new], now)
        people_changed.send(User, user_ids=[row.user_id for row in made.values()], now=now)
    return there


def _refresh(pairs: Sequence[tuple[PlatformUser, Known]], now: datetime) -> None:
    """What the platform tells now replaces what it told; what it no longer tells stays. The names of accounts that a
    launch made follow; those of members who stood before do not."""
    told, renamed = [], []
    for row, known in pairs:
        new = {name: value for name in ("name", "email", "number") if (value := getattr(known, name))}
        if all(getattr(row, name) == value for name, value in new.items()):
            continue
        for name, value in new.items():
            setattr(row, name, value)
        told.append(row)
        if row.linked_by == PlatformUser.LinkedBy.LAUNCH and known.name not in ("", row.user.full_name):
            row.user.full_name = known.name[:NAME_LENGTH]
            renamed.append(row.user)
    PlatformUser.objects.bulk_update(told, ["name", "email", "number"])
    User.objects.bulk_update(renamed, ["full_name"])
    people_changed.send(User, user_ids=[user.pk for user in renamed], now=now)


def _entered(platform: Platform, new: Sequence[Known], now: datetime) -> dict[str, PlatformUser]:
    numbers = {number for each in new if (number := _number_of(platform, each))}
    members = _members_by_number(platform, numbers, timezone.localdate(now))
    taken = _numbers_held(numbers)
    accounts: dict[str, User] = {}
    made: list[User] = []
    for each in new:
        number = _number_of(platform, each)
        member = members.pop(number, None)
        if member is not None:
            accounts[each.sub] = member
            continue
        if not number or number in taken:
            number = f"P{platform.pk}-{get_random_string(OWN_NUMBER_CHARS, KEY_ALPHABET)}"
        taken.add(number)
        user = User(
            number=number,
            full_name=each.name[:NAME_LENGTH] or _("平台用户 %(number)s") % {"number": number[-4:]},
            email=each.email if len(each.email) <= EMAIL_LENGTH else "",
            created_at=now,
        )
        user.set_unusable_password()
        accounts[each.sub] = user
        made.append(user)
    User.objects.bulk_create(made)
    fresh = {user.pk for user in made}
    rows = [
        PlatformUser(
            platform=platform,
            sub=each.sub,
            user=accounts[each.sub],
            linked_by=PlatformUser.LinkedBy.LAUNCH
            if accounts[each.sub].pk in fresh
            else PlatformUser.LinkedBy.NUMBER,
            linked_at=now,
            name=each.name,
            email=each.email,
            number=each.number,
            created_at=now,
        )
        for each in new
    ]
    PlatformUser.objects.bulk_create(rows)
    audit.record_each(_entry(platform, row, row.user_id in fresh, now) for row in rows)
    return {row.sub: row for row in rows}


def _entry(platform: Platform, row: PlatformUser, made: bool, now: datetime) -> AuditEntry:
    action = "account.created" if made else "platform_person.linked"
    return audit.entry(actor=None, action=action, obj=row.user, data={"platform": platform.name}, now=now)


def _number_of(platform: Platform, known: Known) -> str:
    """The number that counts: only where the administrator trusts the platform with numbers."""
    number = clean_number(known.number) if platform.trusts_numbers else ""
    return number if len(number) <= NUMBER_LENGTH else ""


def _members_by_number(platform: Platform, numbers: set[str], day: date) -> dict[str, User]:
    """Members whose account a trusted number takes: active, without any role on that day or later (roles never come by a
    claim), and not somebody else on this platform already."""
    if not numbers:
        return {}
    people = User.objects.filter(number__in=numbers, is_active=True, is_superuser=False)
    people = people.exclude(pk__in=PlatformUser.objects.filter(platform=platform).values("user"))
    people = people.exclude(pk__in=RoleAssignment.objects.from_day(day).values("user"))
    return {person.number: person for person in people}


def _numbers_held(numbers: set[str]) -> set[str]:
    return set(User.objects.filter(number__in=numbers).values_list("number", flat=True)) if numbers else set()


def _place(platform: Platform, pairs: Sequence[tuple[User, Known]], now: datetime) -> None:
    """Puts those who belong nowhere into the unit that the platform names, where it is trusted with units and the unit is
    one of its own or below, else into the unit that the administrator chose."""
    day = timezone.localdate(now)
    placed = set(
        Membership.objects.filter(user__in=[user.pk for user, _known in pairs], to_date=None).values_list(
            "user", flat=True
        )
    )
    homeless = [(user, known) for user, known in pairs if user.pk not in placed]
    if not homeless:
        return
    codes = (
        {known.unit_code for _user, known in homeless if known.unit_code} if platform.trusts_units else set()
    )
    own = any_path((unit.path for unit in (platform.unit, platform.default_unit) if unit), "path__startswith")
    units = Unit.objects.filter(own, code__in=codes).open_on(day) if codes else ()
    named = {unit.code: unit for unit in units}
    default = platform.default_unit or platform.unit
    Membership.objects.bulk_create(
        Membership(user=user, unit=unit, person_status=PersonStatus.PUBLIC, from_date=day)
        for user, known in homeless
        if (unit := named.get(known.unit_code, default)) is not None
    )
