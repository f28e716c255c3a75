"""The rules of roll-up, of the unit at the time, and of care with time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from learning.organisation.models import Membership, PersonStatus, Unit, User
from learning.organisation.services.memberships import transfer
from learning.organisation.services.units import close_unit, move_unit
from learning.study.models import StudySlice
from question_bank.exams.models import Exam
from reports.shape import Withheld
from reports.units.filters import UnitFilter
from reports.units.numbers import UnitNumbers, unit_numbers
from reports.units.report import unit_report
from tests.factories import NOW, make_candidate, make_exam, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson
from tests.reports.school import LATER, enrol, finish, give_result, open_attempt, study

pytestmark = pytest.mark.django_db


def read(unit: Unit, **wanted: Any) -> UnitNumbers:
    return unit_numbers(unit=Unit.objects.get(pk=unit.pk), wanted=UnitFilter(**wanted), now=LATER)


def shown(numbers: UnitNumbers) -> Any:
    return unit_report(
        numbers,
        link_to=lambda unit: "",
        link_to_person=lambda person: "",
        exam_choices=(),
        course_choices=(),
    )


def figure(numbers: UnitNumbers, key: str) -> Any:
    return next(each.value for each in shown(numbers).figures if each.key == key)


@pytest.fixture
def root(db: None) -> Unit:
    return make_unit(name="校党委")


@pytest.fixture
def exam(root: Unit) -> Exam:
    return make_exam(unit=root, kinds=("single",))


def sat(exam: Exam, unit: Unit, score: str) -> User:
    user = make_user(unit=unit)
    give_result(make_candidate(exam, user), score)
    return user


def test_two_at_90_and_98_at_60_have_a_mean_of_60_6(root: Unit, exam: Exam) -> None:
    few, many = make_unit(root), make_unit(root)
    for _ in range(2):
        sat(exam, few, "90")
    for _ in range(98):
        sat(exam, many, "60")
    numbers = read(root)
    assert numbers.exam.spread.mean == Fraction("60.6")
    assert numbers.exam.spread.median == 60
    assert [line.exam.spread.mean for line in numbers.lines] == [90, 60]


def test_rate_leaves_the_exempt_out_and_both_pass_rates_say_their_base(root: Unit, exam: Exam) -> None:
    sat(exam, root, "80")
    sat(exam, root, "10")
    make_candidate(exam, make_user(unit=root), state="exempt")
    make_candidate(exam, make_user(unit=root))
    tally = read(root).exam
    assert (tally.due, tally.sat, tally.absent, tally.exempt) == (4, 2, 1, 1)
    assert (tally.rate, tally.pass_rate_sat, tally.pass_rate_due) == (
        Fraction(2, 3),
        Fraction(1, 2),
        Fraction(1, 4),
    )
    labels = {each.label: each.how for each in shown(read(root)).figures}
    assert labels["合格率（按实考）"].startswith("合格 ÷ 实考，待阅卷的计入实考")
    assert labels["合格率（按应考）"] == "合格 ÷ 应考"


def test_papers_that_wait_for_marks_are_no_failures(root: Unit, exam: Exam) -> None:
    for _ in range(2):
        open_attempt(make_candidate(exam, make_user(unit=root)), "marking")
    numbers = read(root)
    assert shown(numbers).sentence == "应考 2，实考 2，其中待阅卷 2，参考率 100.0%，合格率（按实考）—。"
    assert [figure(numbers, key) for key in ("pass_sat", "pass_due", "excellent")] == [None] * 3


def test_nobody_is_absent_before_the_exam_is_over(root: Unit, exam: Exam) -> None:
    make_candidate(exam, make_user(unit=root))
    tally = unit_numbers(unit=root, wanted=UnitFilter(), now=NOW).exam
    assert (tally.absent, tally.waiting) == (0, 1)


def test_no_unit_is_blamed_for_most_absences_that_another_has_as_well(root: Unit, exam: Exam) -> None:
    units = [make_unit(root, name=name) for name in ("甲支部", "乙支部", "丙支部")]
    for unit in units:
        make_candidate(exam, make_user(unit=unit))
    assert shown(read(root)).sentence.endswith("；缺考 3 人次。")
    make_candidate(exam, make_user(unit=units[1]))
    assert shown(read(root)).sentence.endswith("；乙支部缺考 2 人次，最多。")


def test_group_of_fewer_than_five_shows_no_distribution(root: Unit, exam: Exam) -> None:
    for _ in range(4):
        sat(exam, root, "70")
    assert figure(read(root), "sd") is Withheld.SMALL_GROUP
    assert figure(read(root), "p90") is Withheld.SMALL_GROUP
    sat(exam, root, "80")
    assert figure(read(root), "sd") == Decimal(4)


def test_member_transferred_during_the_exam_counts_at_the_time_and_by_switch_now(
    root: Unit, exam: Exam
) -> None:
    before, after = make_unit(root, name="甲"), make_unit(root, name="乙")
    user = sat(exam, before, "80")
    transfer(user=user, unit=after, person_status=PersonStatus.FULL, on=NOW.date(), by=None, now=NOW)
    assert (read(before).exam.sat, read(after).exam.sat) == (1, 0)
    assert (read(before, unit_now=True).exam.sat, read(after, unit_now=True).exam.sat) == (0, 1)
    at_the_time = {line.unit.pk: line.exam.sat for line in read(root).lines}
    now = {line.unit.pk: line.exam.sat for line in read(root, unit_now=True).lines}
    assert (at_the_time, now) == ({before.pk: 1, after.pk: 0}, {before.pk: 0, after.pk: 1})


def test_unit_moved_in_mid_year_counts_where_it_stood_when_people_were_admitted(
    root: Unit, exam: Exam
) -> None:
    old = make_unit(root, kind=Unit.Kind.GENERAL_BRANCH)
    new = make_unit(root, kind=Unit.Kind.GENERAL_BRANCH)
    branch = make_unit(old)
    user = sat(exam, branch, "80")
    move_unit(unit=branch, parent=new, on=NOW.date(), by=None, now=LATER)
    later = make_exam(unit=root, kinds=("single",))
    give_result(make_candidate(later, User.objects.get(pk=user.pk)), "50")
    assert (read(old).exam.sat, read(old).exam.passed) == (1, 1)
    assert (read(new).exam.sat, read(new).exam.passed) == (1, 0)
    assert read(root).exam.sat == 2
    assert {line.unit.pk: line.exam.sat for line in read(root).lines} == {old.pk: 1, new.pk: 1}
    assert (read(old, unit_now=True).exam.sat, read(new, unit_now=True).exam.sat) == (0, 2)


def test_hours_of_a_moved_unit_stay_with_the_unit_above_it_on_that_day(root: Unit) -> None:
    old = make_unit(root, kind=Unit.Kind.GENERAL_BRANCH)
    new = make_unit(root, kind=Unit.Kind.GENERAL_BRANCH)
    branch = make_unit(old)
    user = make_user(unit=branch)
    course = make_course(root)
    first, second = make_lesson(course), make_lesson(course)
    finish(first, user, hours="1.00", days_ago=5)
    finish(second, user, hours="0.50", days_ago=1)
    move_unit(unit=branch, parent=new, on=(NOW - timedelta(days=3)).date(), by=None, now=NOW)
    assert (read(old).study.hours, read(new).study.hours) == (Decimal("1.00"), Decimal("0.50"))
    assert read(root).study.hours == Decimal("1.50")
    assert (read(old, unit_now=True).study.hours, read(new, unit_now=True).study.hours) == (
        0,
        Decimal("1.50"),
    )


def test_closed_unit_keeps_its_figures(root: Unit, exam: Exam) -> None:
    branch, other = make_unit(root), make_unit(root)
    user = sat(exam, branch, "80")
    course = make_course(root)
    lesson = make_lesson(course)
    enrol(course, user)
    finish(lesson, user, hours="1.00")
    transfer(user=user, unit=other, person_status=PersonStatus.FULL, on=NOW.date(), by=None, now=NOW)
    close_unit(unit=branch, on=(NOW + timedelta(days=1)).date(), by=None, now=LATER)
    numbers = read(root)
    assert {line.unit.pk: (line.exam.sat, line.study.due) for line in numbers.lines} == {
        branch.pk: (1, 1),
        other.pk: (0, 0),
    }
    assert numbers.study.hours == Decimal("1.00")
    assert read(branch).exam.sat == 1


def test_practice_and_mock_exams_assess_nobody_and_a_resit_stands_apart(root: Unit) -> None:
    for kind, score in (("practice", "10"), ("mock", "20"), ("resit", "65"), ("formal", "50")):
        sat(make_exam(unit=root, kinds=("single",), kind=kind), root, score)
    numbers = read(root)
    assert (numbers.exam.sat, numbers.exam.passed) == (1, 0)
    assert (numbers.resit.due, numbers.resit.sat, numbers.resit.passed) == (1, 1, 1)
    assert figure(numbers, "resit_passed") == 1


def test_self_chosen_course_is_nobodys_duty(root: Unit) -> None:
    course = make_course(root)
    enrol(course, make_user(unit=root), source="self")
    enrol(course, make_user(unit=root))
    assert read(root).study.due == 1


# Care with time: minutes are a record, never an assessment.


def longer_study(root: Unit) -> None:
    lesson = make_lesson(make_course(root))
    for membership in Membership.objects.select_related("user"):
        study(lesson, membership.user, days_ago=1 + membership.pk / 10_000, minutes=90 + membership.pk % 7)


def test_no_result_ranking_or_assessment_of_a_unit_uses_minutes(root: Unit, exam: Exam) -> None:
    for score in ("40", "70", "90", "95", "61"):
        sat(exam, make_unit(root), score)
    before = read(root)
    longer_study(root)
    assert StudySlice.objects.count() == 5
    after = read(root)
    assert (after.exam, after.study, after.resit) == (before.exam, before.study, before.resit)
    assert [line.unit for line in after.lines] == [line.unit for line in before.lines]
    assert shown(after).all_tables == shown(before).all_tables
    assert shown(after).sentence == shown(before).sentence


def test_minutes_of_a_unit_are_off_by_default_and_a_diagnosis_when_on(root: Unit, settings: Any) -> None:
    make_user(unit=root)
    longer_study(root)
    keys = {each.key for each in shown(read(root)).figures}
    assert "minutes_per_head" not in keys
    settings.REPORTS_UNIT_MINUTES = True
    report = shown(read(root))
    minutes = next(each for each in report.figures if each.key == "minutes_per_head")
    assert isinstance(minutes.value, Fraction)
    assert minutes.value >= 90
    assert "诊断" in minutes.label
    assert "不作为任何考核、排名的依据" in minutes.how
    assert not any("minutes" in column.key for table in report.all_tables for column in table.columns)
