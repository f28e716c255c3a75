"""Sums add and subtract exactly, in any order and any parts: a fold is always what a rebuild would be."""

from hypothesis import given
from hypothesis import strategies as st

from question_bank.engine.item_statistics import Change, Outcome, Tally, figures, fold

MARKS = st.integers(0, 500)
OUTCOME = st.builds(
    Outcome,
    version=st.integers(1, 4),
    mark=MARKS,
    full=st.just(500),
    chosen=st.lists(st.sampled_from("abcd"), unique=True, max_size=3).map(tuple),
    blank=st.booleans(),
    seconds=st.none() | st.integers(0, 600),
    estimated=st.booleans(),
    change=st.sampled_from(list(Change)),
)
ATTEMPT = st.lists(OUTCOME, min_size=1, max_size=4, unique_by=lambda each: each.version)
ATTEMPTS = st.lists(ATTEMPT, max_size=12)


def folded(attempts):
    tallies = {}
    for attempt in attempts:
        fold(tallies, attempt)
    return tallies


@given(ATTEMPTS, st.randoms(use_true_random=False))
def test_the_order_of_attempts_decides_nothing(attempts, dice):
    shuffled = list(attempts)
    dice.shuffle(shuffled)
    assert folded(shuffled) == folded(attempts)


@given(ATTEMPTS, ATTEMPTS)
def test_what_was_taken_back_leaves_no_trace(kept, taken_back):
    tallies = folded([*kept, *taken_back])
    for attempt in taken_back:
        fold(tallies, attempt, -1)
    rest = folded(kept)
    assert all(tally == rest.get(version, Tally()) for version, tally in tallies.items())


@given(ATTEMPTS, ATTEMPT, ATTEMPT)
def test_a_mark_changed_is_the_same_as_if_it_had_always_been_so(others, before, after):
    tallies = folded([*others, before])
    fold(tallies, before, -1)
    fold(tallies, after)
    always = folded([*others, after])
    assert all(tally == always.get(version, Tally()) for version, tally in tallies.items())


@given(ATTEMPTS)
def test_figures_stay_within_their_bounds(attempts):
    for tally in folded(attempts).values():
        found = figures([tally], "abcd", "a")
        assert 0 <= found.facility <= 1
        assert found.item_rest is None or abs(found.item_rest) <= 1 + 10**-30
        assert found.discrimination is None or -1 <= found.discrimination <= 1
        for option in found.options:
            assert 0 <= option.high <= 1
            assert 0 <= option.low <= 1
