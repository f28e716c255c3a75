"""When a question leaves the notebook, by table; the properties are in tests/properties/test_notebook_streak.py."""

from datetime import date, timedelta

import pytest

from question_bank.exams.practising.streak import Streak, Try, due_date, left_at, streak_of
from tests.factories import NOW


def tries(marks: str) -> list[Try]:
    """✓ and ✗, a day apart."""
    return [Try(NOW + timedelta(days=day), mark == "✓") for day, mark in enumerate(marks)]


@pytest.mark.parametrize(
    ("marks", "wrong", "streak", "left_on_day"),
    [
        ("", 0, 0, None),
        ("✓✓✓", 0, 0, None),
        ("✗", 1, 0, None),
        ("✗✓✓", 1, 2, None),
        ("✗✓✓✓", 1, 3, 3),
        ("✗✓✓✓✓", 1, 4, 3),
        ("✗✓✓✗", 2, 0, None),
        ("✗✓✓✗✓✓✓", 2, 3, 6),
        ("✗✓✓✓✗", 2, 0, None),
        ("✓✓✗✓", 1, 1, None),
    ],
)
def test_three_right_in_a_row_after_the_last_wrong_answer_take_it_out(marks, wrong, streak, left_on_day):
    found = streak_of(tries(marks), rights_to_leave=3)
    assert (found.wrong_count, found.right_streak) == (wrong, streak)
    assert found.left_at == (None if left_on_day is None else NOW + timedelta(days=left_on_day))


def test_one_right_answer_is_enough_where_the_site_says_so():
    assert streak_of(tries("✗✓"), rights_to_leave=1).left_at == NOW + timedelta(days=1)


def test_first_last_wrong_and_last_try_are_told_apart():
    found = streak_of(tries("✓✗✗✓"), rights_to_leave=3)
    assert found.first_wrong_at == NOW + timedelta(days=1)
    assert found.last_wrong_at == NOW + timedelta(days=2)
    assert found.last_try_at == NOW + timedelta(days=3)


def test_what_the_member_keeps_stays_whatever_the_streak():
    assert left_at(streak_of(tries("✗✓✓✓"), rights_to_leave=3), kept=True, taken_out_at=None) is None


def test_what_was_taken_out_comes_back_with_the_next_wrong_answer():
    taken = NOW + timedelta(hours=1)
    assert left_at(streak_of(tries("✗"), rights_to_leave=3), kept=False, taken_out_at=taken) == taken
    assert left_at(streak_of(tries("✗✗"), rights_to_leave=3), kept=False, taken_out_at=taken) is None


@pytest.mark.parametrize(("streak", "days"), [(0, 1), (1, 2), (2, 4), (3, 7), (9, 7)])
def test_the_rest_grows_with_the_streak(streak, days):
    assert due_date(date(2026, 2, 27), streak) == date(2026, 2, 27) + timedelta(days=days)


def test_nothing_tried_is_nothing():
    assert streak_of([], rights_to_leave=3) == Streak()
