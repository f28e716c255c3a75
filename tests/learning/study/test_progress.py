"""How far a person is, read back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from learning.organisation.models import Role, Unit, User
from learning.study.services.finishing import finish_part, record_by_hand
from learning.study.services.progress import course_progress, lesson_parts, year_hours, year_target
from learning.study.services.record import day_totals, slices_of
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import Page, after, deed, make_course, make_lesson, text, video

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def member(unit: Unit) -> User:
    return make_user(unit=unit)


def test_a_course_is_told_by_its_lessons(unit: Unit, member: User) -> None:
    course = make_course(unit)
    seen = make_lesson(course, video(60), minutes=45)
    begun = make_lesson(course, video(120), deed(), minutes=90)
    extra = make_lesson(course, video(600), required=False, minutes=45)
    page = Page(member, seen)
    page.beat(15, media=[[0, 30]])
    page.beat(30, media=[[30, 60]])
    Page(member, begun, at=100).beat(130, media=[[0, 60]])
    found = course_progress(user=member, courses=[course])[course.pk]
    lessons = [(each.activity, each.completed_at, each.covered_ms, each.total_ms) for each in found.lessons]
    assert lessons == [
        (seen, after(30), 60_000, 60_000),
        (begun, None, 60_000, 120_000),
        (extra, None, 0, 600_000),
    ]
    assert [each.coverage for each in found.lessons] == [1, 0.5, 0]
    assert (found.coverage, found.completed_at, found.completed_lessons) == (120 / 180, None, 1)
    assert (found.hours_earned, found.hours_total) == (Decimal("1.00"), Decimal("4.00"))
    assert (found.active_ms, found.lessons[1].active_ms) == (60_000, 30_000)
    assert found.resume == begun


def test_a_course_not_begun_resumes_at_its_first_lesson_and_a_finished_one_nowhere(
    unit: Unit, member: User
) -> None:
    course = make_course(unit, credit={"kind": "fixed", "hours": 3}, rules={"in_order": True})
    first, second = make_lesson(course, deed()), make_lesson(course, deed())
    new = course_progress(user=member, courses=[course])[course.pk]
    assert (new.resume, new.hours_total, new.coverage) == (first, 3, 0)
    assert [each.unlocked for each in new.lessons] == [True, False]
    for lesson in (first, second):
        finish_part(user=member, activity=lesson, part="d", now=NOW)
    done = course_progress(user=member, courses=[course])[course.pk]
    assert (done.resume, done.hours_earned, done.coverage, done.completed_at) == (None, 3, 1, NOW)


def test_progress_takes_four_queries_for_any_number_of_courses(
    unit: Unit, member: User, django_assert_num_queries: Any
) -> None:
    courses = []
    for number in range(6):
        course = make_course(unit)
        for _ in range(number + 1):
            finish_part(user=member, activity=make_lesson(course, deed()), part="d", now=NOW)
        courses.append(course)
    for some in (courses[:1], courses):
        with django_assert_num_queries(4):
            assert len(course_progress(user=member, courses=some)) == len(some)


def test_each_part_tells_what_is_missing_and_where_to_resume(unit: Unit, member: User) -> None:
    lesson = make_lesson(make_course(unit), video(100), text(5_000, 9_000), deed())
    Page(member, lesson).beat(40, media=[[10, 20], [50, 60]], read={"t": [5_000, 1_000]}, position_ms=60_000)
    film, article, link = lesson_parts(user=member, lesson=lesson)
    assert film.spans == [(10_000, 20_000), (50_000, 60_000)]
    assert film.missing == [(0, 10_000), (20_000, 50_000), (60_000, 100_000)]
    assert (film.covered_ms, film.position_ms) == (20_000, 60_000)
    assert (article.read, article.covered_ms) == ([5_000, 1_000], 6_000)
    assert (link.completed_at, link.covered_ms) == (None, 0)


def test_the_hours_of_a_year_end_at_its_last_local_midnight(unit: Unit, member: User) -> None:
    for at in (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), datetime(2025, 12, 31, 16, 0, tzinfo=UTC)):
        meeting = make_course(unit, kind="meeting", held_at=at, credit={"kind": "fixed", "hours": "1.5"})
        record_by_hand(activity=meeting, users=[member], by=member, reason="到会", now=NOW)
    assert year_hours(user=member, year=2025) == Decimal("1.50")
    assert year_hours(user=member, year=2026) == Decimal("1.50")
    assert year_hours(user=member, year=2024) == 0


def test_a_secretary_is_expected_more(unit: Unit, member: User) -> None:
    secretary = make_user(roles=[(Role.SECRETARY, unit)])
    assert (year_target(user=member, now=NOW), year_target(user=secretary, now=NOW)) == (32, 56)


def test_days_add_up_to_the_slices(unit: Unit, member: User) -> None:
    midnight = 15 * 3600  # NOW is 09:00
    page = Page(member, make_lesson(make_course(unit)), at=midnight - 30)
    page.beat(midnight)
    page.beat(midnight + 10)
    assert day_totals(member) == [(date(2026, 6, 1), 30_000), (date(2026, 6, 2), 10_000)]
    assert day_totals(member, since=after(midnight)) == [(date(2026, 6, 2), 10_000)]
    assert [each.started_at for each in slices_of(member)] == [after(midnight), after(midnight - 30)]
