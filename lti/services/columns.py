"""Columns of a platform's gradebook: remembered as launches name them, found or made where a launch names none. Those of a
course's completion are only remembered: a teacher has to have asked for one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal

from learning.study.models import Activity
from lti.core import ags, claims
from lti.core.claims import AgsClaim
from lti.core.nrps import next_page
from lti.http import tokens
from lti.http.fetching import Answer, Unreachable
from lti.models import Context, Deployment, LineItem, Platform, ResourceLink
from question_bank.exams.models import Exam
from question_bank.exams.papers import max_score_of

from .outcomes import COMPLETED
from .telling import Call

# line_item: LineItem. It fills from now on with this exam or course: outcomes that are there already are to be told.
column_ready = Signal()
# link: ResourceLink. It has no column yet: the platform is to be asked, not now.
column_wanted = Signal()

ASK_AGAIN = timedelta(minutes=10)
MOST_PAGES = 20
AT_A_TIME = 20
LABEL_LENGTH = 255
# What every platform takes for a new column; Open edX takes no longer name and no half points.
ASKED_LABEL, ASKED_MAXIMUM = 100, Decimal(100)
log = logging.getLogger("dangxiao.lti")


def remember(*, link: ResourceLink, ags: AgsClaim, now: datetime) -> None:
    """Keeps what a launch says of the gradebook: the course's services, and the link's own column. Where the platform has
    made none, column_wanted is sent. Asks nobody."""
    context = link.context
    told: dict[str, Any] = {"scopes": sorted(ags.scopes)}
    if ags.lineitems:
        told["line_items_url"] = ags.lineitems
    changed = [name for name, value in told.items() if getattr(context, name) != value]
    if changed:
        for name in changed:
            setattr(context, name, told[name])
        context.save(update_fields=changed)
    if ags.lineitem:
        _keep(link, ags.lineitem, made_by=LineItem.MadeBy.PLATFORM, maximum=None, now=now)
    elif link.exam_id is not None and _may_ask(context) and _wants_column(now).filter(pk=link.pk).exists():
        column_wanted.send(ResourceLink, link=link)


def column_for(*, link_id: int, now: datetime, call: Call | None = None) -> LineItem | None:
    """The column of a link without one: the platform's own for this link or exam, else one that we make there. None where
    we may not, somebody else is asking, or the platform did not answer (a later launch or the sweep asks again)."""
    link = _wants_column(now).filter(pk=link_id).select_related("context__platform", "exam").first()
    if link is None or link.exam is None or not _may_ask(link.context):
        return None
    # Of two who ask at once one goes on: two would make two columns.
    unasked = ResourceLink.objects.filter(pk=link_id, column_asked_at=link.column_asked_at)
    if not unasked.update(column_asked_at=now):
        return None
    asking = _Asking(link.context, call or tokens.call, now)
    try:
        found = asking.find(link, link.exam)
        ours = found is None or found.resource_id == resource_id(link.exam)
        made_by = LineItem.MadeBy.TOOL if ours else LineItem.MadeBy.PLATFORM
        if found is None and claims.SCOPE_LINE_ITEM in link.context.scopes:
            found = asking.make(link, link.exam)
    except (Unreachable, ags.BadAnswer) as error:
        log.warning("no column for link %s of platform %s: %s", link.pk, link.context.platform_id, error)
        return None
    if found is None:
        return None
    with transaction.atomic():
        return _keep(link, found.url, made_by=made_by, maximum=found.maximum, now=now)


def wanting(*, now: datetime) -> list[int]:
    """Ids of links whose column should be asked for now."""
    rows = _wants_column(now).select_related("context").order_by("column_asked_at", "pk")
    return [link.pk for link in rows if _may_ask(link.context)][:AT_A_TIME]


def resource_id(exam: Exam) -> str:
    """Under what name a platform keeps the columns of the exam."""
    return f"exam-{exam.pk}"


def _may_ask(context: Context) -> bool:
    return not {claims.SCOPE_LINE_ITEM, claims.SCOPE_LINE_ITEM_READ}.isdisjoint(context.scopes)


def _wants_column(now: datetime) -> QuerySet[ResourceLink]:
    return ResourceLink.objects.filter(
        Q(line_item=None) | Q(line_item__gone_at__isnull=False),
        Q(column_asked_at=None) | Q(column_asked_at__lte=now - ASK_AGAIN),
        Q(context__platform__paused_until=None) | Q(context__platform__paused_until__lte=now),
        exam__isnull=False,
        context__deployment__state=Deployment.State.ACTIVE,
        context__platform__state=Platform.State.ACTIVE,
    ).exclude(context__line_items_url="")


@dataclass(frozen=True, slots=True)
class _Filling:
    """What a column is filled with."""

    title: str
    maximum: Decimal
    exam: Exam | None = None
    page_id: int | None = None

    def fills(self, item: LineItem) -> bool:
        return (item.exam_id, item.page_id) == (self.exam.pk if self.exam else None, self.page_id)


def _filling(link: ResourceLink) -> _Filling | None:
    """The scores of the link's exam or the completion of its course; None for a link to a lesson or to nothing."""
    if link.exam is not None:
        return _Filling(link.exam.title, maximum_of(link.exam), exam=link.exam)
    if link.page_id is None:
        return None
    course = Activity.objects.courses().filter(key=f"page:{link.page_id}").first()
    return _Filling(course.title, COMPLETED, page_id=link.page_id) if course else None


