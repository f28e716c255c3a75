"""A person's own record as JSON (PIPL: a copy of one's data). Rooms above add their part with `contribute`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .models import AuditEntry, GroupMember, GroupRole, GroupStaff, Membership, RoleAssignment, User

# Each part: a name in the file and what it holds for the person, JSON-able.
Part = Callable[[User], Any]
_parts: dict[str, Part] = {}


def contribute(name: str, part: Part) -> None:
    """Adds a part to every export; called once, from the app's `ready`. Raises ValueError for a name taken twice."""
    if name in _parts and _parts[name] is not part:
        raise ValueError(f"Two parts of the export are called {name!r}.")
    _parts[name] = part


def record_of(user: User) -> dict[str, Any]:
    """Everything kept about the person: {part name: content}; instants ISO 8601 UTC, dates ISO."""
    return {name: part(user) for name, part in _parts.items()}


def profile(user: User) -> dict[str, Any]:
    return {
        "number": user.number,
        "full_name": user.full_name,
        "email": user.email,
        "phone": user.phone,
        "language": user.language,
        "large_print": user.large_print,
        "created_at": user.created_at.isoformat(),
        "activated_at": user.activated_at.isoformat() if user.activated_at else None,
        "last_login": user.last_login.isoformat() if user.last_login else None,
    }


def memberships(user: User) -> list[dict[str, Any]]:
    return [
        {
            "unit": row.unit.name,
            "unit_code": row.unit.code,
            "person_status": row.get_person_status_display(),
            "from_date": row.from_date.isoformat(),
            "to_date": row.to_date.isoformat() if row.to_date else None,
        }
        for row in Membership.objects.filter(user=user).select_related("unit").order_by("from_date")
    ]


def roles(user: User) -> list[dict[str, Any]]:
    return [
        {
            "role": row.get_role_display(),
            "unit": row.unit.name,
            "from_date": row.from_date.isoformat(),
            "to_date": row.to_date.isoformat() if row.to_date else None,
        }
        for row in RoleAssignment.objects.filter(user=user).select_related("unit").order_by("from_date")
    ]


def groups(user: User) -> list[dict[str, Any]]:
    """The teaching groups that the person belonged to (role null) or taught."""
    period = ("group__title", "since", "removed_at")
    belonged = GroupMember.objects.filter(user=user).order_by("since").values_list(*period)
    taught = GroupStaff.objects.filter(user=user).order_by("since").values_list(*period, "role")
    rows = [*((*row, None) for row in belonged), *taught]
    return [
        {
            "group": title,
            "role": str(GroupRole(role).label) if role else None,
            "since": since.isoformat(),
            "removed_at": removed_at.isoformat() if removed_at else None,
        }
        for title, since, removed_at, role in rows
    ]


def audit_entries(user: User) -> list[dict[str, Any]]:
    """What was done to the person's account by whom; what the person did to others is not theirs to take away."""
    entries = AuditEntry.objects.filter(object_type=User._meta.label_lower, object_id=str(user.pk))
    return [
        {
            "at": row.at.isoformat(),
            "action": row.action,
            "actor": row.actor.full_name if row.actor else None,
            "data": row.data,
        }
        for row in entries.select_related("actor").order_by("at")
    ]


contribute("profile", profile)
contribute("memberships", memberships)
contribute("roles", roles)
contribute("teaching_groups", groups)
contribute("audit", audit_entries)
