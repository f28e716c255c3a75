"""What teaching a group allows, and that a session opened by a campus platform carries no roles."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from learning.organisation.models import GroupRole, Role, User
from learning.organisation.permissions import (
    GROUP_MATRIX,
    Action,
    groups_allowing,
    may,
    outranked,
    people_allowing,
    roles_held,
    scopes,
)
from learning.organisation.services.groups import keep_staff, remove_staff
from tests.factories import NOW, make_group, make_unit, make_user
from tests.launching import allow_launching, launched

pytestmark = pytest.mark.django_db
EXAM_WIDE = {
    Action.EXAM_BUILD,
    Action.EXAM_PUBLISH,
    Action.EXAM_ADJUST,
    Action.EXAM_RELEASE,
    Action.ADMIN_ENTER,
    Action.BANK_VIEW,
    Action.MEMBER_MANAGE,
}


@pytest.fixture
def launching(settings: Any) -> None:
    allow_launching(settings)


def make_administrator() -> User:
    return make_user(roles=[(Role.ADMINISTRATOR, make_unit())])


def test_no_act_on_the_whole_stands_in_the_table_of_groups() -> None:
    for allowed in GROUP_MATRIX.values():
        assert not allowed & EXAM_WIDE
    assert GROUP_MATRIX[GroupRole.ASSISTANT] < GROUP_MATRIX[GroupRole.TEACHER]
    assert Action.MEMBER_VIEW not in GROUP_MATRIX[GroupRole.ASSISTANT]


def test_teacher_and_assistant_have_what_the_table_says_in_their_own_groups() -> None:
    one, other, third = make_group(), make_group(), make_group()
    user = make_user()
    keep_staff(group=one, user=user, role=GroupRole.TEACHER, now=NOW)
    keep_staff(group=other, user=user, role=GroupRole.ASSISTANT, now=NOW)
    assert sorted(groups_allowing(user, Action.EXAM_MARK)) == [one.pk, other.pk]
    assert groups_allowing(user, Action.REPORT_VIEW) == [one.pk]
    assert groups_allowing(user, Action.EXAM_BUILD) == []
    assert third.pk not in groups_allowing(user, Action.EXAM_VIEW)


def test_teaching_a_group_is_no_scope_over_units_and_people() -> None:
    unit = make_unit()
    user = make_user(unit=unit)
    keep_staff(group=make_group(make_user(unit=unit)), user=user, role=GroupRole.TEACHER, now=NOW)
    assert not any(may(user, action) for action in Action)
    assert not people_allowing(user, Action.MEMBER_VIEW).exists()


def test_who_has_ceased_to_teach_has_nothing_left() -> None:
    group, user = make_group(), make_user()
    keep_staff(group=group, user=user, role=GroupRole.TEACHER, now=NOW)
    assert groups_allowing(user, Action.EXAM_VIEW) == [group.pk]
    remove_staff(group=group, user=user, now=NOW)
    assert groups_allowing(user, Action.EXAM_VIEW) == []
    assert groups_allowing(User.objects.get(pk=user.pk), Action.EXAM_VIEW) == []


def test_disabled_person_teaches_nobody() -> None:
    group, user = make_group(), make_user(is_active=False)
    keep_staff(group=group, user=user, role=GroupRole.TEACHER, now=NOW)
    assert groups_allowing(user, Action.EXAM_VIEW) == []


def test_roles_and_groups_are_found_by_one_query(django_assert_num_queries: Any) -> None:
    unit = make_unit()
    user = make_user(roles=[(Role.TEACHER, unit), (Role.AUDITOR, unit)])
    keep_staff(group=make_group(), user=user, role=GroupRole.TEACHER, now=NOW)
    person = User.objects.get(pk=user.pk)
    with django_assert_num_queries(1):
        assert groups_allowing(person, Action.EXAM_VIEW)
        assert scopes(person, Action.EXAM_VIEW) == [unit.path]
        assert not groups_allowing(person, Action.EXAM_BUILD)
        assert {role for role, _path in roles_held(person, day=timezone.localdate())} == {
            Role.TEACHER,
            Role.AUDITOR,
        }


def test_launched_session_has_no_roles_not_even_a_superusers() -> None:
    superuser, office = make_administrator(), make_user(roles=[(Role.SCHOOL_OFFICE, make_unit())])
    for user in (superuser, office):
        assert may(user, Action.EXAM_VIEW)
        person = User.objects.get(pk=user.pk)
        person.launched = True
        assert not any(scopes(person, action) for action in Action)
        assert not person.has_perm("wagtailadmin.access_admin")
        assert not person.has_perm("exams.change_exam")
        assert not person.has_module_perms("exams")
        assert outranked(person, [superuser, office]) == {superuser.pk, office.pk}


def test_launched_session_keeps_what_its_groups_allow() -> None:
    group, user = make_group(), make_administrator()
    keep_staff(group=group, user=user, role=GroupRole.ASSISTANT, now=NOW)
    user.launched = True
    assert groups_allowing(user, Action.EXAM_MARK) == [group.pk]


@pytest.mark.usefixtures("launching")
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/exams/",
        "/admin/reports/",
        "/admin/users/",
        "/admin/login/",
        "/admin/nowhere/",
        "/documents/1/a.pdf",
    ],
)
def test_admin_and_its_documents_do_not_exist_in_a_launched_session(path: str) -> None:
    administrator = make_administrator()
    assert launched(administrator).get(path).status_code == 404


@pytest.mark.usefixtures("launching")
def test_administrators_own_session_still_opens_the_admin() -> None:
    administrator = make_administrator()
    client = Client()
    client.force_login(administrator, "learning.organisation.backends.NumberBackend")
    assert client.get("/admin/").status_code == 200
    assert User.objects.get(pk=administrator.pk).is_superuser


@pytest.mark.usefixtures("launching")
def test_launched_session_is_not_asked_for_a_new_password() -> None:
    user = make_user(must_change_password=True)
    assert launched(user).get(reverse("exam_list")).status_code == 200
    client = Client()
    client.force_login(user, "learning.organisation.backends.NumberBackend")
    assert client.get(reverse("exam_list")).status_code == 302


def test_request_user_and_the_person_behind_share_what_was_found(django_assert_num_queries: Any) -> None:
    user = make_user()
    keep_staff(group=make_group(), user=user, role=GroupRole.TEACHER, now=NOW)
    request = HttpRequest()
    request.user = SimpleLazyObject(lambda: User.objects.get(pk=user.pk))  # type: ignore[assignment]
    with django_assert_num_queries(2):
        assert groups_allowing(request.user, Action.EXAM_VIEW)  # type: ignore[arg-type]
        assert scopes(request.user, Action.EXAM_VIEW) == []  # type: ignore[arg-type]
