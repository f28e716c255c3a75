"""A course of ours linked from a platform's, its completion column, and its learners; completions as the study lane
writes them: rows, and nobody told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from courses.models import CoursePage
from learning.organisation.models import User
from learning.study.models import Activity, Completion
from lti.models import Context, GradeDelivery, LineItem
from lti.services import outbox
from tests.courses.factories import activity_of, make_course
from tests.factories import NOW, make_unit
from tests.lti.factories import make_context, make_person, make_platform

from .grading import SCOPES


@dataclass
class Linked:
    """One course page, one column, its learners."""

    page: CoursePage
    activity: Activity
    column: LineItem
    learners: Sequence[User]

    @property
    def context(self) -> Context:
        return self.column.context

    def row(self) -> GradeDelivery:
        return GradeDelivery.objects.latest("sequence")


def make_linked(learners: int = 1, **course: Any) -> Linked:
    unit = make_unit()
    page = make_course(unit, live=True, lessons=1, **course)
    context = make_context(make_platform(unit), scopes=SCOPES)
    column = make_completion_column(page, context)
    return Linked(page, activity_of(page), column, [make_person(context) for _ in range(learners)])


def make_completion_column(page: CoursePage, context: Context) -> LineItem:
    return LineItem.objects.create(
        context=context,
        url=f"{context.platform.issuer}/items/{LineItem.objects.count() + 1}",
        label=page.title,
        maximum=Decimal(100),
        page_id=page.pk,
        made_by=LineItem.MadeBy.PLATFORM,
        created_at=NOW,
    )


def finish(activity: Activity, user: User, *, now: datetime = NOW) -> Completion:
    return Completion.objects.create(activity=activity, user=user, completed_at=now)


def sweep(now: datetime = NOW) -> int:
    return outbox.put_completions(now=now)
