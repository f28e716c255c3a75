"""Teaching groups under a race: a launch and a roster keep the same person at once; who begins an exam is not left out of
it in the same moment. PostgreSQL, each side on its own connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection

from learning.organisation.models import GroupMember, GroupRole, GroupStaff, TeachingGroup, User
from learning.organisation.services import groups
from question_bank.exams.candidates import admit_group, leave_out
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.taking import start
from tests.factories import NOW, make_exam, make_group, make_unit, make_user

from .test_exam_races import PATIENCE_S, run, stopping_before, wait_until_somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TRIES = 6


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(TRIES) as threads:
        yield threads


@pytest.fixture
def member() -> User:
    return make_user(unit=make_unit())


def at_once(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> list[Any]:
    """What each of TRIES calls at the same moment returns or raises."""
    barrier = Barrier(TRIES)

    def one() -> Any:
        barrier.wait(PATIENCE_S)
        try:
            return act()
        except IntegrityError as error:
            return error

    return [future.result(PATIENCE_S) for future in [run(pool, one) for _ in range(TRIES)]]


def test_member_kept_many_times_at_once_is_one_row(pool: ThreadPoolExecutor, member: User) -> None:
    group, other = make_group(), make_user()
    people = [member, other]
    answers = at_once(pool, lambda: groups.keep_members(group=group, users=people, now=NOW))
    assert not [answer for answer in answers if isinstance(answer, IntegrityError)]
    assert set(GroupMember.objects.values_list("user", flat=True)) == {member.pk, other.pk}
    assert GroupMember.objects.count() == 2


@pytest.mark.parametrize("role_before", [None, GroupRole.ASSISTANT])
def test_teacher_kept_many_times_at_once_is_one_row(
    pool: ThreadPoolExecutor, member: User, role_before: GroupRole | None
) -> None:
    group = make_group()
    if role_before:
        groups.keep_staff(group=group, user=member, role=role_before, now=NOW)

    def keep() -> GroupStaff:
        return groups.keep_staff(group=group, user=member, role=GroupRole.TEACHER, now=NOW)

    answers = at_once(pool, keep)
    current = GroupStaff.objects.get(removed_at=None)
    assert current.role == GroupRole.TEACHER
    assert {answer.pk for answer in answers} == {current.pk}
    assert GroupStaff.objects.count() == (2 if role_before else 1)


def test_control_without_giving_way_to_the_unique_row_all_but_one_fail(
    pool: ThreadPoolExecutor, member: User
) -> None:
    group = make_group()
    looked = Barrier(TRIES)

    def keep() -> None:
        assert not GroupMember.objects.filter(group=group, user=member, removed_at=None).exists()
        looked.wait(PATIENCE_S)
        GroupMember.objects.create(group=group, user=member, since=NOW)

    answers = at_once(pool, keep)
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == TRIES - 1


@pytest.fixture
def exam(member: User) -> Exam:
    return make_exam()


@pytest.fixture
def group(exam: Exam, member: User) -> TeachingGroup:
    """Its one member is admitted with it, and has just left it."""
    made = make_group(member)
    admit_group(exam_id=exam.pk, group=made, by=None, now=NOW)
    groups.remove_member(group=made, user=member, now=NOW)
    return made


def test_who_is_about_to_begin_is_waited_for_and_stays(
    exam: Exam, group: TeachingGroup, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stopping_before(monkeypatch, start, "_write") as (arrived, go):
        begun = run(pool, lambda: start.start_attempt(exam_id=exam.pk, user=member, password="", now=NOW))
        assert arrived.wait(PATIENCE_S)
        left = run(pool, lambda: leave_out(exam_id=exam.pk, group=group, users=[member], by=None, now=NOW))
        wait_until_somebody_waits_for_a_lock()
        go.set()
        assert begun.result(PATIENCE_S).created
        assert left.result(PATIENCE_S) == 0
    assert Attempt.objects.get().candidate == Candidate.objects.get()


def test_control_without_sharing_the_candidate_the_start_is_lost(
    exam: Exam, group: TeachingGroup, member: User, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "lock", lambda words: "")
    with stopping_before(monkeypatch, start, "_write") as (arrived, go):
        begun = run(pool, lambda: start.start_attempt(exam_id=exam.pk, user=member, password="", now=NOW))
        assert arrived.wait(PATIENCE_S)
        assert leave_out(exam_id=exam.pk, group=group, users=[member], by=None, now=NOW) == 1
        go.set()
        assert begun.exception(PATIENCE_S) is not None
    assert not Attempt.objects.exists()
    assert not Candidate.objects.exists()
    connection.close()
