"""Which reflections are asked of whom: by the plan of a class, or by a block of a lesson."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from courses.errors import NotFound
from courses.models import ReflectionTask
from learning.organisation.models import ClassMember, TrainingClass, Unit, User
from learning.organisation.services.audit import record
from learning.study.models import Activity


def create_task(
    *,
    title: str,
    prompt: str,
    min_chars: int,
    owner_unit: Unit,
    by: User,
    now: datetime,
    due_at: datetime | None = None,
) -> ReflectionTask:
    """A task made by hand, for the plan of a class."""
    with transaction.atomic():
        task = ReflectionTask.objects.create(
            title=title,
            prompt=prompt,
            min_chars=min_chars,
            owner_unit=owner_unit,
            due_at=due_at,
            created_at=now,
        )
        record(actor=by, action="reflection.task", obj=task, unit=owner_unit, data={"title": title}, now=now)
    return task


def key_of_part(activity: Activity, part: str) -> str:
    """A copied lesson keeps the ids of its blocks: the lesson's own key makes them different."""
    return f"{activity.key}/{part}"


def task_of_part(*, activity: Activity, part: str, now: datetime) -> ReflectionTask:
    """The task behind a reflection block of a lesson, as the block is published now: made when it is first opened.
    Raises NotFound for a part that is none."""
    found = next((each for each in activity.parts if each["key"] == part), None)
    if found is None or found["kind"] != "reflection":
        raise NotFound
    asked: dict[str, Any] = {
        "title": found.get("title") or activity.title,
        "prompt": found.get("prompt", ""),
        "min_chars": found.get("least_words", 0),
        "owner_unit_id": activity.owner_unit_id,
    }
    task, made = ReflectionTask.objects.get_or_create(
        key=key_of_part(activity, part), defaults={**asked, "created_at": now}
    )
    changed = [name for name, value in asked.items() if getattr(task, name) != value]
    if changed and not made:
        for name in changed:
            setattr(task, name, asked[name])
        task.save(update_fields=changed)
    return task


def lesson_of(task: ReflectionTask) -> tuple[Activity, str] | None:
    """The lesson and the part that the task was made for; None for one made by hand."""
    key, _slash, part = task.key.rpartition("/")
    activity = Activity.objects.select_related("parent").filter(key=key).first() if key else None
    return (activity, part) if activity else None


def asked_by_classes(user: User) -> QuerySet[ReflectionTask]:
    """The tasks in the plans of the running classes where the person is an active member."""
    running = ClassMember.objects.filter(
        user=user,
        state=ClassMember.State.ACTIVE,
        training_class__state=TrainingClass.State.RUNNING,
    )
    return ReflectionTask.objects.filter(plan_items__training_class__in=running.values("training_class"))


def class_asking(*, user: User, task: ReflectionTask) -> TrainingClass | None:
    """The running class of the person whose plan asks for the task; of several the one that ends first."""
    asking = TrainingClass.objects.of_member(user).filter(plan_items__task=task)
    return asking.filter(state=TrainingClass.State.RUNNING).order_by("to_date", "pk").first()


def may_write(*, user: User, task: ReflectionTask, now: datetime) -> bool:
    """Whether the task is asked of the person now: by a running class, or by a lesson that is open to them."""
    if asked_by_classes(user).filter(pk=task.pk).exists():
        return True
    lesson = lesson_of(task)
    if lesson is None:
        return False
    activity, part = lesson
    still_asked = any(each["key"] == part and each["kind"] == "reflection" for each in activity.parts)
    return still_asked and lesson_for(user=user, activity_id=activity.pk, now=now) is not None


def task_for(*, user: User, task_id: int, now: datetime) -> ReflectionTask:
    """The task, if it is asked of this person or they have written for it. Raises NotFound."""
    task = ReflectionTask.objects.select_related("owner_unit").filter(pk=task_id).first()
    if task is None:
        raise NotFound
    if task.reflections.filter(user=user).exists() or may_write(user=user, task=task, now=now):
        return task
    raise NotFound


def lesson_for(*, user: User, activity_id: int, now: datetime) -> Activity | None:
    """The lesson, if the person may study it now."""
    day = timezone.localdate(now)
    found: Activity | None = Activity.objects.open_to(user, day=day).filter(pk=activity_id).first()
    return found
