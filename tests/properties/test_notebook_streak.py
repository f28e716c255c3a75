"""The streak rule holds for any history of right and wrong answers."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from question_bank.exams.practising.streak import Try, left_at, streak_of
from tests.factories import NOW

HISTORIES = st.lists(st.booleans(), max_size=40)
N = st.integers(1, 5)


def tries(history: list[bool]) -> list[Try]:
    return [Try(NOW + timedelta(hours=hour), correct) for hour, correct in enumerate(history)]


def trailing_rights(history: list[bool]) -> int:
    return len(history) - max(
        (n for n, right in enumerate(history, start=1) if not right), default=len(history)
    )


@given(HISTORIES, N)
def test_out_exactly_when_the_last_n_answers_after_an_error_were_right(history, n):
    found = streak_of(tries(history), rights_to_leave=n)
    assert found.wrong_count == history.count(False)
    assert found.right_streak == trailing_rights(history)
    assert (found.left_at is not None) == (trailing_rights(history) >= n)


@given(HISTORIES, N)
def test_a_wrong_answer_always_brings_it_back(history, n):
    found = streak_of(tries([*history, False]), rights_to_leave=n)
    assert found.left_at is None
    taken_before = NOW + timedelta(hours=len(history)) - timedelta(minutes=1)
    assert left_at(found, kept=False, taken_out_at=taken_before) is None


@given(HISTORIES, N)
def test_a_higher_bar_never_lets_it_out_sooner(history, n):
    lower = streak_of(tries(history), rights_to_leave=n).left_at
    higher = streak_of(tries(history), rights_to_leave=n + 1).left_at
    assert higher is None or (lower is not None and lower < higher)


@given(HISTORIES, N)
def test_it_left_at_the_moment_of_a_right_answer_and_stays_left_from_then_on(history, n):
    made = tries(history)
    found = streak_of(made, rights_to_leave=n)
    if found.left_at is not None:
        after = [each for each in made if each.at >= found.left_at]
        assert after
        assert all(each.correct for each in after)
