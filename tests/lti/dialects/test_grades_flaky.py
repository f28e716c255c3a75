"""Grades into a platform on a bad day: it fails, asks for patience, or takes a score and says that it failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lti.models import GradeDelivery, PlatformUser
from tests.lti.factories import make_person
from tests.lti.platforms.campus import LEARNER
from tests.lti.platforms.flaky import Flaky

from .grading import Joined, join

pytestmark = pytest.mark.django_db
PEOPLE = 20
MOST_ROUNDS = 60
State = GradeDelivery.State


@dataclass
class Clock:
    at: datetime

    def seconds(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


def bad_day(clock: Clock, **shares: float) -> Flaky:
    return Flaky(seed=5, now=clock.seconds, **shares)


def sat_by_all(joined: Joined) -> None:
    for number in range(PEOPLE):
        sub = f"s{number}"
        user = make_person(joined.context)
        PlatformUser.objects.filter(platform=joined.row, user=user).update(sub=sub)
        joined.fake.add_person(sub)
        joined.fake.enrol(sub, LEARNER)
        joined.sit(sub)


def sent_in_the_end(joined: Joined, clock: Clock) -> None:
    for _ in range(MOST_ROUNDS):
        clock.at = joined.now + timedelta(minutes=2)
        joined.send(after_s=120)
        if not GradeDelivery.objects.exclude(state=State.SENT).exists():
            return
    raise AssertionError(list(GradeDelivery.objects.exclude(state=State.SENT).values("state", "answer")))


def test_half_of_the_answers_are_failures_and_no_score_is_taken_twice(clock: Clock) -> None:
    with bad_day(clock, server_error=0.5, too_many=0.05) as flaky:
        joined = join(flaky, dialect="other")
        sat_by_all(joined)
        sent_in_the_end(joined, clock)
        assert flaky.answered[500] > 0
        assert len(flaky.counts()) == PEOPLE
        assert set(flaky.counts().values()) == {1}


def test_score_that_was_taken_without_a_word_is_right_in_the_end(clock: Clock) -> None:
    with bad_day(clock, lost=0.4) as flaky:
        joined = join(flaky, dialect="other")
        sat_by_all(joined)
        sent_in_the_end(joined, clock)
        assert flaky.answered[500] > 0
        assert {joined.shown(f"s{number}") for number in range(PEOPLE)} == {(33.33, "不合格")}
