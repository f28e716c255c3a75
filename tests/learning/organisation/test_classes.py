"""Training classes: their states, who is admitted with which snapshot, who leaves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from learning.organisation.errors import BadDate, ClassNotOpen, OrganisationError
from learning.organisation.models import AuditEntry, ClassMember, PersonStatus, TrainingClass, Unit, User
from learning.organisation.services import classes, memberships
from learning.organisation.signals import class_joined
from tests.factories import NOW, make_class, make_membership, make_unit, make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)


@pytest.fixture
def committee() -> Unit:
    return make_unit()


@pytest.fixture
def office() -> User:
    return make_user()


@pytest.fixture
def joined() -> object:
    """What the signal told: (class, user ids) each time."""
    told: list[tuple[TrainingClass, list[int]]] = []

    def hear(sender: object, training_class: TrainingClass, user_ids: list[int], **_more: object) -> None:
        told.append((training_class, user_ids))

    class_joined.connect(hear)
    yield told
    class_joined.disconnect(hear)


def test_class_is_made_as_a_draft_and_its_code_is_its_own(committee: Unit, office: User) -> None:
    dates = {"from_date": TODAY, "to_date": TODAY + timedelta(days=30), "owner_unit": committee}
    made = classes.create_class(name="第一期", code="2026-1", by=office, now=NOW, **dates)
    assert made.state == TrainingClass.State.DRAFT
    assert AuditEntry.objects.get(action="class.create").object_id == str(made.pk)
    with pytest.raises(OrganisationError, match="2026-1"):
        classes.create_class(name="又一期", code="2026-1", by=office, now=NOW, **dates)
    with pytest.raises(BadDate):
        classes.change_class(
            class_id=made.pk, fields={"to_date": TODAY - timedelta(days=1)}, by=office, now=NOW
        )


def test_change_writes_what_was_and_what_is_and_nothing_for_the_same(committee: Unit, office: User) -> None:
    made = make_class(committee, name="旧名")
    classes.change_class(class_id=made.pk, fields={"name": "新名", "code": made.code}, by=office, now=NOW)
    classes.change_class(class_id=made.pk, fields={"name": "新名"}, by=office, now=NOW)
    entry = AuditEntry.objects.get(action="class.change")
    assert entry.data == {"name": ["旧名", "新名"]}


def test_units_bring_their_members_of_the_statuses_with_unit_and_status_of_that_day(
    committee: Unit, office: User
) -> None:
    branch = make_unit(committee)
    full, activist = make_user(unit=branch), make_user()
    make_membership(activist, branch, status=PersonStatus.ACTIVIST)
    make_user(unit=make_unit())
    make_user(unit=branch, is_active=False)
    made = make_class(committee)
    few = classes.admit_units(
        class_id=made.pk, units=[committee], person_statuses=["activist"], by=office, now=NOW
    )
    assert few == 1
    both = [committee, branch]
    assert classes.admit_units(class_id=made.pk, units=both, person_statuses=[], by=office, now=NOW) == 1
    member = ClassMember.objects.get(user=activist)
    assert member.unit_ancestors == [branch.key, committee.key]
    assert member.person_status == PersonStatus.ACTIVIST
    memberships.transfer(user=full, unit=make_unit(committee), on=TODAY, by=office, now=NOW)
    assert ClassMember.objects.get(user=full).unit == branch


def test_people_without_a_unit_are_left_out_and_nobody_is_admitted_twice(
    committee: Unit, office: User
) -> None:
    inside, homeless = make_user(unit=committee), make_user()
    made = make_class(committee)
    assert classes.admit_users(class_id=made.pk, users=[inside, homeless], by=office, now=NOW) == 1
    assert classes.admit_users(class_id=made.pk, users=[inside], by=office, now=NOW) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        ClassMember.objects.create(
            training_class=made, user=inside, unit=committee, person_status="full", admitted_at=NOW
        )


def test_joining_is_told_at_the_start_and_then_for_each_admission(
    committee: Unit, office: User, joined: list[tuple[TrainingClass, list[int]]]
) -> None:
    first, second = make_user(unit=committee), make_user(unit=committee)
    made = make_class(committee, state=TrainingClass.State.DRAFT)
    classes.admit_users(class_id=made.pk, users=[first], by=office, now=NOW)
    assert joined == []
    classes.start_class(class_id=made.pk, by=office, now=NOW)
    classes.admit_users(class_id=made.pk, users=[first, second], by=office, now=NOW)
    assert [ids for _class, ids in joined] == [[first.pk], [second.pk]]
    with pytest.raises(ClassNotOpen):
        classes.start_class(class_id=made.pk, by=office, now=NOW)


def test_withdrawal_needs_a_reason_and_can_be_taken_back(committee: Unit, office: User) -> None:
    user = make_user(unit=committee)
    made = make_class(committee, members=[user])
    member = made.members.get()
    with pytest.raises(OrganisationError, match="原因"):
        classes.withdraw(member_id=member.pk, reason=" ", by=office, now=NOW)
    gone = classes.withdraw(member_id=member.pk, reason="病假", by=office, now=NOW)
    assert gone.left_at == NOW
    assert not TrainingClass.objects.of_member(user).exists()
    with pytest.raises(OrganisationError, match="变化"):
        classes.withdraw(member_id=member.pk, reason="病假", by=office, now=NOW)
    back = classes.take_back(member_id=member.pk, reason="返校", by=office, now=NOW)
    assert back.left_at is None
    assert TrainingClass.objects.of_member(user).get() == made
    assert AuditEntry.objects.filter(action="class.member").count() == 2


def test_closing_decides_every_active_member_and_then_nothing_changes(committee: Unit, office: User) -> None:
    good, bad = make_user(unit=committee), make_user(unit=committee)
    made = make_class(committee, members=[good, bad])
    one, two = made.members.get(user=good), made.members.get(user=bad)
    with pytest.raises(OrganisationError, match="变化"):
        classes.close_class(class_id=made.pk, graduates=[one.pk], others=[], by=office, now=NOW)
    classes.close_class(class_id=made.pk, graduates=[one.pk], others=[two.pk], by=office, now=NOW)
    states = dict(made.members.values_list("user", "state"))
    assert states == {good.pk: "graduated", bad.pk: "failed"}
    assert TrainingClass.objects.of_member(bad).exists()
    for act in (
        lambda: classes.close_class(class_id=made.pk, graduates=[], others=[], by=office, now=NOW),
        lambda: classes.admit_users(class_id=made.pk, users=[make_user(unit=committee)], by=office, now=NOW),
        lambda: classes.change_class(class_id=made.pk, fields={"name": "x"}, by=office, now=NOW),
        lambda: classes.withdraw(member_id=one.pk, reason="x", by=office, now=NOW),
    ):
        with pytest.raises(ClassNotOpen):
            act()


def test_draft_is_not_shown_to_its_members(committee: Unit) -> None:
    user = make_user(unit=committee)
    make_class(committee, members=[user], state=TrainingClass.State.DRAFT)
    assert not TrainingClass.objects.of_member(user).exists()
