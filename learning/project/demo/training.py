"""The demo's training class: twenty people of many branches, a plan of both courses, an exam, a reflection, hours."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from courses.classes.planning import add_item, set_rules
from courses.models import PlanItem, ReflectionTask
from courses.reflecting.tasks import task_of_part
from learning.organisation.models import Membership, TrainingClass, Unit, User
from learning.organisation.services.classes import admit_users, create_class, start_class
from learning.study.models import Activity
from question_bank.exams.models import Exam

from .coursework import Coursework
from .curriculum import COURSES

CODE = "2026-02"
NAME = "2026年第二期党校培训班"
RULES = "按时完成两门课程和心得体会，参加党章党史知识考试；累计不少于 2 学时。综合成绩合格的，发给结业证书。"
EACH = 2  # of a branch, where it has as many
WEIGHTS = {"w_exam": 50, "w_study": 30, "w_reflection": 20}
LEAST_HOURS = Decimal(2)


def open_class(
    *,
    root: Unit,
    members: list[User],
    coursework: Coursework,
    exam: Exam,
    by: User,
    began: datetime,
    now: datetime,
) -> TrainingClass:
    """The class as it began a day after the courses were published; it goes on for two weeks from now."""
    first = began + timedelta(days=1)
    last = (now + timedelta(days=14)).replace(hour=15, minute=59, second=0, microsecond=0)  # 23:59 in China
    made = create_class(
        name=NAME,
        code=CODE,
        owner_unit=root,
        from_date=timezone.localtime(first).date(),
        to_date=timezone.localtime(last).date(),
        rules=RULES,
        by=by,
        now=began,
    )
    admit_users(class_id=made.pk, users=members, by=by, now=began)
    set_rules(class_id=made.pk, fields=WEIGHTS, by=by, now=began)
    task = reflection_task(coursework.branch, now=began)
    for course in (coursework.constitution, coursework.branch):
        add_item(
            class_id=made.pk,
            kind=PlanItem.Kind.COURSE,
            activity=course,
            due_at=course.due_at,
            by=by,
            now=began,
        )
    add_item(class_id=made.pk, kind=PlanItem.Kind.EXAM, exam=exam, by=by, now=began)
    add_item(class_id=made.pk, kind=PlanItem.Kind.REFLECTION, task=task, due_at=last, by=by, now=began)
    add_item(class_id=made.pk, kind=PlanItem.Kind.HOURS, hours=LEAST_HOURS, by=by, now=began)
    return start_class(class_id=made.pk, by=by, now=first)


def reflection_task(course: Activity, *, now: datetime) -> ReflectionTask:
    """Of the course's one reflection block."""
    for lesson in course.children.filter(is_open=True):
        for part in lesson.parts:
            if part["kind"] == "reflection":
                return task_of_part(activity=lesson, part=part["key"], now=now)
    raise RuntimeError("The demo's course asks for no reflection.")


def chosen(members: list[User]) -> list[User]:
    """Twenty of them, the first always: the first of each branch whom both courses of the plan are meant for."""
    meant = set(COURSES[0].statuses).intersection(*(course.statuses for course in COURSES))
    held = Membership.objects.filter(to_date=None, person_status__in=meant)
    branches = dict(held.values_list("user", "unit"))
    taken: Counter[int] = Counter()
    found = []
    for member in members:
        branch = branches.get(member.pk)
        if branch is not None and taken[branch] < EACH:
            taken[branch] += 1
            found.append(member)
    return found
