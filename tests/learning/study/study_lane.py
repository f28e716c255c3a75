"""Speaks to the lane of beats in this process."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson

from learning.lane.http import Lane
from learning.study.lane import make_lane
from tests.lane_client import Answered, LaneClient
from tests.learning.study.factories import Page


class StudyClient(LaneClient):
    """`now` is the lane's clock."""

    header: ClassVar[bytes] = b"x-study-token"

    def made(self) -> Lane:
        return make_lane(self.database, clock=lambda: self.now)

    async def beat(self, page: Page, *, token: str | None = None, **body: Any) -> Answered:
        """POST …/beats of the page's session, with its own token if no other is given."""
        path = f"/api/study/{page.session.pk}/beats"
        return await self.post(path, orjson.dumps(body), page.token if token is None else token)


def told(seq: int, seconds: float, **more: Any) -> dict[str, Any]:
    """The body of a beat of a page that has been active all the time."""
    ms = round(seconds * 1000)
    return {"seq": seq, "elapsed_ms": ms, "active_ms": ms, "visible_ms": ms, **more}
