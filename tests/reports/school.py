"""A school with results and study, made of rows: reports are tested on what stands in the tables, not on how it got there."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from learning.organisation.models import PersonStatus, Unit, User
from learning.study.models import Activity, Completion, Enrolment, StudySession, StudySlice
from learning.study.services.hours import note_hours
from learning.study.services.reached import mend_reached
from question_bank.exams.models import Attempt, Candidate, Exam, Result
from tests.factories import NOW, make_candidate, make_exam, make_membership, make_unit, make_user
from tests.learning.study.factories import make_course, make_lesson

LATER = NOW + timedelta(days=3)  # every exam of make_exam is over


@dataclass
class School:
    root: Unit
    branches: list[Unit] = field(default_factory=list)
    generals: list[Unit] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    exams: list[Exam] = field(default_factory=list)
    courses: list[Activity] = field(default_factory=list)


def give_result(candidate: Candidate, score: str, *, full: str = "100", band: str = "") -> Result:
    """A marked attempt and its result; passed from 60 % on."""
    points, most = Decimal(score), Decimal(full)
    passed = points >= most * Decimal("0.6")
    attempt = Attempt.objects.create(
        exam=candidate.exam,
        user=candidate.user,
        candidate=candidate,
        no=1,
        state=Attempt.State.MARKED,
        started_at=NOW,
        deadline_at=NOW + timedelta(minutes=30),
        accept_until=NOW + timedelta(minutes=31),
        submitted_at=NOW + timedelta(minutes=20),
        seed=1,
        paper=[],
        rules={"pass_percent": "60", "bands": [], "sections": []},
        score=points,
        max_score=most,
        passed=passed,
        receipt_number=f"R{candidate.pk}",
    )
    return Result.objects.create(
        candidate=candidate,
        attempt=attempt,
        score=points,
        max_score=most,
        passed=passed,
        band=band,
        updated_at=NOW,
    )


def open_attempt(candidate: Candidate, state: str) -> Attempt:
    return Attempt.objects.create(
        exam=candidate.exam,
        user=candidate.user,
        candidate=candidate,
        no=1,
        state=state,
        started_at=NOW,
        deadline_at=NOW + timedelta(minutes=30),
        accept_until=NOW + timedelta(minutes=31),
        seed=1,
        paper=[],
        rules={"pass_percent": "60", "bands": [], "sections": []},
        max_score=Decimal(100),
    )


def enrol(
    course: Activity, user: User, *, source: str = Enrolment.Source.AUDIENCE, due_in: int | None = None
) -> Enrolment:
    membership = user.memberships.select_related("unit").get(to_date=None)
    unit = membership.unit
    made = Enrolment.objects.create(
        activity=course,
        user=user,
        unit=unit,
        unit_ancestors=[unit.key, *(each.key for each in reversed(list(unit.get_ancestors())))],
        person_status=membership.person_status,
        source=source,
        enrolled_at=NOW - timedelta(days=20),
        due_at=None if due_in is None else NOW + timedelta(days=due_in),
    )
    mend_reached(activities=[course.pk])
    return made


def finish(activity: Activity, user: User, *, hours: str = "0", days_ago: int = 1) -> Completion:
    made = Completion.objects.create(
        activity=activity,
        user=user,
        unit=user.memberships.get(to_date=None).unit,
        completed_at=NOW - timedelta(days=days_ago),
        credit_hours=Decimal(hours),
    )
    note_hours([made])
    mend_reached(activities=[activity.parent_id or activity.pk])
    return made


def begin(lesson: Activity, user: User) -> StudySession:
    made = StudySession.objects.create(
        user=user,
        activity=lesson,
        unit=user.memberships.get(to_date=None).unit,
        tab="t",
        started_at=NOW,
        last_recv_at=NOW,
    )
    mend_reached(activities=[lesson.parent_id or lesson.pk])
    return made


def study(lesson: Activity, user: User, *, days_ago: float = 1, minutes: float = 10) -> StudySlice:
    begins = NOW - timedelta(days=days_ago)
    return StudySlice.objects.create(
        user=user,
        activity=lesson,
        unit=user.memberships.get(to_date=None).unit,
        started_at=begins,
        ended_at=begins + timedelta(minutes=minutes),
    )


def make_school(seed: int, *, people: int = 36) -> School:
    """Three levels, some people at the committee itself, two exams with different full marks, a course; all by the seed."""
    dice = random.Random(seed)
    school = School(make_unit(name="校党委"))
    for general in range(2):
        above = make_unit(school.root, name=f"总支{general}", kind=Unit.Kind.GENERAL_BRANCH)
        school.generals.append(above)
        school.branches += [make_unit(above, name=f"支部{general}-{n}") for n in range(3)]
    school.branches.append(make_unit(school.root, name="直属支部"))
    for _ in range(people):
        user = make_user()
        make_membership(
            user, dice.choice([*school.branches, school.root]), status=dice.choice(list(PersonStatus))
        )
        school.people.append(user)
    for full in ("100", "60"):
        exam = make_exam(
            unit=school.root,
            kinds=("single",),
            bands=[{"from": "90", "name": "优秀"}] if full == "60" else [],
        )
        school.exams.append(exam)
        for user in school.people:
            if dice.random() < 0.9:
                _candidate(dice, exam, user, full)
    course = make_course(school.root)
    lessons = [make_lesson(course) for _ in range(3)]
    school.courses.append(course)
    for user in school.people:
        _student(dice, course, lessons, user)
    return school


def _candidate(dice: random.Random, exam: Exam, user: User, full: str) -> None:
    state = dice.choice(["eligible"] * 8 + ["exempt", "deferred", "barred", "absent"])
    candidate = make_candidate(exam, user, state=state)
    fate = dice.random()
    if state in ("exempt", "deferred", "absent") or fate < 0.15:
        return
    if fate < 0.2:
        open_attempt(candidate, Attempt.State.IN_PROGRESS)
    elif fate < 0.25:
        open_attempt(candidate, Attempt.State.MARKING)
    else:
        score = Decimal(dice.randint(0, int(full) * 4)) / 4
        give_result(
            candidate,
            str(score),
            full=full,
            band="优秀" if exam.bands and score * 10 >= int(full) * 9 else "",
        )


def _student(dice: random.Random, course: Activity, lessons: list[Activity], user: User) -> None:
    if dice.random() < 0.1:
        return
    source = Enrolment.Source.SELF if dice.random() < 0.1 else Enrolment.Source.AUDIENCE
    enrol(course, user, source=source, due_in=dice.choice([None, -5, 5]))
    done = dice.randint(0, 3)
    for n, lesson in enumerate(lessons[:done]):
        begin(lesson, user)
        study(lesson, user, days_ago=2 + n / 10, minutes=dice.randint(1, 30))
        finish(lesson, user, hours="0.67")
    if done == 3:
        finish(course, user)
    elif dice.random() < 0.3:
        begin(lessons[done], user)
