"""A course's report counts people and where they stop; a video's strip says which parts were watched by how many."""

from __future__ import annotations

from fractions import Fraction
from statistics import median
from typing import Any

import pytest

from learning.organisation.models import Unit, User
from learning.study.models import Activity, Coverage, Enrolment
from reports.charts import drawn
from reports.courses.numbers import Audience, CourseNumbers, course_numbers
from reports.courses.report import course_report
from reports.shape import Withheld
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson, text, video
from tests.reports.school import begin, enrol, finish, study

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(db: None) -> Unit:
    return make_unit()


@pytest.fixture
def course(unit: Unit) -> Activity:
    return make_course(unit)


@pytest.fixture
def lessons(course: Activity) -> list[Activity]:
    return [make_lesson(course, video(100)) for _ in range(3)]


@pytest.fixture
def people(course: Activity, unit: Unit) -> list[User]:
    people = [make_user(unit=unit) for _ in range(8)]
    for user in people:
        enrol(course, user)
    return people


def read(course: Activity, *, everybody: bool = True, **narrowed: Any) -> CourseNumbers:
    people = Enrolment.objects.filter(activity=course, **narrowed)
    return course_numbers(audience=Audience(course, people, everybody), now=NOW)


def watch(lesson: Activity, user: User, *spans: tuple[int, int]) -> None:
    Coverage.objects.create(
        user=user, activity=lesson, part="v", spans=[[a * 1000, b * 1000] for a, b in spans],
        covered_ms=sum(b - a for a, b in spans) * 1000, total_ms=100_000, updated_at=NOW,
    )  # fmt: skip


