"""Admitting a teaching group to an exam, and leaving out who has left it."""

from __future__ import annotations

from typing import Any

import pytest

from learning.organisation.models import AuditEntry, TeachingGroup, Unit, User
from learning.organisation.services.groups import keep_member, remove_member
from question_bank.exams.candidates import admit_group, admit_units, admit_users, leave_out
from question_bank.exams.models import Attempt, Candidate, Exam, ExamGroup
from tests.factories import NOW, make_attempt, make_exam, make_group, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def exam(unit: Unit) -> Exam:
    return make_exam(unit=unit)


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


@pytest.fixture
def group(member: User) -> TeachingGroup:
    return make_group(member)


def admit(exam: Exam, group: TeachingGroup) -> list[User]:
    return admit_group(exam_id=exam.pk, group=group, by=None, now=NOW)


def gone(exam: Exam, group: TeachingGroup, user: User) -> int:
    """The person leaves the group, and then what they had by it."""
    remove_member(group=group, user=user, now=NOW)
    return leave_out(exam_id=exam.pk, group=group, users=[user], by=None, now=NOW)


def test_group_brings_its_current_members_with_their_units(exam: Exam, unit: Unit, member: User) -> None:
    left, homeless = make_user(unit=unit), make_user()
    group = make_group(member, left, homeless)
    remove_member(group=group, user=left, now=NOW)
    assert admit(exam, group) == [homeless]
    candidate = Candidate.objects.get()
    assert (candidate.user, candidate.unit, candidate.group) == (member, unit, group)
    assert ExamGroup.objects.get().group == group
    entry = AuditEntry.objects.get(action="exam.admit_group")
    assert entry.data == {"group": group.title, "admitted": 1}


def test_admitting_the_group_again_brings_whoever_has_come_since(
    exam: Exam, group: TeachingGroup, unit: Unit
) -> None:
    admit(exam, group)
    keep_member(group=group, user=make_user(unit=unit), now=NOW)
    admit(exam, group)
    admit(exam, group)
    assert Candidate.objects.count() == 2
    assert ExamGroup.objects.count() == 1
    assert AuditEntry.objects.filter(action="exam.admit_group").count() == 2


def test_who_leaves_the_group_is_left_out(exam: Exam, group: TeachingGroup, member: User) -> None:
    admit(exam, group)
    assert gone(exam, group, member) == 1
    assert not Candidate.objects.exists()
    assert AuditEntry.objects.get(action="exam.leave_out").data == {"group": group.title, "removed": 1}
    assert gone(exam, group, member) == 0


def test_who_is_still_in_the_group_is_never_left_out(exam: Exam, group: TeachingGroup, member: User) -> None:
    admit(exam, group)
    assert leave_out(exam_id=exam.pk, group=group, users=[member], by=None, now=NOW) == 0
    assert Candidate.objects.exists()


def test_who_has_begun_stays(exam: Exam, group: TeachingGroup, member: User) -> None:
    admit(exam, group)
    make_attempt(exam, member)
    assert gone(exam, group, member) == 0
    assert Attempt.objects.get().candidate == Candidate.objects.get()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", ["unit", "person", "plan"])
def test_who_was_admitted_by_anybody_else_too_stays(
    exam: Exam, group: TeachingGroup, unit: Unit, member: User, how: str, first: bool
) -> None:
    if first:
        admit(exam, group)
    if how == "unit":
        admit_units(exam_id=exam.pk, units=[unit], person_statuses=[], by=None, now=NOW)
    else:
        by = make_user() if how == "person" else None
        admit_users(exam_id=exam.pk, users=[member], by=by, now=NOW)
    if not first:
        admit(exam, group)
    assert gone(exam, group, member) == 0
    assert Candidate.objects.get().group is None


@pytest.mark.parametrize("change", [{"state": "exempt", "reason": "病假"}, {"extra_percent": 20}])
def test_whom_an_organiser_has_dealt_with_stays(
    exam: Exam, group: TeachingGroup, member: User, change: dict[str, Any]
) -> None:
    admit(exam, group)
    Candidate.objects.update(**change)
    assert gone(exam, group, member) == 0


def test_who_is_in_another_group_of_the_exam_stays_with_that_one(
    exam: Exam, group: TeachingGroup, member: User
) -> None:
    second = make_group(member)
    elsewhere = make_group(member)
    admit(make_exam(), elsewhere)
    admit(exam, group)
    admit(exam, second)
    candidates = exam.candidates
    assert gone(exam, group, member) == 0
    assert candidates.get().group == second
    assert gone(exam, second, member) == 1
    assert not candidates.exists()


def test_single_person_may_come_with_the_group(exam: Exam, group: TeachingGroup, member: User) -> None:
    admit_users(exam_id=exam.pk, users=[member], by=None, now=NOW, group=group)
    assert Candidate.objects.get().group == group
    assert gone(exam, group, member) == 1


def test_disabled_people_are_not_admitted(exam: Exam, group: TeachingGroup, member: User) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert admit(exam, group) == []
    assert not Candidate.objects.exists()


def test_admitting_costs_the_same_queries_for_two_and_for_twenty(
    exam: Exam, unit: Unit, django_assert_max_num_queries: Any
) -> None:
    for n in (2, 20):
        group = make_group(*(make_user(unit=unit) for _ in range(n)))
        with django_assert_max_num_queries(15):  # one tells search that a group sits the exam
            admit(exam, group)
        people = [row.user for row in group.members.select_related("user")]
        group.members.update(removed_at=NOW)
        with django_assert_max_num_queries(14):
            assert leave_out(exam_id=exam.pk, group=group, users=people, by=None, now=NOW) == n
