"""Admitting units and people: once, with a snapshot of unit and status; and the states of a candidate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.organisation.models import AuditEntry, Membership, PersonStatus, Unit, User
from question_bank.exams.candidates import admit_units, admit_users, remove_candidate, set_candidate_state
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import AdmissionRule, Candidate, Exam
from tests.factories import NOW, make_attempt, make_exam, make_membership, make_unit, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def committee() -> Unit:
    return make_unit()


@pytest.fixture
def branch(committee: Unit) -> Unit:
    return make_unit(committee)


@pytest.fixture
def exam(committee: Unit) -> Exam:
    return make_exam(unit=committee)


@pytest.fixture
def office() -> User:
    return make_user()


def test_unit_brings_the_members_of_all_units_below_it(
    exam: Exam, committee: Unit, branch: Unit, office: User
) -> None:
    inside, outside = make_user(unit=branch), make_user(unit=make_unit())
    assert admit_units(exam_id=exam.pk, units=[committee], person_statuses=[], by=office, now=NOW) == 1
    candidate = Candidate.objects.get()
    assert candidate.user == inside != outside
    assert candidate.unit == branch
    assert candidate.unit_ancestors == [branch.key, committee.key]
    assert candidate.person_status == PersonStatus.FULL
    assert AuditEntry.objects.get(action="exam.admit_units").data["admitted"] == 1


def test_admitting_again_adds_only_who_is_new_and_leaves_the_others_as_they_are(
    exam: Exam, committee: Unit, branch: Unit, office: User
) -> None:
    make_user(unit=branch)
    admit_units(exam_id=exam.pk, units=[committee, branch], person_statuses=[], by=office, now=NOW)
    Candidate.objects.update(state=Candidate.State.EXEMPT)
    make_user(unit=branch)
    later = NOW + timedelta(hours=1)
    assert admit_units(exam_id=exam.pk, units=[committee], person_statuses=[], by=office, now=later) == 1
    assert sorted(Candidate.objects.values_list("state", flat=True)) == ["eligible", "exempt"]
    assert AdmissionRule.objects.count() == 2


def test_only_the_person_statuses_asked_for_are_admitted(
    exam: Exam, committee: Unit, branch: Unit, office: User
) -> None:
    for status in PersonStatus.values:
        make_membership(make_user(), branch, status=status)
    wanted = [PersonStatus.ACTIVIST, PersonStatus.CANDIDATE]
    assert admit_units(exam_id=exam.pk, units=[committee], person_statuses=wanted, by=office, now=NOW) == 2


def test_those_who_left_before_today_are_not_admitted(exam: Exam, branch: Unit, office: User) -> None:
    make_user(unit=branch)
    Membership.objects.update(to_date=NOW.date())
    assert admit_units(exam_id=exam.pk, units=[branch], person_statuses=[], by=office, now=NOW) == 0


@pytest.mark.parametrize("people", [2, 40])
def test_admitting_costs_the_same_queries_for_few_and_many(
    exam: Exam, branch: Unit, office: User, people: int
) -> None:
    for _ in range(people):
        make_user(unit=branch)
    with CaptureQueriesContext(connection) as caught:
        admit_units(exam_id=exam.pk, units=[branch], person_statuses=[], by=office, now=NOW)
    assert len(caught) <= 16


def test_person_without_a_unit_is_handed_back(exam: Exam, branch: Unit, office: User) -> None:
    placed, lost = make_user(unit=branch), make_user()
    assert admit_users(exam_id=exam.pk, users=[placed, lost], by=office, now=NOW) == [lost]
    assert Candidate.objects.get().user == placed


def test_state_needs_a_reason_and_is_audited(exam: Exam, branch: Unit, office: User) -> None:
    admit_users(exam_id=exam.pk, users=[make_user(unit=branch)], by=office, now=NOW)
    pk = Candidate.objects.get().pk
    with pytest.raises(NotPossible):
        set_candidate_state(candidate_id=pk, state="exempt", reason=" ", by=office, now=NOW)
    set_candidate_state(candidate_id=pk, state="exempt", reason="公派出国", by=office, now=NOW)
    assert AuditEntry.objects.get(action="candidate.state").data == {
        "from": "eligible",
        "to": "exempt",
        "reason": "公派出国",
    }
    set_candidate_state(candidate_id=pk, state="eligible", reason="", by=office, now=NOW)
    assert Candidate.objects.get().state == Candidate.State.ELIGIBLE
    with pytest.raises(NotPossible):
        set_candidate_state(candidate_id=pk, state="ill", reason="x", by=office, now=NOW)
    with pytest.raises(NotFound):
        set_candidate_state(candidate_id=pk + 1, state="exempt", reason="x", by=office, now=NOW)


def test_candidate_who_sits_the_exam_is_neither_barred_nor_removed(
    exam: Exam, branch: Unit, office: User
) -> None:
    member = make_user(unit=branch)
    admit_users(exam_id=exam.pk, users=[member], by=office, now=NOW)
    make_attempt(exam, member)
    pk = Candidate.objects.get().pk
    with pytest.raises(NotPossible):
        set_candidate_state(candidate_id=pk, state="barred", reason="作弊", by=office, now=NOW)
    with pytest.raises(NotPossible):
        remove_candidate(candidate_id=pk, by=office, now=NOW)


def test_admission_is_taken_back_before_the_first_attempt(exam: Exam, branch: Unit, office: User) -> None:
    admit_users(exam_id=exam.pk, users=[make_user(unit=branch)], by=office, now=NOW)
    remove_candidate(candidate_id=Candidate.objects.get().pk, by=office, now=NOW)
    assert not Candidate.objects.exists()
    assert AuditEntry.objects.filter(action="candidate.remove").exists()
