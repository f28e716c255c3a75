"""Five hundred grades on a platform's bad day; `python -m benchmarks grades` does the same with 10,000 over HTTP."""

from __future__ import annotations

import json as json_text
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from requests.structures import CaseInsensitiveDict

from learning.organisation.models import User
from lti.http import tokens
from lti.http.fetching import Answer, Unreachable, Why
from lti.models import ContextMember, GradeDelivery, PlatformUser
from lti.services import outbox
from lti.services.delivering import send_due
from question_bank.exams.models import Attempt, Candidate
from question_bank.exams.results import rewrite_results
from tests.factories import NOW
from tests.lti.platforms.campus import LEARNER
from tests.lti.platforms.flaky import Flaky
from tests.lti.platforms.serving import Asked, Hung
from tests.lti.services.grading import Inline

from .grading import Joined, join

pytestmark = pytest.mark.django_db
State = GradeDelivery.State
PEOPLE = 500


def seat(joined: Joined, count: int) -> None:
    """So many more learners of the course, each with a marked attempt and a row in the outbox; by bulk inserts."""
    template = joined.sit("ana")
    users = User.objects.bulk_create(
        User(number=f"flaky-{n}", full_name=f"学生{n}", password="!") for n in range(count)
    )
    people = PlatformUser.objects.bulk_create(
        PlatformUser(
            platform=joined.row, sub=f"s{n}", user=user, linked_by="launch", linked_at=NOW, created_at=NOW
        )
        for n, user in enumerate(users)
    )
    ContextMember.objects.bulk_create(
        ContextMember(context=joined.context, person=person, standing="learner", seen_at=NOW)
        for person in people
    )
    seats = Candidate.objects.bulk_create(
        Candidate(
            exam=joined.exam, user=user, unit=joined.exam.owner_unit, unit_ancestors=[], person_status="full",
            admitted_at=NOW,
        )
        for user in users
    )  # fmt: skip
    attempts = Attempt.objects.bulk_create(
        Attempt(
            exam=joined.exam, user_id=each.user_id, candidate=each, no=1, state=Attempt.State.MARKED, started_at=NOW,
            deadline_at=NOW, accept_until=NOW, submitted_at=NOW, seed=1, paper=[], rules=template.rules, score=4,
            max_score=6,
        )
        for each in seats
    )  # fmt: skip
    rewrite_results([each.pk for each in seats], now=NOW)
    assert outbox.put_attempts(attempts=attempts, cause=GradeDelivery.Cause.MARKED, now=NOW) == count
    for person in people:
        joined.fake.add_person(person.sub)
        joined.fake.enrol(person.sub, LEARNER)


def drain(joined: Joined, clock: dict[str, float]) -> None:
    """Sweeps, with the clock put forward to what is due next."""
    for _sweep in range(200):
        following = GradeDelivery.objects.open().order_by("next_try_at").first()
        if following is None:
            return
        joined.row.refresh_from_db()
        joined.now = max(
            joined.now + timedelta(seconds=15),
            following.next_try_at or joined.now,
            joined.row.paused_until or joined.now,
        )
        clock["s"] = joined.now.timestamp()
        send_due(clock=lambda: joined.now, pool=Inline())
    raise AssertionError("the outbox is not empty")


@pytest.fixture
def clock() -> dict[str, float]:
    """The platform's, which follows the outbox's."""
    return {"s": datetime.now(UTC).timestamp()}


def bad_day(
    clock: dict[str, float], monkeypatch: pytest.MonkeyPatch, *, seed: int, **shares: float
) -> Joined:
    """Requests reach the platform's own code without a socket: a thousand of them would be no better test."""
    fake = Flaky(now=lambda: clock["s"], seed=seed, **shares)
    fake.server.server.server_close()

    def fetch(
        method: str, url: str, *, headers: Any = None, json: Any = None, data: Any = None, **_: Any
    ) -> Any:
        parts, named = urlsplit(url), {name.lower(): value for name, value in (headers or {}).items()}
        form = {"content-type": "application/x-www-form-urlencoded"} if data else {}
        body = (urlencode(data) if data else json_text.dumps(json)).encode()
        try:
            said = fake.answer(Asked(method, parts.path, dict(parse_qsl(parts.query)), named | form, body))
        except Hung as error:
            raise Unreachable(Why.TIMED_OUT) from error
        return Answer(said.status, CaseInsensitiveDict(said.headers), said.body.decode())

    monkeypatch.setattr(tokens, "fetch", fetch)
    return join(fake, dialect="other")


def test_five_hundred_grades_arrive_once_though_every_second_request_fails(
    clock: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = bad_day(clock, monkeypatch, seed=4, server_error=0.5)
    assert isinstance(joined.fake, Flaky)
    seat(joined, PEOPLE)
    drain(joined, clock)
    counted = joined.fake.counts()
    assert len(counted) == PEOPLE + 1
    assert set(counted.values()) == {1}
    assert joined.fake.answered[500] > PEOPLE / 3
    assert joined.shown("s0") == (66.67, "合格")
    assert GradeDelivery.objects.exclude(state=State.SENT).count() == 0


def test_on_the_worst_of_days_every_cell_is_right_in_the_end_and_timestamps_only_rise(
    clock: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, told to wait, never answered, and taken though the answer says otherwise."""
    joined = bad_day(clock, monkeypatch, seed=7, server_error=0.2, too_many=0.1, hangs=0.1, lost=0.2)
    seat(joined, 40)
    drain(joined, clock)
    assert {joined.shown(f"s{n}") for n in range(40)} == {(66.67, "合格")}
    assert joined.shown("ana") == (33.33, "不合格")
    assert GradeDelivery.objects.exclude(state=State.SENT).count() == 0
    for scores in joined.item.accepted.values():
        stamps = [score["timestamp"] for score in scores]
        assert stamps == sorted(set(stamps))
    assert max(map(len, joined.item.accepted.values())) > 1  # some were taken twice, as no answer came