def _keep(
    link: ResourceLink, url: str, *, made_by: LineItem.MadeBy, maximum: Decimal | None, now: datetime
) -> LineItem | None:
    """The row of a column of what the link opens; None where that fills no column, and for an address that is too long."""
    filling = _filling(link)
    if filling is None or len(url) > 2000:
        return None
    item, new = LineItem.objects.get_or_create(
        context=link.context,
        url=url,
        defaults={
            "exam": filling.exam,
            "page_id": filling.page_id,
            "label": filling.title[:LABEL_LENGTH],
            "maximum": maximum or filling.maximum,
            "made_by": made_by,
            "created_at": now,
        },
    )
    if not new and (item.gone_at is not None or not filling.fills(item)):
        item.exam, item.page_id, item.gone_at, new = filling.exam, filling.page_id, None, True
        item.label = filling.title[:LABEL_LENGTH]
        item.save(update_fields=["exam", "page", "label", "gone_at"])
    if link.line_item_id != item.pk:
        link.line_item = item
        link.save(update_fields=["line_item"])
    if new:
        column_ready.send(LineItem, line_item=item)
    return item


def maximum_of(exam: Exam) -> Decimal:
    """The points of the exam's paper; 100 for one that was never published."""
    return (max_score_of(exam.plan) if exam.plan else Decimal(0)) or Decimal(100)


def column_maximum(exam: Exam) -> Decimal:
    """What a column of our making counts to: the exam's points, or 100 where those are not whole. Platforms scale each
    score by the maximum that comes with it (AGS 2.0 §3.4.5)."""
    points = maximum_of(exam)
    return points if points == points.to_integral_value() else ASKED_MAXIMUM


class _Asking:
    """A course's line items, as its platform keeps them. Raises Unreachable and BadAnswer."""

    def __init__(self, context: Context, call: Call, now: datetime) -> None:
        self.context, self.call, self.now = context, call, now
        writing = claims.SCOPE_LINE_ITEM in context.scopes
        self.scope = claims.SCOPE_LINE_ITEM if writing else claims.SCOPE_LINE_ITEM_READ

    def find(self, link: ResourceLink, exam: Exam) -> ags.LineItem | None:
        """The link's own column before one for the exam that stands elsewhere in the course."""
        base = self.context.line_items_url
        for item in self._items(ags.line_items_url(base, resource_link_id=link.link_id)):
            if item.resource_link_id == link.link_id:
                return item
        for item in self._items(ags.line_items_url(base, resource_id=resource_id(exam))):
            if item.resource_id == resource_id(exam):
                return item
        return None

    def make(self, link: ResourceLink, exam: Exam) -> ags.LineItem:
        body = ags.line_item_body(
            label=exam.title[:ASKED_LABEL],
            maximum=column_maximum(exam),
            resource_id=resource_id(exam),
            resource_link_id=link.link_id,
            tag="exam",
        )
        answer = self._ask("POST", self.context.line_items_url, ags.LINE_ITEM_TYPE, body)
        return ags.read_line_item(answer.json())

    def _items(self, url: str) -> Iterator[ags.LineItem]:
        for _page in range(MOST_PAGES):
            answer = self._ask("GET", url, ags.LINE_ITEMS_TYPE)
            yield from ags.read_line_items(answer.json())
            url = next_page(answer.link, base=url)
            if not url:
                return

    def _ask(self, method: str, url: str, media_type: str, body: Mapping[str, Any] | None = None) -> Answer:
        answer = self.call(
            self.context.platform,
            method,
            url,
            scopes=[self.scope],
            accept=media_type,
            headers={"Content-Type": media_type} if body else None,
            json=body,
            now=self.now,
        )
        if not answer.ok:
            raise ags.BadAnswer(f"{method} of line items: {answer.status}")
        return answer
