"""The plan of a class: its items and its rules of graduation. A course in the plan of a running class enrols its members,
an exam admits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from courses.errors import NotFound, NotPossible
from courses.models import ClassPlan, PlanItem, ReflectionTask
from learning.organisation.models import ClassMember, TrainingClass, User
from learning.organisation.services.audit import record
from learning.organisation.services.classes import locked, refuse_closed
from learning.study.models import Activity, Enrolment
from learning.study.services.enrolling import enrol
from question_bank.exams.candidates import admit_users
from question_bank.exams.models import Exam

from .graduating import Part, Rules

# What organisers may choose with one tap; other weights are typed.
USUAL_WEIGHTS = ((70, 10, 20), (40, 20, 40))
RULE_FIELDS = (
    "w_exam",
    "w_study",
    "w_reflection",
    "least_exam",
    "least_study",
    "least_reflection",
    "pass_total",
    "certificate",
)
PART_OF = {"exam": Part.EXAM, "course": Part.STUDY, "reflection": Part.REFLECTION}


def plan_of(training_class: TrainingClass) -> ClassPlan:
    """The rules of the class; those of a plan that nobody has touched yet are the usual ones, not saved."""
    found = ClassPlan.objects.filter(training_class=training_class).first()
    return found or ClassPlan(training_class=training_class)


def items_of(training_class: TrainingClass) -> list[PlanItem]:
    """The plan in its order with what each item names; one query."""
    rows = PlanItem.objects.filter(training_class=training_class).select_related("activity", "exam", "task")
    return list(rows.defer("exam__plan", "exam__corrections", "activity__parts").order_by("position", "pk"))


def name_of(item: PlanItem) -> str:
    """What the item is called on the screen."""
    thing = item.activity or item.exam or item.task
    if thing is not None:
        return thing.title
    return _("学满 %(hours)s 学时") % {"hours": f"{(item.hours or Decimal(0)).normalize():f}"}


def rules_of(plan: ClassPlan, items: Iterable[PlanItem]) -> Rules:
    hours = [
        item.hours for item in items if item.kind == PlanItem.Kind.HOURS and item.hours and item.required
    ]
    return Rules(
        weights={Part.EXAM: plan.w_exam, Part.STUDY: plan.w_study, Part.REFLECTION: plan.w_reflection},
        least={
            Part.EXAM: Decimal(plan.least_exam),
            Part.STUDY: Decimal(plan.least_study),
            Part.REFLECTION: Decimal(plan.least_reflection),
        },
        pass_total=Decimal(plan.pass_total),
        least_hours=max(hours, default=Decimal(0)),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the plan cannot lead to a graduation as it stands."""

    message: str


def problems(plan: ClassPlan, items: Sequence[PlanItem]) -> list[Problem]:
    """What to mend: parts that weigh but hold nothing, exams that are not published."""
    rules, found = rules_of(plan, items), []
    if not items:
        found.append(Problem(_("培训计划还是空的，请添加课程、考试或心得体会。")))
    words = {Part.EXAM: _("考试"), Part.STUDY: _("课程"), Part.REFLECTION: _("心得体会")}
    there = {PART_OF[item.kind] for item in items if item.kind in PART_OF}
    for part in Part:
        if rules.weights[part] and part not in there and items:
            message = _("“%(part)s”占 %(weight)s%%，但计划中一项也没有。") % {
                "part": words[part],
                "weight": rules.weights[part],
            }
            found.append(Problem(message))
    for item in items:
        if item.exam is not None and item.exam.state != Exam.State.PUBLISHED:
            found.append(Problem(_("考试“%(title)s”没有发布。") % {"title": item.exam.title}))
        if item.activity is not None and not item.activity.is_open:
            found.append(Problem(_("课程“%(title)s”没有发布。") % {"title": item.activity.title}))
    return found


@transaction.atomic
def set_rules(*, class_id: int, fields: Mapping[str, Any], by: User, now: datetime) -> ClassPlan:
    """New weights and minimums. Raises NotPossible where the weights do not add to 100 or the pass total is below 60,
    ClassNotOpen."""
    training_class = locked(class_id)
    refuse_closed(training_class)
    plan = plan_of(training_class)
    changes = {}
    for name in RULE_FIELDS:
        if name in fields and fields[name] != getattr(plan, name):
            changes[name] = [str(getattr(plan, name)), str(fields[name])]
            setattr(plan, name, fields[name])
    if plan.w_exam + plan.w_study + plan.w_reflection != 100:
        raise NotPossible(_("三项比例之和必须是 100。"))
    if plan.pass_total < 60:
        raise NotPossible(_("综合成绩合格线不能低于 60。"))
    plan.save()
    if changes:
        _record(training_class, "class.rules", changes, by, now)
    return plan


