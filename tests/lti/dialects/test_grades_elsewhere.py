"""Grades into Canvas, with queries in its addresses, and Blackboard, that shows only columns made by a tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest

from lti.core.claims import AgsClaim
from lti.models import GradeDelivery, LineItem
from lti.services.columns import column_for, remember
from tests.factories import NOW
from tests.lti.factories import make_link
from tests.lti.platforms.base import Platform
from tests.lti.platforms.blackboard import Blackboard
from tests.lti.platforms.campus import EVERY_SCOPE
from tests.lti.platforms.canvas import Canvas
from tests.lti.platforms.d2l import D2L
from tests.lti.platforms.sakai import Sakai

from .grading import Joined, join

pytestmark = pytest.mark.django_db
KINDS: dict[str, type[Platform]] = {"canvas": Canvas, "blackboard": Blackboard, "d2l": D2L, "sakai": Sakai}
P = TypeVar("P", bound=Platform)


@pytest.fixture(params=sorted(KINDS))
def joined(request: pytest.FixtureRequest) -> Iterator[Joined]:
    with KINDS[request.param]() as fake:
        yield join(fake, dialect=request.param)


def test_a_grade_lands(joined: Joined) -> None:
    joined.row.token_audience = joined.fake.token_audience
    joined.row.save()
    joined.sit()
    joined.send()
    assert joined.shown() == (33.33, "不合格"), GradeDelivery.objects.get().answer


def test_a_column_is_made_where_there_is_none_and_found_the_next_time(joined: Joined) -> None:
    joined.row.token_audience = joined.fake.token_audience
    joined.row.save()
    LineItem.objects.all().delete()
    joined.fake.gradebook.items.clear()
    link = make_link(joined.context, exam=joined.exam, link_id="exam")
    claim = AgsClaim(EVERY_SCOPE, joined.context.line_items_url)
    remember(link=link, ags=claim, now=NOW)
    column = column_for(link_id=link.pk, now=joined.now)
    assert column
    (item,) = joined.fake.gradebook.items.values()
    assert (item.resource_id, item.link_id, item.maximum) == (f"exam-{joined.exam.pk}", "exam", 6)
    LineItem.objects.all().delete()
    link.refresh_from_db()
    link.column_asked_at = None
    link.save()
    again = column_for(link_id=link.pk, now=joined.now)
    assert again
    assert again.url == column.url
    assert len(joined.fake.gradebook.items) == 1
