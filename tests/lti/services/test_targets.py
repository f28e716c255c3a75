from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404

from courses.reading.doors import entry_to
from learning.study.models import Activity, Enrolment
from lti.services.targets import (
    Target,
    enrol_learners,
    exams_linked,
    find_target,
    linkable_exams,
    linkable_pages,
    target_of,
)
from question_bank.exams.models import Exam
from tests.courses.factories import activity_of, make_chapter, make_course, make_lesson
from tests.factories import NOW, make_exam, make_unit, make_user
from tests.lti.factories import make_context, make_link, make_platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> dict[str, Any]:
    root = make_unit()
    faculty = make_unit(root)
    return {"root": root, "faculty": faculty, "platform": make_platform(faculty)}


def test_exams_of_the_platforms_unit_and_below_may_be_linked(school: dict[str, Any]) -> None:
    own = make_exam(unit=school["faculty"])
    below = make_exam(unit=make_unit(school["faculty"]))
    make_exam(unit=school["root"])
    make_exam(unit=make_unit(school["root"]))
    assert set(linkable_exams(school["platform"], NOW)) == {own, below}


@pytest.mark.parametrize("state", [Exam.State.DRAFT, Exam.State.WITHDRAWN])
def test_an_exam_that_is_not_published_opens_nothing(school: dict[str, Any], state: str) -> None:
    exam = make_exam(unit=school["faculty"])
    Exam.objects.update(state=state)
    assert not linkable_exams(school["platform"], NOW)
    assert find_target(school["platform"], {"exam": str(exam.pk)}) is None


def test_an_exam_that_is_over_is_not_offered_but_its_links_still_open_it(school: dict[str, Any]) -> None:
    exam = make_exam(unit=school["faculty"])
    over = exam.closes_at + timedelta(seconds=1)
    assert not linkable_exams(school["platform"], over)
    assert find_target(school["platform"], {"exam": str(exam.pk)}) == Target(exam=exam)


def test_a_platform_without_a_unit_links_nothing(school: dict[str, Any]) -> None:
    exam = make_exam(unit=school["faculty"])
    course = make_course(school["faculty"], live=True, lessons=1)
    school["platform"].unit = None
    assert not linkable_exams(school["platform"], NOW)
    assert not linkable_pages(school["platform"])
    assert find_target(school["platform"], {"exam": str(exam.pk)}) is None
    assert find_target(school["platform"], {"course": str(course.pk)}) is None


def test_live_courses_and_their_lessons_may_be_linked(school: dict[str, Any]) -> None:
    course = make_course(school["faculty"], live=True, lessons=2)
    make_course(school["faculty"], lessons=1)
    make_course(school["root"], live=True, lessons=1)
    assert linkable_pages(school["platform"]).filter(kind="course").get() == activity_of(course)
    assert linkable_pages(school["platform"]).filter(kind="lesson").count() == 2


def test_the_claim_names_an_exam_a_course_or_a_lesson(school: dict[str, Any]) -> None:
    course = make_course(school["faculty"], live=True)
    lesson = make_lesson(course, live=True)
    found = find_target(school["platform"], {"course": str(course.pk)})
    assert found is not None
    assert (found.page.pk, found.custom, found.resource_id) == (  # type: ignore[union-attr]
        course.pk,
        {"course": str(course.pk)},
        f"course-{course.pk}",
    )
    found = find_target(school["platform"], {"lesson": str(lesson.pk)})
    assert found is not None
    assert found.name == "lesson"
    assert found.title == lesson.title


def test_a_course_is_no_lesson_and_no_other_page_is_either(school: dict[str, Any]) -> None:
    course = make_course(school["faculty"], live=True, lessons=1)
    chapter = make_chapter(course, live=True)
    for name, number in (("lesson", course.pk), ("course", chapter.pk), ("course", course.get_parent().pk)):
        assert find_target(school["platform"], {name: str(number)}) is None


def test_a_lesson_of_a_withdrawn_course_opens_nothing(school: dict[str, Any]) -> None:
    course = make_course(school["faculty"], live=True, lessons=1)
    lesson = course.get_children().get()
    course.unpublish()
    assert find_target(school["platform"], {"lesson": str(lesson.pk)}) is None


