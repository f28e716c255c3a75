"""A member writes: drafts saved by compare-and-set, the length counted on the server, handing in."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.errors import NotPossible, Stale
from courses.models import Reflection, ReflectionTask
from learning.organisation.models import User
from learning.study.services.people import units_on

from .tasks import may_write

MOST_CHARS = 50_000


def length_of(text: str) -> int:
    """Characters without white space, as the minimum counts them."""
    return sum(1 for char in text if not char.isspace())


def reflection_of(*, user: User, task: ReflectionTask) -> Reflection | None:
    return Reflection.objects.filter(user=user, task=task).select_related("marked_by").first()


@transaction.atomic
def save_draft(*, user: User, task: ReflectionTask, text: str, base: int, now: datetime) -> Reflection:
    """Stores the text if `base` is the revision that stands (0 = none yet); the new row. The same text again stores
    nothing. Raises Stale with what stands, NotPossible once it is handed in or is not asked any more."""
    row = _locked(user, task, now)
    _refuse_closed(row, now)
    text = _clean(text)
    if row.text == text and row.rev:
        return row
    if row.rev != base:
        raise Stale(rev=row.rev, text=row.text)
    row.text, row.rev, row.saved_at = text, row.rev + 1, now
    row.save(update_fields=["text", "rev", "saved_at"])
    return row


@transaction.atomic
def submit(*, user: User, task: ReflectionTask, text: str, base: int, now: datetime) -> Reflection:
    """Saves and hands in. Handed in already: the same row, unchanged. Raises NotPossible for a text below the minimum,
    Stale as `save_draft`."""
    row = _locked(user, task, now)
    if row.state == Reflection.State.SUBMITTED and row.text == _clean(text):
        return row
    row = save_draft(user=user, task=task, text=text, base=base, now=now)
    count = length_of(row.text)
    if count < task.min_chars or not count:
        raise NotPossible(
            _("至少需要 %(least)s 字，现在 %(count)s 字，还差 %(missing)s 字。")
            % {"least": max(task.min_chars, 1), "count": count, "missing": max(task.min_chars, 1) - count}
        )
    row.state, row.submitted_at, row.comment = Reflection.State.SUBMITTED, now, ""
    row.unit_id = units_on([user.pk], timezone.localdate(now)).get(user.pk)
    row.save(update_fields=["state", "submitted_at", "comment", "unit"])
    return row


def _locked(user: User, task: ReflectionTask, now: datetime) -> Reflection:
    """The person's row for the task, made if there is none, its lock held until the transaction ends."""
    rows = Reflection.objects.select_for_update(of=("self",)).select_related("task")
    found = rows.filter(user=user, task=task).first()
    if found is None:
        try:
            with transaction.atomic():
                Reflection.objects.create(user=user, task=task, saved_at=now)
        except IntegrityError:
            pass  # another tab was quicker: its row is the one
        found = rows.get(user=user, task=task)
    return found


def _refuse_closed(row: Reflection, now: datetime) -> None:
    if not row.is_open:
        raise NotPossible(_("这篇心得体会已经提交，不能再修改。"))
    if not may_write(user=row.user, task=row.task, now=now):
        raise NotPossible(_("这项心得体会已经结束，不能再修改。您写的内容已保留。"))


def _clean(text: str) -> str:
    """As it is kept: one kind of line end, no NUL, bounded."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")[:MOST_CHARS]
