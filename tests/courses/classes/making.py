"""Courses, exams and reflections as a class asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from courses.models import Reflection, ReflectionTask
from learning.organisation.models import Unit, User
from learning.study.models import Activity, Completion
from question_bank.exams.models import Candidate, Exam, Result
from tests.factories import NOW

_numbers = count(1)


def make_course(
    unit: Unit, *, lessons: int = 2, title: str = "", parts: Sequence[dict[str, Any]] = ()
) -> Activity:
    """An open course with so many required lessons; `parts` of each."""
    n = next(_numbers)
    course = Activity.objects.create(
        key=f"test:{n}",
        kind=Activity.Kind.COURSE,
        title=title or f"课程{n}",
        owner_unit=unit,
        is_open=True,
        updated_at=NOW,
    )
    for position in range(lessons):
        Activity.objects.create(
            key=f"test:{n}.{position}",
            kind=Activity.Kind.LESSON,
            parent=course,
            position=position,
            title=f"第 {position + 1} 课",
            owner_unit=unit,
            is_open=True,
            parts=list(parts),
            updated_at=NOW,
        )
    return course


def complete(user: User, activity: Activity, *, hours: str = "0", at: Any = NOW) -> Completion:
    return Completion.objects.create(
        user=user, activity=activity, completed_at=at, credit_hours=Decimal(hours)
    )


def complete_course(user: User, course: Activity, *, hours: str = "1") -> None:
    for lesson in course.children.all():
        complete(user, lesson, hours=hours)
    complete(user, course)


def make_task(unit: Unit, **fields: Any) -> ReflectionTask:
    n = next(_numbers)
    return ReflectionTask.objects.create(
        **{"title": f"心得{n}", "owner_unit": unit, "min_chars": 10, "created_at": NOW, **fields}
    )


def make_mark(user: User, task: ReflectionTask, mark: str) -> Reflection:
    return Reflection.objects.create(
        user=user,
        task=task,
        text="学习体会" * 10,
        rev=1,
        state=Reflection.State.MARKED,
        mark=Decimal(mark),
        saved_at=NOW,
        submitted_at=NOW,
    )


def make_result(exam: Exam, user: User, score: str, *, of: str = "100", passed: bool = True) -> Result:
    candidate = Candidate.objects.get(exam=exam, user=user)
    return Result.objects.create(
        candidate=candidate, score=Decimal(score), max_score=Decimal(of), passed=passed, updated_at=NOW
    )
