"""What links bring besides: the exams that a course's lessons ask for, and candidates of exams that have none yet."""

from __future__ import annotations

import pytest

from learning.organisation.models import Unit
from lti.models import Context
from question_bank.exams.models import Candidate, Exam, ExamGroup
from question_bank.exams.publishing import checklist
from tests.courses.factories import make_course, make_lesson, publish
from tests.factories import make_unit
from tests.lti.attacks.test_reaching_further import exam_of
from tests.lti.campus import Campus

pytestmark = pytest.mark.django_db


def course_asking_for(exam: Exam, unit: Unit) -> str:
    course = make_course(unit)
    lesson = make_lesson(course, blocks=[("exam", {"exam": exam.pk})])
    publish(course)
    publish(lesson)
    return str(course.pk)


def test_learners_of_a_linked_course_are_candidates_of_the_exams_in_its_lessons(campus: Campus) -> None:
    page = course_asking_for(campus.exam, campus.exam.owner_unit)
    campus.launch(custom={"course": page})
    assert Candidate.objects.get(exam=campus.exam).group == Context.objects.get().group
    assert ExamGroup.objects.filter(exam=campus.exam).exists()


def test_an_exam_that_the_platform_may_not_open_stays_closed(campus: Campus) -> None:
    foreign = exam_of(make_unit(), campus)
    page = course_asking_for(foreign, campus.exam.owner_unit)
    campus.launch(custom={"course": page})
    assert not Candidate.objects.filter(exam=foreign).exists()


def test_an_exam_without_candidates_may_be_published_where_a_platform_brings_them(campus: Campus) -> None:
    campus.exam.candidates.all().delete()
    (problem,) = [
        each for each in checklist(exam=campus.exam, now=campus.now) if each.code == "no_candidates"
    ]
    assert not problem.fatal
    campus.row.state = "off"
    campus.row.save()
    (problem,) = [
        each for each in checklist(exam=campus.exam, now=campus.now) if each.code == "no_candidates"
    ]
    assert problem.fatal
