"""Rights are given along the matrix and never upwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override

from learning.organisation.errors import BadPlace, LastAdministrator, NotAllowed, OrganisationError
from learning.organisation.matrix_page import ACTION_NAMES, matrix_page
from learning.organisation.models import AuditEntry, Role, RoleAssignment, User
from learning.organisation.permissions import Action, may, outranked, people_allowing, scopes
from learning.organisation.services import roles
from tests.factories import make_unit, make_user

NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)


@pytest.mark.django_db
def test_a_role_holds_for_the_unit_and_below_only() -> None:
    root = make_unit()
    here, there = make_unit(root), make_unit(root)
    office = make_user(roles=[(Role.SCHOOL_OFFICE, here)])
    assert may(office, Action.MEMBER_MANAGE, here)
    assert not may(office, Action.MEMBER_MANAGE, there)
    assert not may(office, Action.MEMBER_MANAGE, root)


@pytest.mark.django_db
def test_an_ended_role_gives_nothing_from_that_day_on() -> None:
    unit = make_unit()
    user = make_user(roles=[(Role.TEACHER, unit)])
    RoleAssignment.objects.update(to_date=timezone.localdate())
    assert scopes(user, Action.BANK_EDIT) == []


@pytest.mark.django_db
def test_only_who_may_grant_grants() -> None:
    root = make_unit()
    office, person = make_user(roles=[(Role.SCHOOL_OFFICE, root)]), make_user(unit=root)
    with pytest.raises(NotAllowed):
        roles.grant_role(user=person, role=Role.TEACHER, unit=root, by=office, now=NOW)
    assert not RoleAssignment.objects.filter(user=person).exists()


@pytest.mark.django_db
def test_the_administrator_makes_another_and_wagtail_knows() -> None:
    root = make_unit()
    first, second = make_user(roles=[(Role.ADMINISTRATOR, root)]), make_user(unit=root)
    made = roles.grant_role(user=second, role=Role.ADMINISTRATOR, unit=root, by=first, now=NOW)
    assert User.objects.get(pk=second.pk).is_superuser
    roles.revoke_role(assignment=made, by=first, now=NOW)
    assert not User.objects.get(pk=second.pk).is_superuser
    actions = (
        AuditEntry.objects.filter(object_id=str(second.pk)).order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["role.granted", "role.revoked"]


@pytest.mark.django_db
def test_the_last_administrator_stays() -> None:
    root = make_unit()
    only = make_user(roles=[(Role.ADMINISTRATOR, root)])
    with pytest.raises(LastAdministrator):
        roles.revoke_role(assignment=only.role_assignments.get(), by=only, now=NOW)
    assert User.objects.get(pk=only.pk).is_superuser


@pytest.mark.django_db
def test_what_was_asked_before_a_role_came_or_went_is_forgotten() -> None:
    root = make_unit()
    user = make_user()
    now = timezone.now()
    assert not may(user, Action.EXAM_BUILD, root)
    held = roles.grant_role(user=user, role=Role.SCHOOL_OFFICE, unit=root, by=None, now=now)
    assert may(user, Action.EXAM_BUILD, root)
    held.user = user
    roles.revoke_role(assignment=held, by=None, now=now)
    assert not may(user, Action.EXAM_BUILD, root)


@pytest.mark.django_db
def test_a_second_grant_of_a_standing_role_is_the_first() -> None:
    root, person = make_unit(), make_user()
    one = roles.grant_role(user=person, role=Role.AUTHOR, unit=root, by=None, now=NOW)
    assert roles.grant_role(user=person, role=Role.AUTHOR, unit=root, by=None, now=NOW) == one


@pytest.mark.django_db
def test_administrators_stand_at_the_top_without_an_end_and_membership_is_no_grant() -> None:
    root = make_unit()
    person, below = make_user(), make_unit(root)
    with pytest.raises(BadPlace):
        roles.grant_role(user=person, role=Role.ADMINISTRATOR, unit=below, by=None, now=NOW)
    with pytest.raises(OrganisationError):
        roles.grant_role(
            user=person, role=Role.ADMINISTRATOR, unit=root, to_date=date(2027, 1, 1), by=None, now=NOW
        )
    with pytest.raises(OrganisationError):
        roles.grant_role(user=person, role=Role.MEMBER, unit=root, by=None, now=NOW)


@pytest.mark.django_db
def test_somebody_is_outranked_by_any_right_they_lack_there() -> None:
    root = make_unit()
    here = make_unit(root)
    office = make_user(roles=[(Role.SCHOOL_OFFICE, here)])
    member, teacher = make_user(unit=here), make_user(unit=here, roles=[(Role.TEACHER, here)])
    auditor, wider = make_user(roles=[(Role.AUDITOR, here)]), make_user(roles=[(Role.TEACHER, root)])
    administrator = make_user(roles=[(Role.ADMINISTRATOR, root)])
    everybody = [member, teacher, auditor, wider, administrator]
    assert outranked(office, everybody) == {auditor.pk, wider.pk, administrator.pk}
    assert outranked(administrator, everybody) == set()


@pytest.mark.django_db
def test_people_are_seen_by_membership_of_today() -> None:
    root = make_unit()
    here, there = make_unit(root), make_unit(root)
    office = make_user(unit=here, roles=[(Role.SCHOOL_OFFICE, here)])
    mine, foreign = make_user(unit=here), make_user(unit=there)
    found = set(people_allowing(office, Action.MEMBER_VIEW))
    assert found == {office, mine}
    assert not people_allowing(foreign, Action.MEMBER_VIEW).exists()


def test_every_action_has_a_name_and_the_page_is_the_matrix() -> None:
    assert set(ACTION_NAMES) == set(Action)
    page = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"
    with override("zh-hans"):
        assert page.read_text() == matrix_page(), "run: manage.py permission_matrix > docs/permissions.md"


@pytest.mark.django_db
def test_the_first_person_stays_superuser_whatever_other_role_they_take_or_lose() -> None:
    root = make_unit()
    first = User.objects.create_superuser("admin", "系统管理员", "secret-pass")
    made = roles.grant_role(user=first, role=Role.SCHOOL_OFFICE, unit=root, by=first, now=NOW)
    assert User.objects.get(pk=first.pk).is_superuser
    roles.revoke_role(assignment=made, by=first, now=NOW)
    assert User.objects.get(pk=first.pk).is_superuser


@pytest.mark.django_db
def test_revoking_the_administrator_s_role_ends_the_first_person_s_rights_too() -> None:
    root = make_unit()
    first = User.objects.create_superuser("admin", "系统管理员", "secret-pass")
    other = make_user(roles=[(Role.ADMINISTRATOR, root)])
    made = roles.grant_role(user=first, role=Role.ADMINISTRATOR, unit=root, by=first, now=NOW)
    assert User.objects.get(pk=first.pk).is_superuser
    roles.revoke_role(assignment=made, by=other, now=NOW)
    assert not User.objects.get(pk=first.pk).is_superuser