@transaction.atomic
def add_item(
    *,
    class_id: int,
    kind: str,
    by: User,
    now: datetime,
    activity: Activity | None = None,
    exam: Exam | None = None,
    task: ReflectionTask | None = None,
    hours: Decimal | None = None,
    required: bool = True,
    due_at: datetime | None = None,
    weight: int = 1,
) -> PlanItem:
    """A further item, last in the order; the members of a running class are enrolled or admitted at once. Raises
    NotPossible for what the plan holds already, ClassNotOpen."""
    training_class = locked(class_id)
    refuse_closed(training_class)
    last = training_class.plan_items.aggregate(last=Max("position"))["last"] or 0
    item = PlanItem(
        training_class=training_class,
        kind=kind,
        activity=activity,
        exam=exam,
        task=task,
        hours=hours,
        required=required,
        due_at=due_at,
        weight=weight,
        position=last + 1,
    )
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError:
        raise NotPossible(_("培训计划里已经有这一项。")) from None
    if training_class.state == TrainingClass.State.RUNNING:
        active = training_class.members.filter(state=ClassMember.State.ACTIVE)
        admit_to([item], active.values_list("user", flat=True), by=by, now=now)
    _record(training_class, "class.item_add", {"item": name_of(item)}, by, now)
    return item


@transaction.atomic
def change_item(
    *, item_id: int, required: bool, weight: int, due_at: datetime | None, by: User, now: datetime
) -> PlanItem:
    """Raises NotFound, ClassNotOpen."""
    item = _item(item_id)
    before = (item.required, item.weight, item.due_at)
    item.required, item.weight, item.due_at = required, weight, due_at
    if before != (required, weight, due_at):
        item.save(update_fields=["required", "weight", "due_at"])
        if item.activity_id:
            Enrolment.objects.filter(
                activity=item.activity_id,
                source=Enrolment.Source.CLASS,
                user__in=item.training_class.members.values("user"),
            ).update(due_at=due_at)
        data = {"item": name_of(item), "required": required, "weight": weight}
        _record(item.training_class, "class.item_change", data, by, now)
    return item


@transaction.atomic
def remove_item(*, item_id: int, by: User, now: datetime) -> None:
    """Takes the item out of the plan; enrolments and admissions stay. Raises NotFound, ClassNotOpen."""
    item = _item(item_id)
    _record(item.training_class, "class.item_remove", {"item": name_of(item)}, by, now)
    item.delete()


def admit_to(items: Iterable[PlanItem], user_ids: Iterable[int], *, by: User | None, now: datetime) -> None:
    """Enrols these people in the courses and admits them to the exams of the items."""
    users = list(User.objects.filter(pk__in=list(user_ids)))
    if not users:
        return
    for item in items:
        if item.activity is not None:
            enrol(
                activity=item.activity,
                users=users,
                source=Enrolment.Source.CLASS,
                now=now,
                due_at=item.due_at,
            )
        elif item.exam is not None:
            admit_users(exam_id=item.exam.pk, users=users, by=by, now=now)


def on_class_joined(
    *, training_class: TrainingClass, user_ids: list[int], by: User | None, now: datetime, **_more: Any
) -> None:
    """Receiver: whoever is in a running class has its courses and exams."""
    admit_to(items_of(training_class), user_ids, by=by, now=now)


def _item(item_id: int) -> PlanItem:
    """The item under its class's lock."""
    class_id = PlanItem.objects.filter(pk=item_id).values_list("training_class", flat=True).first()
    if class_id is None:
        raise NotFound
    refuse_closed(locked(class_id))
    rows = PlanItem.objects.select_related("training_class__owner_unit", "activity", "exam", "task")
    found = rows.filter(pk=item_id).first()
    if found is None:
        raise NotFound
    return found


def _record(
    training_class: TrainingClass, action: str, data: dict[str, Any], by: User, now: datetime
) -> None:
    record(actor=by, action=action, obj=training_class, unit=training_class.owner_unit, data=data, now=now)
