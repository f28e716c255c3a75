"""A fake platform's gradebook with a course of ours behind it, over real HTTP and with real tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache

from lti.models import Context, ContextMember, LineItem, PlatformUser
from lti.models import Platform as Row
from lti.services import keys
from lti.services.delivering import send_due
from question_bank.exams.models import Attempt, Exam
from tests.factories import NOW, make_exam
from tests.lti.factories import make_context, make_person, make_platform
from tests.lti.platforms.base import Platform
from tests.lti.platforms.campus import EVERY_SCOPE
from tests.lti.platforms.campus import LineItem as Item
from tests.lti.services.grading import Inline, sit

HIGH: dict[int, Any] = {1: "o1", 2: ["o0", "o2"], 3: True}  # 6 of 6; "o1" alone is 2


@dataclass
class Joined:
    """`fake` with a column of 100 points for an exam of 6; ana, bo and cy are known here. `now` is whatever time the
    outbox is told it is."""

    fake: Platform
    row: Row
    context: Context
    exam: Exam
    item: Item
    now: datetime

    def sit(self, sub: str = "ana", answers: dict[int, Any] | None = None) -> Attempt:
        return sit(self.exam, PlatformUser.objects.get(platform=self.row, sub=sub).user, answers=answers)

    def send(self, *, after_s: float = 0) -> int:
        self.now += timedelta(seconds=after_s)
        return send_due(clock=lambda: self.now, pool=Inline())

    def shown(self, sub: str = "ana") -> tuple[float, str] | None:
        """Points and comment in the gradebook."""
        result = self.fake.gradebook.shown(sub, self.item)
        return (round(result["resultScore"], 2), result["comment"]) if result else None

    def accepted(self, sub: str = "ana") -> list[dict[str, Any]]:
        return self.item.accepted.get(sub, [])


def join(fake: Platform, *, dialect: str, **fields: Any) -> Joined:
    """The platform registered here, and the other way round."""
    cache.clear()
    exam = make_exam(**{"score_release": Exam.ReleasePolicy.AT_MARKED, **fields})
    details = fake.details()
    details.pop("deployment_id")
    row = make_platform(
        exam.owner_unit, dialect=dialect, allow_insecure_loopback=True, origins=fake.url, **details
    )
    item = fake.gradebook.add(fake.contexts["course"], label=exam.title, maximum=100, made_by_tool=True)
    context = make_context(
        row, scopes=sorted(EVERY_SCOPE), line_items_url=fake.gradebook.items_url(fake.contexts["course"])
    )
    for sub in ("ana", "bo", "cy"):
        user = make_person(context)
        PlatformUser.objects.filter(platform=row, user=user).update(sub=sub)
    LineItem.objects.create(
        context=context, url=fake.gradebook.item_url(item), maximum=Decimal(100), exam=exam,
        made_by=LineItem.MadeBy.PLATFORM, created_at=NOW,
    )  # fmt: skip
    # Behind the platform's real clock, so that it can be put forward without getting ahead of that.
    now = (datetime.now(UTC) - timedelta(seconds=40)).replace(microsecond=100_000)
    fake.tool_keys.given = keys.public_set(now)
    assert ContextMember.objects.filter(context=context).count() == 3
    return Joined(fake, row, context, exam, item, now)
