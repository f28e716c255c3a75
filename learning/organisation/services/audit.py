"""The one way an audit entry is written; nothing edits or deletes one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from learning.organisation.models import AuditEntry, Unit, User


def record(
    *,
    actor: User | None,
    action: str,
    obj: Model,
    unit: Unit | None = None,
    data: dict[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Appends one entry and returns it. `actor` None = the system itself; `action` a dotted word ("account.reset");
    `unit` decides which auditor sees the entry; `data` must be JSON-able and never holds a secret."""
    made = entry(actor=actor, action=action, obj=obj, unit=unit, data=data, now=now)
    made.save(force_insert=True)
    return made


def record_each(entries: Iterable[AuditEntry]) -> None:
    """Appends many entries made by `entry` at once."""
    AuditEntry.objects.bulk_create(entries, batch_size=500)


def entry(
    *,
    actor: User | None,
    action: str,
    obj: Model,
    unit: Unit | None = None,
    data: dict[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """An entry not yet saved, for `record_each`."""
    return AuditEntry(
        at=now,
        actor=actor,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_name=str(obj)[:200],
        unit=unit,
        data=data or {},
    )
