"""Every figure of a unit's report equals one counted by hand over the rows, and children add up to their parent."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import pstdev
from typing import Any

import pytest
from django.utils.timezone import get_default_timezone, localdate

from learning.organisation.models import Membership, PersonStatus, Unit
from learning.study.models import Activity, Completion, Enrolment, StudySession
from learning.study.services.hours import mend_hours
from question_bank.exams.models import Attempt, Candidate, Exam, Result
from reports.tallies import ExamTally, StudyTally
from reports.units.filters import UnitFilter
from reports.units.numbers import UnitNumbers, unit_numbers
from tests.factories import NOW
from tests.reports.school import LATER, School, make_school

pytestmark = pytest.mark.django_db


def read(unit: Unit, **wanted: Any) -> UnitNumbers:
    return unit_numbers(unit=Unit.objects.get(pk=unit.pk), wanted=UnitFilter(**wanted), now=LATER)


# The other way to count: row by row, in Python, by the ancestors that each row keeps.


def counted_exam(rows: Iterable[Candidate], now: datetime, *, percent: bool) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(
        ("due", "sat", "absent", "exempt", "passed", "excellent", "sitting", "waiting", "deferred", "barred"),
        0,
    )
    scores = []
    for row in rows:
        found["due"] += 1
        attempts = {each.state for each in Attempt.objects.filter(candidate=row)}
        result = Result.objects.filter(candidate=row).first()
        if row.state != "eligible":
            found[row.state] += 1
        elif result is not None:
            found["sat"] += 1
            found["passed"] += result.passed
            share = Fraction(result.score) / Fraction(result.max_score)
            found["excellent"] += result.band == "优秀" if row.exam.bands else share >= Fraction(9, 10)
            scores.append(share * 100 if percent else Fraction(result.score))
        elif "marking" in attempts:
            found["sat"] += 1
        elif attempts:
            found["sitting"] += 1
        else:
            found["absent" if row.exam.closes_at <= now else "waiting"] += 1
    found["scores"] = sorted(scores)
    return found


def assert_same_exam(tally: ExamTally, rows: Iterable[Candidate], *, percent: bool = True) -> None:
    counted = counted_exam(rows, LATER, percent=percent)
    scores = counted.pop("scores")
    assert {name: getattr(tally, name) for name in counted} == counted
    if scores:
        n = len(scores)
        assert tally.spread.mean == sum(scores) / n
        assert tally.spread.median == (scores[(n - 1) // 2] + scores[n // 2]) / 2
        assert float(tally.spread.sd or 0) == pytest.approx(pstdev([float(each) for each in scores]))
    taking = counted["due"] - counted["exempt"]
    assert tally.rate == (Fraction(counted["sat"], taking) if taking else None)
    unjudged = not scores and counted["sat"] + counted["sitting"] + counted["waiting"]
    of_due = Fraction(counted["passed"], counted["due"]) if counted["due"] and not unjudged else None
    assert tally.pass_rate_due == of_due


def assert_same_study(tally: StudyTally, rows: Iterable[Enrolment]) -> None:
    due = finished = begun = overdue = 0
    for row in rows:
        due += 1
        done = Completion.objects.filter(user=row.user_id, activity=row.activity_id).exists()
        opened = StudySession.objects.filter(user=row.user_id, activity__parent=row.activity_id).exists()
        finished += done
        begun += not done and opened
        overdue += not done and row.due_at is not None and row.due_at < LATER
    assert (tally.due, tally.finished, tally.begun, tally.overdue) == (due, finished, begun, overdue)


def candidates(unit: Unit, exams: Iterable[Exam]) -> list[Candidate]:
    rows = Candidate.objects.filter(exam__in=list(exams)).select_related("exam")
    return [row for row in rows if unit.key in row.unit_ancestors]


def enrolments(unit: Unit) -> list[Enrolment]:
    rows = Enrolment.objects.exclude(source="self")
    return [row for row in rows if unit.key in row.unit_ancestors]


@pytest.mark.parametrize("seed", range(2))
def test_every_figure_equals_a_count_by_hand(seed: int) -> None:
    school = make_school(seed)
    for unit in (school.root, *school.generals, school.branches[0], school.branches[-1]):
        numbers = read(unit)
        assert_same_exam(numbers.exam, candidates(unit, school.exams))
        assert_same_study(numbers.study, enrolments(unit))
        for line in numbers.lines:
            if line.own:
                own = [row for row in candidates(unit, school.exams) if row.unit_id == unit.pk]
                assert_same_exam(line.exam, own)
            else:
                assert_same_exam(line.exam, candidates(line.unit, school.exams))
                assert_same_study(line.study, enrolments(line.unit))
        hours = sum(
            (each.credit_hours for each in Completion.objects.all() if _is_below(each.unit, unit)), Decimal(0)
        )
        heads = sum(_is_below(each.unit, unit) for each in Membership.objects.filter(to_date=None))
        assert (numbers.study.hours, numbers.study.heads) == (hours, heads)


def _is_below(unit: Unit | None, above: Unit) -> bool:
    while unit is not None and unit.pk != above.pk:
        unit = unit.get_parent()
    return unit is not None


def test_children_add_up_to_their_parent_in_every_count() -> None:
    school = make_school(3)
    whole = read(school.root)
    for general in school.generals:
        line = next(line for line in whole.lines if line.unit.pk == general.pk)
        inside = read(general)
        # One exam of 60 points beside one of 100: both reports count out of 100.
        assert inside.exam == line.exam
        assert inside.study == line.study
    for name in (each.name for each in fields(ExamTally) if each.name != "scores"):
        assert getattr(whole.exam, name) == sum(getattr(line.exam, name) for line in whole.lines)


def test_one_exam_is_counted_in_its_own_points() -> None:
    school = make_school(5)
    exam = school.exams[1]
    numbers = read(school.root, exam=exam.pk)
    assert numbers.scale.full == Decimal(60)
    assert_same_exam(numbers.exam, candidates(school.root, [exam]), percent=False)


def test_status_filter_counts_the_status_of_the_time() -> None:
    school = make_school(6)
    rows = [row for row in candidates(school.root, school.exams) if row.person_status == PersonStatus.FULL]
    assert rows
    assert_same_exam(read(school.root, status=PersonStatus.FULL).exam, rows)


def test_period_leaves_out_what_opened_before_or_after() -> None:
    school = make_school(7, people=12)
    first = school.exams[0]
    Exam.objects.filter(pk=first.pk).update(
        opens_at=first.opens_at - timedelta(days=60), closes_at=first.closes_at - timedelta(days=60)
    )
    begins = (first.opens_at - timedelta(days=30)).date()
    assert [exam.pk for exam in read(school.root, begins=begins).exams] == [school.exams[1].pk]
    assert [exam.pk for exam in read(school.root, begins=begins, ends=begins).exams] == []


LAST_DAY = localdate(NOW)
PERIODS = [
    (LAST_DAY - timedelta(days=150), None),
    (LAST_DAY - timedelta(days=150), LAST_DAY - timedelta(days=3)),
    (LAST_DAY.replace(day=1), LAST_DAY),
    (LAST_DAY - timedelta(days=5), LAST_DAY - timedelta(days=5)),
    (LAST_DAY - timedelta(days=45), LAST_DAY - timedelta(days=31)),
    (date(2026, 2, 10), date(2026, 3, 31)),
    (date(2026, 3, 1), date(2026, 4, 30)),
    (LAST_DAY + timedelta(days=1), None),
]


def spread_over_a_year(school: School, seed: int) -> None:
    """Everybody's completions on other days and at other hours, some of them of people who belong to no unit."""
    dice = random.Random(seed)
    for each in Completion.objects.all():
        each.completed_at = NOW - timedelta(minutes=dice.randrange(200 * 24 * 60))
        if dice.random() < 0.1:
            each.unit = None
        each.save()
    mend_hours()


