"""A small school made by chance: units that moved and closed, people with and without roles, things for some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from courses.models import CoursePage, LessonPage, TopicPage
from courses.models.topics import TopicBook, TopicCourse
from learning.organisation.models import (
    GroupRole,
    GroupStaff,
    Membership,
    PersonStatus,
    Role,
    RoleAssignment,
    TeachingGroup,
    Unit,
    User,
)
from learning.organisation.services.units import close_unit, move_unit
from learning.study.models import Activity, Enrolment
from question_bank.exams.models import Exam, ExamGroup
from question_bank.questions.models import Bank, BankShare, Question
from tests.courses.factories import make_chapter, make_course, make_lesson, make_topic, publish
from tests.factories import (
    LONG_AGO,
    NOW,
    make_bank,
    make_candidate,
    make_exam,
    make_group,
    make_membership,
    make_question,
    make_unit,
    make_user,
)

MOVED_ON = date(2026, 5, 1)
STATUSES = [PersonStatus.FULL, PersonStatus.APPLICANT, PersonStatus.PUBLIC]


@dataclass
class School:
    """Of each kind all objects, those too that nobody may find."""

    units: list[Unit] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    courses: list[CoursePage] = field(default_factory=list)
    lessons: list[LessonPage] = field(default_factory=list)
    topics: list[TopicPage] = field(default_factory=list)
    exams: list[Exam] = field(default_factory=list)
    banks: list[Bank] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    groups: list[TeachingGroup] = field(default_factory=list)


def make_school(seed: int) -> School:
    chance, school = Random(seed), School()  # the same school for the same seed
    _units(chance, school)
    _people(chance, school)
    _courses(chance, school)
    _topics(chance, school)
    _banks(chance, school)
    _exams(chance, school)
    return school


def _units(chance: Random, school: School) -> None:
    """A root, three colleges, two or three branches each; one branch has moved, one college's branch is closed (with
    somebody left in it), and the root of another tree."""
    root = make_unit(name="党委")
    colleges = [make_unit(root, kind=Unit.Kind.GENERAL_BRANCH) for _ in range(3)]
    branches = [make_unit(college) for college in colleges for _ in range(chance.randint(2, 3))]
    moved, closed = chance.sample(branches, 2)
    target = chance.choice([each for each in colleges if not moved.path.startswith(each.path)])
    move_unit(unit=moved, parent=target, on=MOVED_ON, by=None, now=NOW)
    close_unit(unit=closed, on=MOVED_ON, by=None, now=NOW)
    make_unit(name="另一个党委")
    school.units = list(Unit.objects.all())


def _people(chance: Random, school: School) -> None:
    organising = [role for role in Role if role not in (Role.MEMBER, Role.ADMINISTRATOR)]
    for unit in school.units:
        for _ in range(2):
            user = make_user()
            make_membership(user, unit, status=chance.choice(STATUSES))
            school.users.append(user)
    for role in organising:
        where = chance.choice(school.units)
        school.users.append(make_user(unit=chance.choice([None, *school.units]), roles=[(role, where)]))
    stray = make_user()
    gone = make_user()
    Membership.objects.create(
        user=gone,
        unit=chance.choice(school.units),
        person_status=PersonStatus.FULL,
        from_date=LONG_AGO,
        to_date=MOVED_ON,
    )
    late = make_user(unit=school.units[0])
    RoleAssignment.objects.create(
        user=late,
        role=Role.SCHOOL_OFFICE,
        unit=school.units[0],
        from_date=LONG_AGO,
        to_date=LONG_AGO + timedelta(days=9),
    )
    stopped = make_user(unit=chance.choice(school.units), is_active=False)
    top = make_user(roles=[(Role.ADMINISTRATOR, school.units[0])])
    school.users += [stray, gone, late, stopped, top]
    for role in GroupRole:
        group = make_group(*chance.sample(school.users, 3))
        teacher = chance.choice(school.users)
        GroupStaff.objects.create(group=group, user=teacher, role=role, since=NOW)
        school.groups.append(group)


def _some(chance: Random, things: list[Unit], most: int) -> list[Unit]:
    return chance.sample(things, chance.randint(0, most))


def _courses(chance: Random, school: School) -> None:
    for number in range(14):
        statuses = chance.choice([[], [], [PersonStatus.FULL], [PersonStatus.FULL, PersonStatus.PUBLIC]])
        course = make_course(chance.choice(school.units), audience_statuses=statuses)
        course.audience_units = _some(chance, school.units, 3)
        inside = make_chapter(course) if number % 3 == 0 else course
        publish(course)
        school.lessons.append(make_lesson(inside, live=True))
        school.courses.append(course)
        activity = Activity.objects.get(key=f"page:{course.pk}")
        for user in chance.sample(school.users, 2):
            Enrolment.objects.create(
                activity=activity,
                user=user,
                unit=chance.choice(school.units),
                person_status=PersonStatus.FULL,
                source=Enrolment.Source.CLASS,
                enrolled_at=NOW,
            )
    for course in school.courses[:2]:
        CoursePage.objects.get(pk=course.pk).unpublish()
    LessonPage.objects.get(pk=school.lessons[2].pk).unpublish()
    school.courses.append(make_course(school.units[0]))


def _topics(chance: Random, school: School) -> None:
    for number in range(10):
        topic = make_topic(chance.choice(school.units))
        topic.books = [TopicBook(title=f"书{number}", author="张三、李四")]
        topic.courses = [TopicCourse(course=each) for each in chance.sample(school.courses, 2)]
        if number:
            publish(topic)
        else:
            topic.save()
        school.topics.append(topic)


def _banks(chance: Random, school: School) -> None:
    for number in range(8):
        bank = make_bank(chance.choice(school.units))
        for unit in _some(chance, school.units, 2):
            BankShare.objects.create(bank=bank, unit=unit)
        retired = {"retired_at": NOW} if number == 0 else {}
        question = make_question(bank)
        Question.objects.filter(pk=question.pk).update(**retired)
        school.banks.append(bank)
        school.questions.append(question)


def _exams(chance: Random, school: School) -> None:
    states = [Exam.State.PUBLISHED] * 3 + [Exam.State.DRAFT, Exam.State.WITHDRAWN]
    for number in range(12):
        exam = make_exam(
            unit=chance.choice(school.units), bank=school.banks[0], kinds=(), state=states[number % 5]
        )
        for user in chance.sample(school.users, 3):
            make_candidate(exam, user)
        if number % 2:
            ExamGroup.objects.create(exam=exam, group=chance.choice(school.groups), at=NOW)
        school.exams.append(exam)
