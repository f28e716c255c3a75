"""The tool's part of a person's copy of their data: who they are on which platform, in which courses, what was told."""

from __future__ import annotations

from typing import Any

from learning.organisation.models import User

from .models import ContextMember, GradeDelivery, PlatformUser


def platforms_of(user: User) -> list[dict[str, Any]]:
    """A platform a row, each with its courses and the scores that were sent to it; instants ISO 8601 UTC."""
    rows = PlatformUser.objects.filter(user=user).select_related("platform").order_by("pk")
    return [
        {
            "platform": row.platform.name,
            "sub": row.sub,
            "name": row.name,
            "email": row.email,
            "number": row.number,
            "linked_by": row.linked_by,
            "linked_at": row.linked_at.isoformat(),
            "last_launch_at": row.last_launch_at.isoformat() if row.last_launch_at else None,
            "courses": _courses(row),
            "scores_sent": _scores(row),
        }
        for row in rows
    ]


def _courses(person: PlatformUser) -> list[dict[str, Any]]:
    rows = ContextMember.objects.filter(person=person).select_related("context").order_by("pk")
    return [
        {
            "title": str(row.context),
            "standing": row.standing,
            "seen_at": row.seen_at.isoformat(),
            "removed_at": row.removed_at.isoformat() if row.removed_at else None,
        }
        for row in rows
    ]


def _scores(person: PlatformUser) -> list[dict[str, Any]]:
    rows = GradeDelivery.objects.filter(person=person, state=GradeDelivery.State.SENT)
    return [
        {
            "column": str(row.line_item),
            "score": str(row.score) if row.score is not None else None,
            "maximum": str(row.maximum) if row.maximum is not None else None,
            "comment": row.comment,
            "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        }
        for row in rows.select_related("line_item").order_by("pk")
    ]
