"""Study's part of a person's own record (the copy of one's data at /me/export/)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from learning.organisation.models import User

from .models import Completion, Coverage, Enrolment
from .services.record import slices_of


def study_of(user: User) -> dict[str, Any]:
    """What was expected, every slice of credited time, how far each part was covered, and what was completed."""
    enrolments = Enrolment.objects.filter(user=user).select_related("activity", "unit").order_by("pk")
    coverages = Coverage.objects.filter(user=user).select_related("activity").order_by("pk")
    completions = (
        Completion.objects.filter(user=user).select_related("activity").order_by("completed_at", "pk")
    )
    return {
        "expected": [
            {
                "activity": each.activity.title,
                "unit": each.unit.name,
                "person_status": each.person_status,
                "source": each.source,
                "enrolled_at": _iso(each.enrolled_at),
                "due_at": _iso(each.due_at),
            }
            for each in enrolments
        ],
        "slices": [
            {
                "activity": each.activity.title,
                "started_at": _iso(each.started_at),
                "ended_at": _iso(each.ended_at),
                "kind": each.kind,
            }
            for each in slices_of(user)
        ],
        "coverage": [
            {
                "activity": each.activity.title,
                "part": each.part,
                "covered_ms": each.covered_ms,
                "total_ms": each.total_ms,
                "spans": each.spans,
                "completed_at": _iso(each.completed_at),
            }
            for each in coverages
        ],
        "completions": [
            {
                "activity": each.activity.title,
                "completed_at": _iso(each.completed_at),
                "credit_hours": str(each.credit_hours),
                "kind": each.kind,
                "reason": each.reason,
            }
            for each in completions
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
