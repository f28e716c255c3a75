"""When a question leaves the notebook and when it is due again: pure rules over the tries, in the order they
were made."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

# Days to the next try after 0, 1, 2, and 3 or more right answers in a row.
REST_DAYS = (1, 2, 4, 7)


@dataclass(frozen=True, slots=True)
class Try:
    at: datetime
    correct: bool


@dataclass(frozen=True, slots=True)
class Streak:
    """Where a question stands; `left_at` is the moment of the right answer that was enough. Right answers
    before the first wrong one say nothing about an error and do not count."""

    wrong_count: int = 0
    right_streak: int = 0
    first_wrong_at: datetime | None = None
    last_wrong_at: datetime | None = None
    last_try_at: datetime | None = None
    left_at: datetime | None = None


def streak_of(tries: Iterable[Try], *, rights_to_leave: int) -> Streak:
    """The standing after all the tries; `rights_to_leave` right answers in a row take the question out, one
    wrong answer brings it back."""
    now = Streak()
    for each in tries:
        now = _after(now, each, rights_to_leave)
    return now


def _after(before: Streak, each: Try, rights_to_leave: int) -> Streak:
    if not each.correct:
        return Streak(
            wrong_count=before.wrong_count + 1,
            first_wrong_at=before.first_wrong_at or each.at,
            last_wrong_at=each.at,
            last_try_at=each.at,
        )
    if not before.wrong_count:
        return before
    streak = before.right_streak + 1
    left_at = before.left_at or (each.at if streak >= rights_to_leave else None)
    return replace(before, right_streak=streak, last_try_at=each.at, left_at=left_at)


def left_at(streak: Streak, *, kept: bool, taken_out_at: datetime | None) -> datetime | None:
    """When the question left, None while it is in the notebook. What the member keeps stays; what the member
    took out comes back with the next wrong answer."""
    if kept:
        return None
    if taken_out_at is not None and (streak.last_wrong_at is None or streak.last_wrong_at <= taken_out_at):
        return min(filter(None, (taken_out_at, streak.left_at)))
    return streak.left_at


def due_date(last_try: date, right_streak: int) -> date:
    """The local day from which the question is to be tried again."""
    return last_try + timedelta(days=REST_DAYS[min(right_streak, len(REST_DAYS) - 1)])
