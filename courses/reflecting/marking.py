"""Teachers mark what was handed in, or return it with a reason. A mark that is accepted finishes the lesson's part."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from courses.errors import NotFound, NotPossible
from courses.models import Reflection, ReflectionTask
from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from learning.study.services.finishing import finish_part

from .tasks import lesson_of

WAITING = Reflection.State.SUBMITTED


def tasks_to_mark(user: User) -> QuerySet[ReflectionTask, Any]:
    """The tasks of the person's own scope with `waiting` and `marked` counts, those with something waiting first."""
    tasks = ReflectionTask.objects.allowing(user, Action.REFLECTION_MARK).select_related("owner_unit")
    return tasks.annotate(
        waiting=Count("reflections", filter=Q(reflections__state=WAITING)),
        marked=Count("reflections", filter=Q(reflections__state=Reflection.State.MARKED)),
    ).order_by("-waiting", "-created_at", "pk")


def handed_in(user: User, task_id: int) -> QuerySet[Reflection]:
    """What was handed in for the task, if it lies in the person's scope; drafts are nobody's but the author's."""
    tasks = ReflectionTask.objects.allowing(user, Action.REFLECTION_MARK)
    rows = Reflection.objects.filter(task__in=tasks, task=task_id).exclude(state=Reflection.State.DRAFT)
    return rows.select_related("user", "unit", "task", "marked_by")


def next_waiting(user: User, task_id: int, *, after: int = 0) -> Reflection | None:
    """The one that has waited longest; `after` an id: the next one behind it, or the first again."""
    rows = handed_in(user, task_id).filter(state=WAITING).exclude(user=user).order_by("submitted_at", "pk")
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        return None
    at = ids.index(after) + 1 if after in ids else 0
    return rows.get(pk=ids[at % len(ids)])


@transaction.atomic
def mark(
    *, reflection_id: int, mark: Decimal, comment: str, seen_rev: int, by: User, now: datetime
) -> Reflection:
    """Gives 0 to 100 points, or changes them. Raises NotFound outside the marker's scope, NotPossible for a draft, one's
    own text, or a text that changed since it was read."""
    row = _locked(reflection_id, by)
    if row.state not in (WAITING, Reflection.State.MARKED) or row.rev != seen_rev:
        raise NotPossible(_("这篇心得体会的状态已有变化，请重新打开。"))
    if not 0 <= mark <= 100:
        raise NotPossible(_("评分须在 0 到 100 之间。"))
    before = row.mark
    row.state, row.mark, row.comment = Reflection.State.MARKED, mark, comment.strip()
    row.marked_by, row.marked_at = by, now
    row.save(update_fields=["state", "mark", "comment", "marked_by", "marked_at"])
    data = {"from": str(before) if before is not None else None, "to": str(mark)}
    _record("reflection.mark", row, data, by, now)
    lesson = lesson_of(row.task)
    if lesson is not None:
        activity, part = lesson
        finish_part(user=row.user, activity=activity, part=part, now=now)
    return row


@transaction.atomic
def give_back(*, reflection_id: int, reason: str, seen_rev: int, by: User, now: datetime) -> Reflection:
    """Returns it to its author to write on; the mark is taken back, a lesson that it finished stays finished. Raises as
    `mark`, and without a reason."""
    row = _locked(reflection_id, by)
    if row.state not in (WAITING, Reflection.State.MARKED) or row.rev != seen_rev:
        raise NotPossible(_("这篇心得体会的状态已有变化，请重新打开。"))
    if not reason.strip():
        raise NotPossible(_("请填写退回的原因。"))
    row.state, row.mark, row.comment = Reflection.State.RETURNED, None, reason.strip()
    row.marked_by, row.marked_at = by, now
    row.save(update_fields=["state", "mark", "comment", "marked_by", "marked_at"])
    _record("reflection.return", row, {"reason": reason.strip()}, by, now)
    return row


def _locked(reflection_id: int, by: User) -> Reflection:
    tasks = ReflectionTask.objects.allowing(by, Action.REFLECTION_MARK)
    rows = Reflection.objects.select_for_update(of=("self",)).filter(task__in=tasks)
    found = rows.select_related("task__owner_unit", "user").filter(pk=reflection_id).first()
    if found is None:
        raise NotFound
    if found.user_id == by.pk:
        raise NotPossible(_("不能评阅自己的心得体会。"))
    return found


def _record(action: str, row: Reflection, data: dict[str, Any], by: User, now: datetime) -> None:
    told = {**data, "user": str(row.user)}
    record(actor=by, action=action, obj=row.task, unit=row.task.owner_unit, data=told, now=now)
