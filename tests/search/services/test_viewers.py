"""Which keys a person holds, and what asking for them costs. That they say the live rules: sources/test_audiences.py."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from learning.organisation.models import GroupStaff, Role, User
from learning.study.models import Activity
from learning.study.services.enrolling import enrol
from question_bank.exams.models import Exam
from question_bank.questions.models import BankShare
from search.services.viewers import EVERYTHING, viewer_of
from tests.factories import (
    NOW,
    make_bank,
    make_candidate,
    make_exam,
    make_group,
    make_membership,
    make_unit,
    make_user,
)
from tests.learning.study.factories import make_course

pytestmark = pytest.mark.django_db


def keys(user: User) -> frozenset[str]:
    viewer = viewer_of(User.objects.get(pk=user.pk), now=NOW)
    assert viewer.keys is not None
    return viewer.keys


def test_member_holds_the_units_above_with_status_what_is_studied_and_sat(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    root = make_unit()
    unit = make_unit(root)
    user = make_user()
    make_membership(user, unit, status="applicant")
    course = make_course(make_unit())
    enrol(activity=course, users=[user], source="class", now=NOW)
    exam = make_exam(candidates=[user], kinds=())
    fresh = User.objects.get(pk=user.pk)
    with django_assert_num_queries(6):  # roles, membership, units, closure, enrolments, exams
        viewer = viewer_of(fresh, now=NOW)
    assert viewer.keys == {
        *(f"u{root.pk}", f"u{unit.pk}", f"u{root.pk}sapplicant", f"u{unit.pk}sapplicant"),
        *(f"t{root.pk}", f"t{unit.pk}"),
        *(f"c{course.pk}", f"e{exam.pk}"),
    }
    Activity.objects.update(is_open=False)
    Exam.objects.update(state=Exam.State.WITHDRAWN)
    assert not {f"c{course.pk}", f"e{exam.pk}"} & keys(user)


def test_organiser_holds_scopes_banks_and_watched_exams_in_seven_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    root = make_unit()
    here, there = make_unit(root), make_unit(root)
    user = make_user(unit=here, roles=[(Role.SCHOOL_OFFICE, here)])
    own, shared, foreign = make_bank(here), make_bank(there), make_bank(there)
    BankShare.objects.create(bank=shared, unit=root)
    watched, drafted = (make_exam(unit=there, bank=foreign, kinds=()) for _ in range(2))
    for exam in (watched, drafted):
        make_candidate(exam, make_user(unit=here))
    Exam.objects.filter(pk=drafted.pk).update(state=Exam.State.DRAFT)
    make_exam(unit=here, bank=own, kinds=(), candidates=[make_user(unit=here)])
    fresh = User.objects.get(pk=user.pk)
    with django_assert_max_num_queries(7):
        viewer = viewer_of(fresh, now=NOW)
    assert viewer.keys is not None
    own_units = {
        f"u{root.pk}",
        f"u{here.pk}",
        f"u{root.pk}sfull",
        f"u{here.pk}sfull",
        f"t{root.pk}",
        f"t{here.pk}",
    }
    assert viewer.keys - own_units == {
        *(f"cv{here.pk}", f"ev{here.pk}", f"mv{here.pk}"),
        *(f"b{own.pk}", f"b{shared.pk}"),
        f"e{watched.pk}",
    }


def test_teacher_of_a_group_holds_it_in_a_launched_session_and_no_role() -> None:
    root = make_unit()
    user = make_user(roles=[(Role.ADMINISTRATOR, root), (Role.SCHOOL_OFFICE, root)])
    group = make_group()
    GroupStaff.objects.create(group=group, user=user, role="teacher", since=NOW)
    assert viewer_of(User.objects.get(pk=user.pk), now=NOW).keys is None
    launched = User.objects.get(pk=user.pk)
    launched.launched = True
    assert viewer_of(launched, now=NOW).keys == {f"g{group.pk}"}


def test_administrator_finds_everything_without_asking(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user(roles=[(Role.ADMINISTRATOR, make_unit())])
    with django_assert_num_queries(0):
        assert viewer_of(user, now=NOW).keys is None
    assert EVERYTHING.user is None
    assert EVERYTHING.keys is None
