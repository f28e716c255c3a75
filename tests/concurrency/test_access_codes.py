"""One-time codes under a race: one code opens one door once. PostgreSQL, each try on its own connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from learning.organisation import codes
from learning.organisation.errors import BadCode, LastAdministrator, OrganisationError
from learning.organisation.models import AccessCode, Membership, Role, RoleAssignment, User
from learning.organisation.services import accounts, memberships, roles
from tests.factories import make_unit, make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TRIES = 8


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """Runs the acts at the same moment, each in its own thread and connection; an error is its result."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=20)
            return act()
        except OrganisationError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def user_and_code() -> tuple[User, str]:
    user = make_user("20260001")
    return (
        user,
        accounts.issue_codes(users=[user], kind=AccessCode.Kind.ROOM, by=None, now=timezone.now())[0].code,
    )


def test_a_code_used_many_times_at_once_opens_once(user_and_code: tuple[User, str]) -> None:
    user, code = user_and_code
    results = at_once(
        [lambda: accounts.room_login(number=user.number, code=code, now=timezone.now())] * TRIES
    )
    assert [result for result in results if not isinstance(result, BadCode)] == [user]


def test_without_the_lock_the_same_code_opens_more_than_once(user_and_code: tuple[User, str]) -> None:
    """The negative control: the same steps, the row read without a lock."""
    user, code = user_and_code
    seen = Barrier(TRIES)

    def unlocked() -> bool:
        with transaction.atomic():
            row = AccessCode.objects.filter(used_at=None, code_hash=codes.hashed(user.pk, code)).first()
            seen.wait(timeout=20)
            if row is None:
                return False
            row.used_at = timezone.now()
            row.save(update_fields=["used_at"])
            return True

    assert sum(bool(opened) for opened in at_once([unlocked] * TRIES)) > 1


def test_wrong_tries_at_once_are_all_counted(user_and_code: tuple[User, str]) -> None:
    user, code = user_and_code
    at_once([lambda: accounts.room_login(number=user.number, code="AAAAAAAA", now=timezone.now())] * TRIES)
    assert AccessCode.objects.get().failed_tries == codes.MAX_FAILED_TRIES
    with pytest.raises(BadCode):
        accounts.room_login(number=user.number, code=code, now=timezone.now())


def test_two_administrators_who_revoke_each_other_leave_one() -> None:
    root = make_unit()
    first, second = (make_user(roles=[(Role.ADMINISTRATOR, root)]) for _ in range(2))
    # Two requests share no Python objects.
    of_first, of_second = (RoleAssignment.objects.get(user=user) for user in (first, second))
    now = timezone.now()
    results = at_once(
        [
            lambda: roles.revoke_role(assignment=of_second, by=first, now=now),
            lambda: roles.revoke_role(assignment=of_first, by=second, now=now),
        ]
    )
    assert sum(isinstance(result, LastAdministrator) for result in results) == 1
    assert RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, to_date=None).count() == 1
    assert User.objects.filter(is_superuser=True).count() == 1


def test_transfers_at_once_leave_one_standing_membership() -> None:
    user = make_user(unit=make_unit())
    units = [make_unit() for _ in range(4)]
    now = timezone.now()
    today = timezone.localdate(now)
    at_once(
        [
            lambda unit=unit: memberships.transfer(user=user, unit=unit, on=today, by=None, now=now)  # type: ignore[misc]  # binds the unit
            for unit in units
        ]
    )
    assert Membership.objects.filter(user=user, to_date=None).count() == 1
    assert Membership.objects.filter(user=user).count() == 2
