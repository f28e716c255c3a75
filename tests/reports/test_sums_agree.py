"""Study time told by activity, course, person and unit is the same time; so are credit hours. Made by beats, not by rows."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from learning.organisation.models import Unit, User
from learning.study.models import Activity, Completion, StudySession, StudySlice
from learning.study.services.enrolling import enrol_audience
from learning.study.services.progress import course_progress, year_hours
from learning.study.services.record import day_totals
from reports.members.numbers import member_numbers, reader_of
from reports.units.filters import UnitFilter
from reports.units.numbers import unit_numbers
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import Page, make_course, make_lesson, video

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=3)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def units() -> list[Unit]:
    """Root, general branch, two branches below it."""
    root = make_unit()
    general = make_unit(root, kind=Unit.Kind.GENERAL_BRANCH)
    return [root, general, make_unit(general), make_unit(general)]


def studied(units: list[Unit], dice: random.Random) -> tuple[list[User], list[Activity]]:
    """Everybody studies some lessons in one or two pages at once, some of the beats lost, some told twice."""
    people = [make_user(unit=unit) for unit in units for _ in range(3)]
    courses = [make_course(units[0]), make_course(units[0])]
    lessons = [make_lesson(course, video(90)) for course in courses for _ in range(2)]
    for course in courses:
        enrol_audience(activity=course, now=NOW)
    for person in people:
        start = dice.randrange(60)
        for lesson in dice.sample(lessons, 3):
            pages = [Page(person, lesson, at=start) for _ in range(dice.choice([1, 2]))]
            for at in range(15, dice.choice([45, 120]), 15):
                page = dice.choice(pages)
                if dice.random() < 0.8:
                    page.beat(start + at, media=[[0, at]])
            start += dice.randrange(60, 400)
    return people, courses


def milliseconds(slices: Any) -> int:
    return sum((each.ended_at - each.started_at) // MILLISECOND for each in slices)


@pytest.mark.parametrize("seed", range(3))
def test_study_time_is_the_same_by_session_activity_course_person_and_unit(
    units: list[Unit], settings: Any, seed: int
) -> None:
    settings.REPORTS_UNIT_MINUTES = True
    people, courses = studied(units, random.Random(seed))
    whole = milliseconds(StudySlice.objects.all())
    assert whole > 10 * 60_000
    assert sum(StudySession.objects.values_list("credited_ms", flat=True)) == whole
    by_course = [course_progress(user=person, courses=courses) for person in people]
    assert sum(found[course.pk].active_ms for found in by_course for course in courses) == whole
    lessons = [lesson for found in by_course for course in found.values() for lesson in course.lessons]
    assert sum(lesson.active_ms for lesson in lessons) == whole
    days = [total for person in people for total in day_totals(person)]
    assert sum(each.active_ms for each in days) == whole
    for person in people:
        reader = reader_of(person, person, day=timezone.localdate(LATER))
        assert reader is not None
        told = member_numbers(member=person, reader=reader, now=LATER).study
        assert told.active_ms == milliseconds(StudySlice.objects.filter(user=person))
    for unit in units:
        numbers = unit_numbers(unit=Unit.objects.get(pk=unit.pk), wanted=UnitFilter(), now=LATER)
        below = StudySlice.objects.filter(unit__path__startswith=unit.path)
        assert numbers.study.active_ms == milliseconds(below)
        assert sum(line.study.active_ms for line in numbers.lines) == numbers.study.active_ms


@pytest.mark.parametrize("seed", range(3))
def test_credit_hours_are_the_same_by_completion_person_and_unit(units: list[Unit], seed: int) -> None:
    people, _courses = studied(units, random.Random(seed))
    whole = sum(Completion.objects.values_list("credit_hours", flat=True), Decimal(0))
    assert whole > 0
    year = timezone.localdate(LATER).year
    assert sum((year_hours(user=person, year=year) for person in people), Decimal(0)) == whole
    for unit in units:
        numbers = unit_numbers(unit=Unit.objects.get(pk=unit.pk), wanted=UnitFilter(), now=LATER)
        below = Completion.objects.filter(unit__path__startswith=unit.path)
        assert numbers.study.hours == sum(below.values_list("credit_hours", flat=True), Decimal(0))
        assert sum(line.study.hours for line in numbers.lines) == numbers.study.hours
