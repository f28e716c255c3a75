"""Who of a class has done what: every member against every item of the plan, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from courses.models import PlanItem, Reflection
from learning.organisation.models import ClassMember, TrainingClass
from learning.study.models import Activity, Completion
from question_bank.exams.models import Result

from .graduating import Item, Part, Rules, Verdict, completion, judged, rounded
from .planning import name_of

NOTHING = Decimal(0)
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Deed:
    """One item as one member did it. `score` in points of 100, None where there is none yet; `count` of `of` required
    lessons of a course are completed (a course that requires none counts as one lesson); `state` a Reflection's state,
    "" for others; `late` = not done and overdue."""

    item: PlanItem
    done: bool
    score: Decimal | None = None
    count: int = 0
    of: int = 0
    state: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class MemberStanding:
    member: ClassMember
    deeds: list[Deed]
    verdict: Verdict

    @property
    def done(self) -> int:
        return sum(deed.done for deed in self.deeds)

    @property
    def late(self) -> int:
        return sum(deed.late for deed in self.deeds)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the database says of the members, by user id."""

    lessons: dict[int, int]  # course → its required lessons
    lessons_done: dict[tuple[int, int], int]  # (course, user) → how many of them are completed
    courses_done: set[tuple[int, int]]
    results: dict[tuple[int, int], tuple[Decimal, Decimal, bool]]  # (exam, user) → score, max, passed
    reflections: dict[tuple[int, int], tuple[str, Decimal | None]]  # (task, user) → state, mark
    hours: dict[int, Decimal]


def class_hours(training_class: TrainingClass) -> Q:
    """Completions that count as hours of the class: made between its first and its last day, local time."""
    zone = timezone.get_default_timezone()
    begin = datetime.combine(training_class.from_date, time(), zone)
    end = datetime.combine(training_class.to_date + timedelta(days=1), time(), zone)
    return Q(completed_at__gte=begin, completed_at__lt=end)


def standings(
    *,
    training_class: TrainingClass,
    members: Sequence[ClassMember],
    items: Sequence[PlanItem],
    rules: Rules,
    now: datetime,
) -> list[MemberStanding]:
    """In the order of the members; six queries for any number of them and of items."""
    found = gathered(training_class, members, items)
    return [_standing(member, items, rules, found, now) for member in members]


def gathered(
    training_class: TrainingClass, members: Sequence[ClassMember], items: Sequence[PlanItem]
) -> Gathered:
    courses = [item.activity_id for item in items if item.activity_id]
    exams = [item.exam_id for item in items if item.exam_id]
    tasks = [item.task_id for item in items if item.task_id]
    # Few members (one's own page, a page of the board): by their ids; the whole class: by the class.
    users: QuerySet[ClassMember, int] | list[int] = [member.user_id for member in members]
    if len(members) > 500:
        users = ClassMember.objects.filter(training_class=training_class).values_list("user", flat=True)
    asked = Activity.objects.filter(parent__in=courses, is_open=True, required=True)
    lessons = dict(asked.order_by().values_list("parent").annotate(n=Count("pk")))
    finished = Completion.objects.filter(user__in=users)
    each_lesson = finished.filter(
        activity__parent__in=courses, activity__is_open=True, activity__required=True
    )
    per_course = each_lesson.values_list("activity__parent", "user").annotate(n=Count("pk"))
    results = Result.objects.filter(candidate__exam__in=exams, candidate__user__in=users)
    written = Reflection.objects.filter(task__in=tasks, user__in=users)
    hours = finished.filter(class_hours(training_class)).values_list("user").annotate(sum=Sum("credit_hours"))
    return Gathered(
        lessons=lessons,
        lessons_done={(course, user): n for course, user, n in per_course.order_by()},
        courses_done=set(finished.filter(activity__in=courses).values_list("activity", "user")),
        results={
            (exam, user): (score, most, passed)
            for exam, user, score, most, passed in results.values_list(
                "candidate__exam", "candidate__user", "score", "max_score", "passed"
            )
        },
        reflections={
            (task, user): (state, mark)
            for task, user, state, mark in written.values_list("task", "user", "state", "mark")
        },
        # SQLite adds decimals as floats.
        hours={user: total.quantize(HUNDREDTH) for user, total in hours.order_by()},
    )


def _standing(
    member: ClassMember, items: Sequence[PlanItem], rules: Rules, found: Gathered, now: datetime
) -> MemberStanding:
    hours = found.hours.get(member.user_id, NOTHING)
    deeds = [_deed(item, member.user_id, hours, found, now) for item in items]
    judged_items = [
        Item(
            part,
            name_of(deed.item),
            deed.score or NOTHING,
            deed.done,
            required=deed.item.required,
            weight=deed.item.weight,
            count=deed.count,
            of=deed.of,
        )
        for deed in deeds
        if (part := PARTS.get(deed.item.kind)) is not None
    ]
    return MemberStanding(member, deeds, judged(judged_items, hours=hours, rules=rules))


PARTS = {
    PlanItem.Kind.EXAM.value: Part.EXAM,
    PlanItem.Kind.COURSE.value: Part.STUDY,
    PlanItem.Kind.REFLECTION.value: Part.REFLECTION,
}


def _deed(item: PlanItem, user_id: int, hours: Decimal, found: Gathered, now: datetime) -> Deed:
    overdue = item.due_at is not None and item.due_at <= now
    if item.activity_id:
        of = found.lessons.get(item.activity_id) or 1
        count = found.lessons_done.get((item.activity_id, user_id), 0)
        done = (item.activity_id, user_id) in found.courses_done
        # A completed course stays whole when a lesson is added to it later.
        score = Decimal(100) if done else completion(count, of)
        return Deed(item, done, score, of if done else count, of, late=overdue and not done)
    if item.exam_id:
        result = found.results.get((item.exam_id, user_id))
        if result is None:
            return Deed(item, False, late=overdue)
        score, most, passed = result
        return Deed(
            item, passed, rounded(100 * score / most) if most else NOTHING, late=overdue and not passed
        )
    if item.task_id:
        state, mark = found.reflections.get((item.task_id, user_id), ("", None))
        handed_in = state in (Reflection.State.SUBMITTED, Reflection.State.MARKED)
        marked = state == Reflection.State.MARKED
        return Deed(item, marked, mark, state=state, late=overdue and not handed_in)
    done = hours >= (item.hours or NOTHING)
    return Deed(item, done, hours, late=overdue and not done)
