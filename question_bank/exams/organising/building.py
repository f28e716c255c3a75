"""An exam from the first draft on: making, copying, changing its rules. Publishing is publishing.py's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from learning.organisation.models import Unit, User
from learning.organisation.services.audit import record
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.models import Attempt, Blueprint, Exam
from question_bank.exams.taking.adjusting import follow_window

from .blueprints import copy_parts
from .seen import check_seen, exam_digest

# A change of one of these is felt by people who are already sitting, or unfair to those who have sat.
TIME_FIELDS = frozenset(
    {
        "opens_at",
        "closes_at",
        "last_entry_at",
        "limit_s",
        "end_policy",
        "net_grace_s",
        "earliest_submit_s",
        "max_attempts",
        "delay_s",
        "score_policy",
    }
)
COPIED_FIELDS = (
    "kind",
    "instructions",
    "opens_at",
    "closes_at",
    "last_entry_at",
    "limit_s",
    "end_policy",
    "net_grace_s",
    "earliest_submit_s",
    "max_attempts",
    "delay_s",
    "score_policy",
    "pass_percent",
    "bands",
    "pass_text",
    "fail_text",
    "away_allowed",
    "away_action",
    "watermark",
    "score_release",
    "answer_release",
)
FIRST_HOUR = 9
USUAL_LENGTH = timedelta(hours=2)
USUAL_LIMIT_S = 3600


class ReasonNeeded(NotPossible):
    """People have entered already: a change of time needs a reason and a second, deliberate click."""

    def __init__(self, entered: int) -> None:
        super().__init__(_("已有 %(count)s 人进入考试，修改时间须填写原因并再次确认。") % {"count": entered})
        self.entered = entered


def create_exam(*, title: str, kind: str, owner_unit: Unit, by: User, now: datetime) -> Exam:
    """A draft with an empty blueprint of its own, planned for tomorrow 9:00 to 11:00 local time, 60 minutes long."""
    opens_at = timezone.localtime(now + timedelta(days=1)).replace(
        hour=FIRST_HOUR, minute=0, second=0, microsecond=0
    )
    with transaction.atomic():
        blueprint = Blueprint.objects.create(name=title, owner_unit=owner_unit, created_by=by)
        exam = Exam.objects.create(
            title=title,
            kind=kind,
            owner_unit=owner_unit,
            blueprint=blueprint,
            opens_at=opens_at,
            closes_at=opens_at + USUAL_LENGTH,
            limit_s=USUAL_LIMIT_S,
            created_by=by,
        )
        record(actor=by, action="exam.create", obj=exam, unit=owner_unit, now=now)
    return exam


def copy_exam(*, exam_id: int, title: str, kind: str, by: User, now: datetime) -> Exam:
    """A draft with the same rules and no candidates. A resit keeps the blueprint itself, so that its papers avoid the
    questions of the first sitting; any other copy gets a blueprint of its own. The password is not copied."""
    with transaction.atomic():
        source = Exam.objects.select_related("owner_unit", "blueprint").filter(pk=exam_id).first()
        if source is None:
            raise NotFound
        if kind == Exam.Kind.RESIT:
            blueprint = source.blueprint
        else:
            blueprint = Blueprint.objects.create(name=title, owner_unit=source.owner_unit, created_by=by)
            copy_parts(source=source.blueprint_id, target=blueprint.pk)
        fields = {name: getattr(source, name) for name in COPIED_FIELDS}
        fields |= {"title": title, "kind": kind, "owner_unit": source.owner_unit, "blueprint": blueprint}
        exam = Exam.objects.create(**fields, created_by=by)
        record(
            actor=by, action="exam.copy", obj=exam, unit=exam.owner_unit, data={"from": source.pk}, now=now
        )
    return exam


def change_exam(
    *,
    exam_id: int,
    changes: Mapping[str, Any],
    by: User,
    now: datetime,
    reason: str = "",
    seen: str | None = None,
) -> list[str]:
    """Writes those of `changes` (field: value) that differ and returns the names of these fields. What an attempt
    copied at its start does not change with it; the end of the window does, for everybody, and moves the deadlines of
    open attempts. `seen`: seen.exam_digest of these fields as the person's page showed them.

    Raises NotFound; ChangedMeanwhile; ReasonNeeded where somebody has entered, a rule of time changes and no reason is given.
    """
    with transaction.atomic():
        exam = Exam.objects.select_for_update().filter(pk=exam_id).first()
        if exam is None:
            raise NotFound
        check_seen(seen, exam_digest(exam, changes))
        changed = [name for name, value in changes.items() if getattr(exam, name) != value]
        if not changed:
            return []
        if TIME_FIELDS.intersection(changed) and not reason:
            entered = entered_count(exam.pk)
            if entered:
                raise ReasonNeeded(entered)
        before = {name: getattr(exam, name) for name in changed}
        for name in changed:
            setattr(exam, name, changes[name])
        exam.save(update_fields=changed)
        if "closes_at" in changed:
            follow_window(exam_id=exam.pk, reason=reason or _("修改考试时间"), by=by, now=now)
        data: dict[str, Any] = {
            name: [_plain(before[name]), _plain(changes[name])] for name in changed if name != "password"
        }
        if "password" in changed:
            data["password"] = "changed"  # noqa: S105 - says that, not which
        if reason:
            data["reason"] = reason
        record(actor=by, action="exam.change", obj=exam, unit=exam.owner_unit, data=data, now=now)
    return changed


def entered_count(exam_id: int) -> int:
    """How many people have an attempt that is not void."""
    attempts = Attempt.objects.filter(exam=exam_id).exclude(state=Attempt.State.VOID)
    return attempts.values("user").distinct().count()


def _plain(value: Any) -> Any:
    """As the audit log's JSON keeps it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
