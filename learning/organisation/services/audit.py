"""The one way an audit entry is written; nothing edits or deletes one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model

from ..models import AuditEntry, Unit, User


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
    return AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_name=str(obj)[:200],
        unit=unit,
        data=data or {},
    )
