"""A person's path through units and statuses, with its past kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from learning.organisation.errors import BadDate, BadPlace, OrganisationError
from learning.organisation.models import Membership, PersonStatus, User
from learning.organisation.services import memberships
from tests.factories import make_unit, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
MARCH, MAY = date(2026, 3, 1), date(2026, 5, 1)


def history(user: User) -> list[tuple[str, str, date | None]]:
    rows = Membership.objects.filter(user=user).order_by("from_date")
    return [(row.unit.name, row.person_status, row.to_date) for row in rows]


@pytest.fixture
def user() -> User:
    person = make_user()
    memberships.join(
        user=person, unit=make_unit(name="甲"), person_status="applicant", on=MARCH, by=None, now=NOW
    )
    return person


def test_a_transfer_closes_one_row_and_opens_the_next(user: User) -> None:
    memberships.transfer(user=user, unit=make_unit(name="乙"), on=MAY, by=None, now=NOW)
    assert history(user) == [("甲", "applicant", MAY), ("乙", "applicant", None)]
    assert Membership.objects.on(date(2026, 4, 30)).get(user=user).unit.name == "甲"
    assert Membership.objects.on(MAY).get(user=user).unit.name == "乙"


def test_a_new_status_keeps_the_unit(user: User) -> None:
    memberships.change_status(user=user, person_status=PersonStatus.ACTIVIST, on=MAY, by=None, now=NOW)
    assert history(user) == [("甲", "applicant", MAY), ("甲", "activist", None)]


def test_a_change_on_the_first_day_corrects_the_row(user: User) -> None:
    memberships.change_status(user=user, person_status=PersonStatus.FULL, on=MARCH, by=None, now=NOW)
    assert history(user) == [("甲", "full", None)]


def test_the_same_again_changes_nothing(user: User) -> None:
    current = Membership.objects.get(user=user)
    memberships.transfer(user=user, unit=current.unit, on=MAY, by=None, now=NOW)
    memberships.change_status(user=user, person_status="applicant", on=MAY, by=None, now=NOW)
    assert history(user) == [("甲", "applicant", None)]


def test_nothing_takes_effect_before_what_stands(user: User) -> None:
    with pytest.raises(BadDate):
        memberships.transfer(user=user, unit=make_unit(), on=date(2026, 2, 1), by=None, now=NOW)
    with pytest.raises(BadDate):
        memberships.leave(user=user, on=MARCH, by=None, now=NOW)


def test_nobody_joins_twice_or_changes_without_standing(user: User) -> None:
    with pytest.raises(OrganisationError):
        memberships.join(user=user, unit=make_unit(), person_status="full", on=MAY, by=None, now=NOW)
    memberships.leave(user=user, on=MAY, by=None, now=NOW)
    with pytest.raises(OrganisationError):
        memberships.change_status(user=user, person_status="full", on=MAY, by=None, now=NOW)


def test_who_left_may_come_back_but_not_before_leaving(user: User) -> None:
    memberships.leave(user=user, on=MAY, by=None, now=NOW)
    with pytest.raises(BadDate):
        memberships.join(user=user, unit=make_unit(), person_status="full", on=MARCH, by=None, now=NOW)
    memberships.join(user=user, unit=make_unit(name="乙"), person_status="full", on=MAY, by=None, now=NOW)
    assert history(user) == [("甲", "applicant", MAY), ("乙", "full", None)]


def test_a_closed_unit_takes_nobody_in(user: User) -> None:
    closed = make_unit()
    closed.closed_date = MAY
    closed.save()
    with pytest.raises(BadPlace):
        memberships.transfer(user=user, unit=closed, on=MAY, by=None, now=NOW)
    assert history(user) == [("甲", "applicant", None)]
