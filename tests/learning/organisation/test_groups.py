"""Teaching groups: who is in them and teaches them, kept by calls that may come again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from learning.organisation.exports import record_of
from learning.organisation.models import GroupMember, GroupRole, GroupStaff
from learning.organisation.services import groups
from tests.factories import NOW, make_group, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def test_member_is_kept_once_however_often_it_is_said() -> None:
    group, user = make_group(), make_user()
    assert groups.keep_member(group=group, user=user, now=NOW)
    assert not groups.keep_member(group=group, user=user, now=LATER)
    assert GroupMember.objects.get().since == NOW


def test_who_leaves_and_comes_back_has_both_periods() -> None:
    user = make_user()
    group = make_group(user)
    assert groups.remove_member(group=group, user=user, now=LATER)
    assert not groups.remove_member(group=group, user=user, now=LATER)
    groups.keep_member(group=group, user=user.pk, now=LATER)
    assert list(GroupMember.objects.order_by("pk").values_list("since", "removed_at")) == [
        (NOW, LATER),
        (LATER, None),
    ]


def test_roster_is_kept_and_left_without_a_query_for_each(django_assert_num_queries: object) -> None:
    group, people = make_group(), [make_user() for _ in range(5)]
    groups.keep_members(group=group, users=people[:2], now=NOW)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert groups.keep_members(group=group, users=[*people, people[0].pk], now=LATER) == 3
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert groups.remove_members(group=group, users=people[1:], now=LATER) == 4
    assert GroupMember.objects.filter(removed_at=None).get().user == people[0]


def test_membership_never_ends_before_it_began() -> None:
    group, user = make_group(), make_user()
    groups.keep_member(group=group, user=user, now=LATER)
    groups.remove_member(group=group, user=user, now=NOW)
    assert GroupMember.objects.get().removed_at == LATER


def test_other_groups_and_people_stay_as_they_are() -> None:
    user, other = make_user(), make_user()
    group, second = make_group(user, other), make_group(user)
    groups.remove_member(group=group, user=user, now=LATER)
    rows = GroupMember.objects.filter(removed_at=None)
    assert set(rows.values_list("group", "user")) == {(group.pk, other.pk), (second.pk, user.pk)}


def test_change_of_role_ends_one_row_and_begins_another() -> None:
    group, user = make_group(), make_user()
    groups.keep_staff(group=group, user=user, role=GroupRole.ASSISTANT, now=NOW)
    groups.keep_staff(group=group, user=user, role=GroupRole.ASSISTANT, now=LATER)
    now_teacher = groups.keep_staff(group=group, user=user, role=GroupRole.TEACHER, now=LATER)
    assert now_teacher.role == GroupRole.TEACHER
    assert list(GroupStaff.objects.order_by("pk").values_list("role", "removed_at")) == [
        ("assistant", LATER),
        ("teacher", None),
    ]
    assert groups.remove_staff(group=group, user=user, now=LATER)
    assert not groups.remove_staff(group=group, user=user, now=LATER)
    assert not GroupStaff.objects.filter(removed_at=None).exists()


def test_copy_of_ones_data_names_the_groups() -> None:
    user = make_user()
    group = make_group(user, title="本班")
    groups.remove_member(group=group, user=user, now=LATER)
    groups.keep_staff(group=make_group(title="邻班"), user=user, role=GroupRole.ASSISTANT, now=LATER)
    assert record_of(user)["teaching_groups"] == [
        {"group": "本班", "role": None, "since": NOW.isoformat(), "removed_at": LATER.isoformat()},
        {"group": "邻班", "role": "助教", "since": LATER.isoformat(), "removed_at": None},
    ]
