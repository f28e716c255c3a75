"""Handing in after leaving too often: opt-in, after the allowed count, and restorable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from question_bank.exams.models import Attempt
from question_bank.exams.saving import parse_ops
from question_bank.exams.taking.adjusting import reopen_attempt
from question_bank.exams.taking.leaving import left_too_often, submit_those_away
from question_bank.exams.taking.submitting import submit_attempt
from tests.factories import NOW, make_attempt, make_exam, make_unit, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def sitting(action: str, away_count: int) -> Attempt:
    member = make_user(unit=make_unit())
    exam = make_exam(candidates=[member], away_action=action, away_allowed=3)
    attempt = make_attempt(exam, member, answers={1: "o1"})
    Attempt.objects.update(away_count=away_count)
    return attempt


@pytest.mark.parametrize(
    ("action", "count", "forced"), [("submit", 4, 1), ("submit", 3, 0), ("record", 9, 0)]
)
def test_only_who_left_too_often_in_an_exam_that_says_so_is_handed_in(
    action: str, count: int, forced: int
) -> None:
    attempt = sitting(action, count)
    assert submit_those_away(now=NOW + MINUTE) == forced
    attempt.refresh_from_db()
    assert (attempt.finish_kind == Attempt.Finish.FORCED) == bool(forced)
    assert attempt.score == (2 if forced else None)


def test_restored_attempt_may_be_left_as_often_again() -> None:
    attempt = sitting("submit", 4)
    submit_those_away(now=NOW + MINUTE)
    reopen_attempt(attempt_id=attempt.pk, seconds=None, reason="来电", by=None, now=NOW + 2 * MINUTE)
    assert submit_those_away(now=NOW + 3 * MINUTE) == 0
    Attempt.objects.update(away_count=8)
    assert submit_those_away(now=NOW + 3 * MINUTE) == 1


@pytest.mark.parametrize(
    ("action", "count", "forced"), [("submit", 4, True), ("submit", 3, False), ("record", 9, False)]
)
def test_left_too_often_is_more_than_allowed_where_the_exam_hands_in(
    action: str, count: int, forced: bool
) -> None:
    attempt = sitting(action, 0)
    attempt.away_count = count
    assert left_too_often(attempt) is forced


@pytest.mark.parametrize(("action", "finish"), [("submit", "forced"), ("record", "self")])
def test_what_the_page_hands_in_after_leaving_too_often_is_recorded_as_forced(
    action: str, finish: str
) -> None:
    attempt = sitting(action, 0)
    left = parse_ops([{"id": "a", "seq": 1, "kind": "away", "away_ms": 40_000, "away_count": 4}])
    submit_attempt(
        attempt_id=attempt.pk, by=attempt.user, client="page", ops=left, reason="self", now=NOW + 5 * MINUTE
    )
    attempt.refresh_from_db()
    assert attempt.finish_kind == finish
