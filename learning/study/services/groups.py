"""Which teaching groups study a course."""

from __future__ import annotations

from datetime import datetime

from learning.organisation.models import TeachingGroup, User
from learning.study.models import Activity, CourseGroup


def studied_by_group(*, course: Activity, group: TeachingGroup, by: User | None, now: datetime) -> bool:
    """Sees to it that the group counts as studying the course; whether it did not before. Enrols nobody. Raises ValueError
    for a lesson, which is studied with its course."""
    if course.kind != Activity.Kind.COURSE:
        raise ValueError("Groups study courses.")
    _row, new = CourseGroup.objects.get_or_create(course=course, group=group, defaults={"by": by, "at": now})
    return new