@pytest.mark.parametrize(("begins", "ends"), PERIODS)
@pytest.mark.parametrize("wanted", [{}, {"status": PersonStatus.FULL}, {"unit_now": True}])
def test_hours_of_any_period_are_those_of_its_completions(
    begins: date, ends: date | None, wanted: dict[str, Any]
) -> None:
    school = make_school(8, people=24)
    spread_over_a_year(school, 8)
    members = {each.user_id: each for each in Membership.objects.filter(to_date=None).select_related("unit")}
    for unit in (school.root, *school.generals, school.branches[0]):
        numbers = read(unit, begins=begins, ends=ends, **wanted)
        by_hand = Decimal(0)
        for each in Completion.objects.all():
            day, member = localdate(each.completed_at), members[each.user_id]
            here = member.unit if "unit_now" in wanted else each.unit
            right = "status" not in wanted or member.person_status == wanted["status"]
            if right and begins <= day and (ends is None or day <= ends) and _is_below(here, unit):
                by_hand += each.credit_hours
        assert numbers.study.hours == by_hand
        assert sum(line.study.hours for line in numbers.lines) == by_hand


def test_without_dates_the_period_begins_with_this_day_a_year_ago() -> None:
    school = make_school(9, people=3)
    lesson = Activity.objects.filter(parent=school.courses[0]).first()
    assert lesson is not None
    Completion.objects.all().delete()
    begins = datetime.combine(localdate(LATER) - timedelta(days=365), time.min, get_default_timezone())
    for user, at in zip(school.people, (begins - timedelta(seconds=1), begins, LATER), strict=True):
        unit = user.memberships.get().unit
        Completion.objects.create(
            activity=lesson, user=user, unit=unit, completed_at=at, credit_hours=Decimal("0.50")
        )
    mend_hours()
    assert read(school.root).study.hours == 1


def test_statements_do_not_grow_with_units_and_people(django_assert_max_num_queries: Any) -> None:
    small, large = make_school(1, people=6), make_school(2, people=24)
    for school in (small, large):
        with django_assert_max_num_queries(16) as seen:
            read(school.root)
        school.counted = len(seen)  # type: ignore[attr-defined]
    assert small.counted == large.counted  # type: ignore[attr-defined]


def test_school_of_the_generator_has_everything_to_count() -> None:
    school = make_school(0)
    numbers = read(school.root)
    exam = numbers.exam
    assert all(
        (
            exam.sat,
            exam.absent,
            exam.exempt,
            exam.deferred,
            exam.barred,
            exam.sitting,
            exam.marking,
            exam.passed,
        )
    )
    assert all((numbers.study.finished, numbers.study.begun, numbers.study.not_begun, numbers.study.overdue))
    assert isinstance(school, School)