@pytest.mark.parametrize(
    "said",
    ["", "0", "-1", "1.5", "1e3", "٣", "１", " 7", "9" * 19, "7; DROP", None, 7, ["7"], "$Custom.exam"],
)
def test_a_claim_that_is_no_plain_number_names_nothing(school: dict[str, Any], said: Any) -> None:
    for name in ("exam", "course", "lesson"):
        assert find_target(school["platform"], {name: said}) is None


def test_the_query_of_the_target_link_names_it_where_the_claim_does_not(school: dict[str, Any]) -> None:
    first, second = make_exam(unit=school["faculty"]), make_exam(unit=school["faculty"])
    uri = f"https://dangxiao.example.org/lti/launch?exam={first.pk}"
    assert find_target(school["platform"], {}, uri) == Target(exam=first)
    assert find_target(school["platform"], {"exam": str(second.pk)}, uri) == Target(exam=second)


def test_a_claim_that_names_what_is_not_open_is_not_replaced_by_the_query(school: dict[str, Any]) -> None:
    exam, foreign = make_exam(unit=school["faculty"]), make_exam(unit=school["root"])
    uri = f"https://dangxiao.example.org/lti/launch?exam={exam.pk}"
    assert find_target(school["platform"], {"exam": str(foreign.pk)}, uri) is None


def test_a_link_opens_what_was_chosen_for_it_while_that_is_offered(school: dict[str, Any]) -> None:
    exam = make_exam(unit=school["faculty"])
    course = make_course(school["faculty"], live=True)
    context = make_context(school["platform"])
    to_exam, to_course = make_link(context, exam=exam), make_link(context, page=course)
    assert target_of(make_link(context)) is None
    assert target_of(to_exam) == Target(exam=exam)
    assert target_of(to_course) == find_target(school["platform"], {"course": str(course.pk)})
    assert exams_linked(context) == [exam]
    school["platform"].unit = make_unit(school["root"])
    assert target_of(to_exam) is None
    assert target_of(to_course) is None


def test_a_learner_outside_the_audience_studies_a_course_once_its_link_was_opened(
    school: dict[str, Any],
) -> None:
    course = make_course(school["faculty"], live=True, lessons=1)
    outside = make_user(unit=make_unit(school["root"]))
    with pytest.raises(Http404):
        entry_to(course, user=outside, now=NOW)
    target = find_target(school["platform"], {"course": str(course.pk)})
    assert target is not None
    assert enrol_learners(target, [outside], now=NOW) == 1
    assert entry_to(course, user=outside, now=NOW).recorded
    assert enrol_learners(target, [outside], now=NOW) == 0


def test_a_linked_lesson_opens_its_course_and_no_other(school: dict[str, Any]) -> None:
    course, other = (make_course(school["faculty"], live=True, lessons=1) for _ in range(2))
    lesson = course.get_children().get()
    outside = make_user(unit=make_unit(school["root"]))
    target = find_target(school["platform"], {"lesson": str(lesson.pk)})
    assert target is not None
    enrol_learners(target, [outside], now=NOW)
    opened = Activity.objects.courses().open_to(outside, day=NOW.date())
    assert list(opened) == [activity_of(course)] != [activity_of(other)]


def test_who_studies_by_a_link_is_not_expected_to(school: dict[str, Any]) -> None:
    course = make_course(school["faculty"], live=True, required=True)
    outside = make_user(unit=make_unit(school["root"]))
    target = find_target(school["platform"], {"course": str(course.pk)})
    assert target is not None
    enrol_learners(target, [outside], now=NOW)
    assert Enrolment.objects.get(user=outside).source == Enrolment.Source.SELF


def test_a_linked_exam_enrols_nobody_in_a_course(school: dict[str, Any]) -> None:
    exam = make_exam(unit=school["faculty"])
    assert enrol_learners(Target(exam=exam), [make_user(unit=school["faculty"])], now=NOW) == 0
