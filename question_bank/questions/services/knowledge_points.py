"""Knowledge points of a bank: made on the way of an import or by hand, renamed, merged, removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.services.audit import record
from question_bank.questions.errors import BadName, BadPlace, NameTaken, StillUsed
from question_bank.questions.models import Bank, KnowledgePoint

from .references import is_referenced, repoint
from .rights import require

NAME_LENGTH = 80


def ensure_points(*, bank: Bank, names: Iterable[str]) -> dict[str, KnowledgePoint]:
    """The knowledge points with these names (cut to length), made where missing, by name; two queries at most."""
    wanted = list(dict.fromkeys(point_name(name) for name in names if point_name(name)))
    found = {point.name: point for point in KnowledgePoint.objects.filter(bank=bank, name__in=wanted)}
    missing = [KnowledgePoint(bank=bank, name=name) for name in wanted if name not in found]
    found.update((point.name, point) for point in KnowledgePoint.objects.bulk_create(missing))
    return found


def point_name(name: str) -> str:
    return name.strip()[:NAME_LENGTH].strip()


def rename_point(*, point: KnowledgePoint, name: str, by: User, now: datetime) -> KnowledgePoint:
    """Raises BadName, NameTaken (then merging is what is wanted)."""
    require(by, Action.BANK_EDIT, point.bank)
    name = name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise BadName
    if KnowledgePoint.objects.filter(bank=point.bank_id, name=name).exclude(pk=point.pk).exists():
        raise NameTaken
    with transaction.atomic():
        before, point.name = point.name, name
        point.save(update_fields=["name"])
        _audit("knowledge_point.rename", point, by, now, before=before)
    return point


def merge_point(*, point: KnowledgePoint, into: KnowledgePoint, by: User, now: datetime) -> KnowledgePoint:
    """Gives the questions and quota cells of `point` to `into` and removes it; returns `into`."""
    require(by, Action.BANK_EDIT, point.bank)
    if point.pk == into.pk or point.bank_id != into.bank_id:
        raise BadPlace
    with transaction.atomic():
        _audit("knowledge_point.merge", point, by, now, into=into.name)
        repoint(point, into)
        point.delete()
    return into


def delete_point(*, point: KnowledgePoint, by: User, now: datetime) -> None:
    """Removes a knowledge point nothing points at; raises StillUsed."""
    require(by, Action.BANK_EDIT, point.bank)
    with transaction.atomic():
        if is_referenced(point):
            raise StillUsed
        _audit("knowledge_point.delete", point, by, now)
        point.delete()


def _audit(action: str, point: KnowledgePoint, by: User, now: datetime, **data: str) -> None:
    record(actor=by, action=action, obj=point, unit=point.bank.owner_unit, data=data, now=now)
