"""The plan of a class: weights, items, who is enrolled by it, what stops graduation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from courses.classes import planning
from courses.errors import NotPossible
from courses.models import ClassPlan, PlanItem
from learning.organisation.errors import ClassNotOpen
from learning.organisation.models import AuditEntry, TrainingClass, Unit, User
from learning.organisation.services import classes
from learning.study.models import Enrolment
from question_bank.exams.models import Candidate, Exam
from tests.courses.classes.making import make_course, make_task
from tests.factories import NOW, make_class, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
Kind = PlanItem.Kind


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def office() -> User:
    return make_user()


def test_weights_must_add_to_100_in_the_service_and_in_the_database(unit: Unit, office: User) -> None:
    made = make_class(unit)
    with pytest.raises(NotPossible, match="100"):
        planning.set_rules(class_id=made.pk, fields={"w_exam": 60}, by=office, now=NOW)
    for w_exam, w_study, w_reflection in planning.USUAL_WEIGHTS:
        fields = {"w_exam": w_exam, "w_study": w_study, "w_reflection": w_reflection}
        planning.set_rules(class_id=made.pk, fields=fields, by=office, now=NOW)
    plan = ClassPlan.objects.get(training_class=made)
    assert (plan.w_exam, plan.w_study, plan.w_reflection) == (40, 20, 40)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClassPlan.objects.filter(pk=made.pk).update(w_exam=50)
    with pytest.raises(NotPossible, match="60"):
        planning.set_rules(class_id=made.pk, fields={"pass_total": Decimal(50)}, by=office, now=NOW)
    assert (
        AuditEntry.objects.filter(action="class.rules").count() == 1
    )  # the first weights are the usual ones


def test_course_of_a_running_class_enrols_its_active_members(unit: Unit, office: User) -> None:
    stays, leaves = make_user(unit=unit), make_user(unit=unit)
    made = make_class(unit, members=[stays, leaves])
    classes.withdraw(member_id=made.members.get(user=leaves).pk, reason="调离", by=office, now=NOW)
    due = NOW + timedelta(days=5)
    course = make_course(unit)
    planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=course, due_at=due, by=office, now=NOW)
    enrolment = Enrolment.objects.get(activity=course)
    assert (enrolment.user, enrolment.source, enrolment.due_at) == (stays, Enrolment.Source.CLASS, due)


def test_whoever_joins_later_has_the_courses_and_exams_of_the_plan(unit: Unit, office: User) -> None:
    made = make_class(unit, state=TrainingClass.State.DRAFT)
    course, exam = make_course(unit), make_exam(unit=unit)
    first, second = make_user(unit=unit), make_user(unit=unit)
    planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=course, by=office, now=NOW)
    planning.add_item(class_id=made.pk, kind=Kind.EXAM, exam=exam, by=office, now=NOW)
    classes.admit_users(class_id=made.pk, users=[first], by=office, now=NOW)
    assert not Enrolment.objects.exists()
    classes.start_class(class_id=made.pk, by=office, now=NOW)
    classes.admit_users(class_id=made.pk, users=[second], by=office, now=NOW)
    assert set(Enrolment.objects.values_list("user", flat=True)) == {first.pk, second.pk}
    assert set(Candidate.objects.filter(exam=exam).values_list("user", flat=True)) == {first.pk, second.pk}


def test_same_thing_stands_once_in_a_plan_and_a_kind_holds_its_own_thing(unit: Unit, office: User) -> None:
    made, course = make_class(unit), make_course(unit)
    planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=course, by=office, now=NOW)
    with pytest.raises(NotPossible, match="已经有"):
        planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=course, by=office, now=NOW)
    planning.add_item(class_id=made.pk, kind=Kind.HOURS, hours=Decimal(8), by=office, now=NOW)
    with pytest.raises(NotPossible):
        planning.add_item(class_id=made.pk, kind=Kind.HOURS, hours=Decimal(9), by=office, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanItem.objects.create(training_class=made, kind=Kind.EXAM, activity=make_course(unit))


def test_new_due_date_reaches_the_enrolments_of_this_class_only(unit: Unit, office: User) -> None:
    member, other = make_user(unit=unit), make_user(unit=unit)
    course = make_course(unit)
    made, second = make_class(unit, members=[member]), make_class(unit, members=[other])
    item = planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=course, by=office, now=NOW)
    planning.add_item(class_id=second.pk, kind=Kind.COURSE, activity=course, by=office, now=NOW)
    due = NOW + timedelta(days=3)
    planning.change_item(item_id=item.pk, required=True, weight=2, due_at=due, by=office, now=NOW)
    assert dict(Enrolment.objects.values_list("user", "due_at")) == {member.pk: due, other.pk: None}


def test_part_that_weighs_but_holds_nothing_and_what_is_not_published_are_problems(
    unit: Unit, office: User
) -> None:
    made = make_class(unit)
    exam = make_exam(unit=unit, published=False)
    assert "空" in planning.problems(planning.plan_of(made), [])[0].message
    planning.add_item(class_id=made.pk, kind=Kind.EXAM, exam=exam, by=office, now=NOW)
    words = [each.message for each in planning.problems(planning.plan_of(made), planning.items_of(made))]
    assert any("“课程”占 10%" in each for each in words)
    assert any("没有发布" in each for each in words)
    Exam.objects.update(state=Exam.State.PUBLISHED)
    planning.add_item(class_id=made.pk, kind=Kind.COURSE, activity=make_course(unit), by=office, now=NOW)
    planning.add_item(class_id=made.pk, kind=Kind.REFLECTION, task=make_task(unit), by=office, now=NOW)
    assert planning.problems(planning.plan_of(made), planning.items_of(made)) == []


def test_nothing_of_a_closed_class_changes(unit: Unit, office: User) -> None:
    made = make_class(unit)
    item = planning.add_item(class_id=made.pk, kind=Kind.HOURS, hours=Decimal(1), by=office, now=NOW)
    TrainingClass.objects.update(state=TrainingClass.State.CLOSED, closed_at=NOW)
    with pytest.raises(ClassNotOpen):
        planning.set_rules(class_id=made.pk, fields={}, by=office, now=NOW)
    with pytest.raises(ClassNotOpen):
        planning.add_item(class_id=made.pk, kind=Kind.HOURS, hours=Decimal(1), by=office, now=NOW)
    with pytest.raises(ClassNotOpen):
        planning.remove_item(item_id=item.pk, by=office, now=NOW)
    with pytest.raises(ClassNotOpen):
        planning.change_item(item_id=item.pk, required=False, weight=1, due_at=None, by=office, now=NOW)
