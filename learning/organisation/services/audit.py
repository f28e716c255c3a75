"""The one way an audit entry is written; nothing edits or deletes one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import QueryDict

from learning.organisation.models import AuditEntry, Unit, User

ID = re.compile(r"[1-9][0-9]{0,17}")


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


def filters_asked(query: QueryDict) -> dict[str, list[str]]:
    """The filters of a list's address for an entry about its export: what is set, units by their names."""
    found = {name: [value for value in values if value] for name, values in query.lists() if name != "page"}
    names = {
        str(pk): name
        for pk, name in Unit.objects.filter(
            pk__in=[value for value in found.get("unit", []) if ID.fullmatch(value)]
        ).values_list("pk", "name")
    }
    if "unit" in found:
        found["unit"] = [names.get(value, value) for value in found["unit"]]
    return {name: values for name, values in found.items() if values}


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