def test_funnel_counts_who_began_and_finished_and_where_most_are_lost(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    for n, user in enumerate(people):
        done = (3, 3, 2, 2, 1, 1, 1, 0)[n]
        for lesson in lessons[:done]:
            begin(lesson, user)
            finish(lesson, user)
        if done < 3 and n != 7:
            begin(lessons[done], user)
        if done == 3:
            finish(course, user)
    numbers = read(course)
    assert [(each.begun, each.finished, each.lost) for each in numbers.lessons] == [
        (7, 7, 0),
        (7, 4, 3),
        (4, 2, 2),
    ]
    assert (numbers.enrolled, numbers.begun, numbers.finished) == (8, 7, 2)
    assert numbers.drop_off is not None
    assert numbers.drop_off.activity == lessons[1]
    assert [total for _day, _n, total in numbers.curve] == [2]


def test_active_people_and_median_time_of_those_who_finished(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    minutes = [3, 9, 4, 30, 12]
    for n, (user, each) in enumerate(zip(people, minutes, strict=False)):
        study(lessons[0], user, days_ago=(1, 5, 6.5, 20, 40)[n], minutes=each)
        finish(lessons[0], user)
    study(lessons[0], people[6], days_ago=2, minutes=500)  # has not finished: no part of the median
    numbers = read(course)
    assert numbers.active == {7: 4, 30: 5}
    assert numbers.lessons[0].seconds.median == median(minutes) * 60


def test_median_of_fewer_than_five_people_is_not_shown(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    study(lessons[0], people[0])
    finish(lessons[0], people[0])
    table = course_report(read(course)).all_tables[0]
    assert table.values("median")[0] is Withheld.SMALL_GROUP


def test_strip_counts_viewers_of_each_twentieth_by_its_middle(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    watch(lessons[0], people[0], (0, 50))
    watch(lessons[0], people[1], (0, 10), (90, 100))
    watch(lessons[0], people[2], (12, 13))  # holds the middle of the third zone (12.5 s)
    (strip,) = read(course).strips
    spans = [[(0, 50)], [(0, 10), (90, 100)], [(12, 13)]]
    by_hand = [
        sum(any(2 * a <= 5 * (2 * zone + 1) < 2 * b for a, b in each) for each in spans) for zone in range(20)
    ]
    assert strip.zones == tuple(by_hand)
    assert strip.viewers == 3
    assert strip.shares[0] == Fraction(2, 3)


def test_a_text_beside_the_film_has_no_strip(course: Activity, people: list[User]) -> None:
    lesson = make_lesson(course, video(100), text(5_000, 6_000))
    watch(lesson, people[0], (0, 50))
    Coverage.objects.create(
        user=people[0], activity=lesson, part="t", spans=[5_000, 100], covered_ms=5_100, total_ms=11_000,
        updated_at=NOW,
    )  # fmt: skip
    (strip,) = read(course).strips
    assert (strip.viewers, strip.zones[:11]) == (1, (1,) * 10 + (0,))


def test_narrowed_audience_counts_its_own_people_in_every_figure(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    other = make_user(unit=make_unit())
    enrol(course, other)
    for user in (people[0], other):
        begin(lessons[0], user)
        study(lessons[0], user)
        finish(lessons[0], user)
        finish(course, user)
        watch(lessons[0], user, (0, 100))
    numbers = read(course, everybody=False, user__in=people)
    assert (numbers.enrolled, numbers.begun, numbers.finished, numbers.active[7]) == (8, 1, 1, 1)
    assert (numbers.lessons[0].begun, numbers.lessons[0].finished, numbers.strips[0].viewers) == (1, 1, 1)


def test_overdue_are_those_with_a_duty_whose_date_is_past(course: Activity, unit: Unit) -> None:
    late, done, chosen = (make_user(unit=unit) for _ in range(3))
    enrol(course, late, due_in=-1)
    enrol(course, done, due_in=-1)
    enrol(course, chosen, due_in=-1, source="self")
    finish(course, done)
    assert read(course).overdue == 1


def test_statements_do_not_grow_with_lessons_and_people(
    course: Activity, people: list[User], django_assert_max_num_queries: Any
) -> None:
    counted = []
    for _ in range(2):
        for _ in range(3):
            lesson = make_lesson(course, video(100))
            for user in people:
                begin(lesson, user)
                finish(lesson, user)
                watch(lesson, user, (0, 10))
                study(lesson, user, days_ago=1 + lesson.pk / 1000, minutes=1)
        with django_assert_max_num_queries(16) as seen:
            read(course)
        counted.append(len(seen))
    assert counted[0] == counted[1]
    assert read(course).as_of == NOW


def test_strip_of_few_viewers_is_not_shown(
    course: Activity, lessons: list[Activity], people: list[User]
) -> None:
    for user in people[:5]:
        watch(lessons[0], user, (0, 50))
    for user in people[:4]:
        watch(lessons[1], user, (0, 50))
    chart = course_report(read(course), chart="strip").chart
    assert chart is not None
    assert [row[2:] for row in chart.table.rows] == [
        (*[Fraction(1)] * 10, *[Fraction(0)] * 10),
        (Withheld.SMALL_GROUP,) * 20,
    ]
    assert chart.table.values("viewers") == [5, 4]


@pytest.mark.parametrize("key", ["", "lessons", "time", "strip", "curve", "pie"])
def test_one_chart_is_drawn_and_no_table_is_lost_or_said_twice(
    course: Activity, lessons: list[Activity], people: list[User], key: str
) -> None:
    for user in people[:5]:
        watch(lessons[0], user, (0, 50))
        finish(lessons[0], user)
        finish(course, user)
    report = course_report(read(course), chart=key)
    assert sorted(table.key for table in report.all_tables) == ["curve", "lessons", "strip"]
    assert report.chart is not None
    drawn_key = {"": "lessons", "time": "lessons", "pie": "lessons"}.get(key, key)
    assert report.chart.table.key == drawn_key
    (choice,) = report.filters
    assert [each.value for each in choice.choices] == ["", "time", "strip", "curve"]
    assert any("重看" in note for note in report.notes) is (key == "strip")
    assert drawn(report.chart)["height"] > 0


def test_a_course_without_films_and_completions_has_the_charts_of_its_lessons(course: Activity) -> None:
    report = course_report(read(course), chart="curve")
    assert [each.value for each in report.filters[0].choices] == ["", "time"]
    assert [table.key for table in report.all_tables] == ["lessons"]
