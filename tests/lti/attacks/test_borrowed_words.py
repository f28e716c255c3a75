"""Attacks by a platform's teachers through what they may type into a link: its custom parameters are theirs, not the
platform's word about anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from learning.organisation.models import Membership, RoleAssignment, Unit, User
from learning.organisation.models.roles import Role
from lti.models import PlatformUser
from lti.services import describing
from lti.services.accounts import Known, people_for
from tests.factories import make_unit, make_user
from tests.lti.campus import Campus

pytestmark = pytest.mark.django_db


def user_of(sub: str) -> User:
    return PlatformUser.objects.get(sub=sub).user


@pytest.fixture
def trusted(campus: Campus) -> Campus:
    campus.row.trusts_numbers = campus.row.trusts_units = True
    campus.row.save()
    return campus


def test_a_number_that_a_teacher_typed_into_a_link_opens_nobodys_account(trusted: Campus) -> None:
    victim = make_user()
    trusted.launch(sub="thief", custom={"number": victim.number, "exam": str(trusted.exam.pk)})
    assert user_of("thief") != victim


def test_a_number_that_a_teacher_typed_into_a_link_takes_no_newcomers_place(trusted: Campus) -> None:
    """Else the account that is made later for the real person would be the thief's."""
    trusted.launch(sub="thief", custom={"number": "20260001"})
    assert not User.objects.filter(number="20260001").exists()
    trusted.launch(Client(), sub="owner", lis={"person_sourcedid": "20260001"})
    assert user_of("owner").number == "20260001"


def test_we_ask_no_platform_for_a_number_that_we_would_not_believe() -> None:
    assert "number" not in describing.CUSTOM


def test_a_role_that_ends_next_month_keeps_a_number_from_taking_the_account(trusted: Campus) -> None:
    boss = make_user()
    today = trusted.now.date()
    RoleAssignment.objects.create(
        user=boss,
        role=Role.INVIGILATOR,
        unit=trusted.exam.owner_unit,
        from_date=today - timedelta(days=1),
        to_date=today + timedelta(days=30),
    )
    trusted.launch(sub="thief", lis={"person_sourcedid": boss.number})
    assert user_of("thief") != boss


def test_nobody_is_put_into_a_unit_that_is_not_the_platforms(trusted: Campus) -> None:
    """Another school's exams, courses and secretary are none of this platform's people's."""
    foreign = make_unit()
    trusted.launch(sub="a", custom={"unit": foreign.code})
    assert not Membership.objects.filter(unit=foreign).exists()


@pytest.mark.parametrize("below", ["unit", "default_unit"])
def test_units_below_the_platforms_own_are_believed(trusted: Campus, below: str) -> None:
    place: Unit = make_unit(parent=make_unit())
    setattr(trusted.row, below, place.get_parent())
    trusted.row.save()
    known = Known(sub="a", unit_code=place.code)
    people_for(trusted.row, [known], now=trusted.now)
    assert Membership.objects.get(user=user_of("a")).unit == place
