"""Where the items of a plan lead a member."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse

from courses.models import PlanItem
from courses.reading.places import pages_of


def links_of(items: Iterable[PlanItem], request: HttpRequest) -> dict[int, str]:
    """Item id → address of its course, exam or reflection; "" of hours, and of a course whose page is withdrawn."""
    items = list(items)
    pages = pages_of(item.activity for item in items if item.activity is not None)
    found: dict[int, str] = {}
    for item in items:
        page = pages.get(item.activity_id) if item.activity_id else None
        if item.exam_id:
            found[item.pk] = reverse("exam_start", args=[item.exam_id])
        elif item.task_id:
            found[item.pk] = reverse("reflection", args=[item.task_id])
        else:
            found[item.pk] = page.get_url(request) or "" if page else ""
    return found
