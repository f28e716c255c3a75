"""Where the pages of activities stand: an activity of the courses has the key `page:<id>`."""

from __future__ import annotations

from collections.abc import Iterable

from wagtail.models import Page

from learning.study.models import Activity


def page_id(activity: Activity) -> int | None:
    """None for activities that have no page, such as meetings."""
    kind, _colon, number = activity.key.partition(":")
    return int(number) if kind == "page" and number.isdecimal() else None


def pages_of(activities: Iterable[Activity]) -> dict[int, Page]:
    """The live pages by the id of their activity, in one query."""
    wanted = {page_id(activity): activity.pk for activity in activities}
    pages = Page.objects.live().filter(pk__in=[pk for pk in wanted if pk])
    return {wanted[page.pk]: page for page in pages}
