"""Figures of a question from tables worked by hand, and against another computation from the raw rows."""

import statistics as library
from fractions import Fraction

import pytest

from question_bank.engine.item_statistics import (
    Change,
    Flag,
    Outcome,
    Tally,
    figures,
    fold,
    groups,
    item_rest_correlation,
    mark_variance,
    total_variance,
)

VERSION, REST = 1, 2


def tally_of(rows):
    """A tally of item VERSION: rows are (mark, rest in points, chosen option)."""
    tallies = {}
    for mark, rest, chosen in rows:
        fold(
            tallies,
            [
                Outcome(VERSION, mark * 100, 100, (chosen,) if chosen else (), not chosen),
                Outcome(REST, rest * 100, 2000),
            ],
        )
    return tallies[VERSION]


# (mark, rest, option): totals 11 10 8 8 6 6 4 3 3 1
ROWS = [
    (1, 10, "a"), (1, 9, "a"), (0, 8, "b"), (1, 7, "a"), (0, 6, "c"),
    (1, 5, "a"), (0, 4, "b"), (0, 3, ""), (1, 2, "a"), (0, 1, "b"),
]  # fmt: skip


def test_facility_blanks_and_item_rest_agree_with_the_raw_rows():
    found = figures([tally_of(ROWS)], ["a", "b", "c"], ["a"])
    marks, rests = [row[0] for row in ROWS], [row[1] for row in ROWS]
    assert (found.n, found.facility, found.blank) == (10, Fraction(1, 2), Fraction(1, 10))
    assert float(found.item_rest) == pytest.approx(library.correlation(marks, rests))


@pytest.mark.parametrize("option", ["a", "b", "c"])
def test_point_biserial_is_the_correlation_of_choosing_with_the_rest(option):
    found = figures([tally_of(ROWS)], [option])
    chosen = [int(row[2] == option) for row in ROWS]
    assert float(found.options[0].r) == pytest.approx(library.correlation(chosen, [row[1] for row in ROWS]))


def test_the_groups_of_ten_are_three_each():
    found = figures([tally_of(ROWS)], ["a", "b"])
    # High: 11, 10 and half of the two with 8; low: 1 and both with 3.
    high = Fraction(1 + 1) + Fraction(1, 2) * (0 + 1)
    low = Fraction(0 + 0 + 1)
    assert found.discrimination == (high - low) / 3
    option_a = found.options[0]
    assert (option_a.high, option_a.low) == (Fraction(5, 2) / 3, Fraction(1, 3))


def test_equal_totals_at_the_border_enter_in_equal_parts():
    high, low = groups({500: [8, 0], 100: [2, 0]})
    assert high == {500: Fraction(3, 8)}
    assert low == {100: 1, 500: Fraction(1, 8)}


def test_one_person_is_both_groups_and_discriminates_nothing():
    assert groups({500: [1, 0]}) == ({500: 1}, {500: 1})
    assert figures([tally_of([(1, 5, "a")])]).discrimination is None


def test_nothing_folded_gives_no_figures():
    found = figures([], ["a"])
    assert (found.n, found.facility, found.item_rest, found.options, found.flags) == (0, None, None, (), ())
    assert figures([Tally()]).median_s is None


def test_times_are_medians_and_inclusive_quartiles():
    tallies = {}
    times = [5, 9, 12, 30, 61]
    for seconds in times:
        fold(tallies, [Outcome(VERSION, 0, 100, (), True, seconds, seconds == 61)])
    fold(tallies, [Outcome(VERSION, 0, 100, (), True, None)])
    found = figures([tallies[VERSION]])
    q1, q2, q3 = library.quantiles(times, n=4, method="inclusive")
    assert (found.q1_s, found.median_s, found.q3_s, found.iqr_s) == (q1, q2, q3, q3 - q1)
    assert (found.timed, found.estimated, found.n) == (5, 1, 6)
    assert (found.least_s, found.most_s) == (5, 61)


def test_changes_are_counted_by_what_they_led_to():
    tallies = {}
    for change in (Change.TO_WRONG, Change.TO_RIGHT, Change.TO_WRONG, Change.NONE):
        fold(tallies, [Outcome(VERSION, 0, 100, (), False, None, False, change)])
    found = figures([tallies[VERSION]])
    assert (found.to_wrong, found.to_right) == (Fraction(1, 2), Fraction(1, 4))


def flags_of(rows, right=("a",)):
    return figures([tally_of(rows)], ["a", "b"], right).flags


def test_flags_wait_for_thirty_people():
    row = (1, 5, "a")
    assert figures([tally_of([row] * 29)], ["a"], ["a"]).enough is False
    assert flags_of([row] * 29) == ()
    assert flags_of([row] * 30) == (Flag.TOO_EASY,)


def test_a_hard_question_whose_wrong_option_the_better_choose_is_flagged():
    rows = [(0, 20 - n % 3, "b") for n in range(20)] + [(0, 5, "c")] * 10 + [(1, 2, "a")] * 5
    assert flags_of(rows) == (Flag.LOW_DISCRIMINATION, Flag.TOO_HARD, Flag.DISTRACTOR, Flag.KEY_SUSPECT)


def test_a_good_question_has_no_flag():
    rows = [(1, 15 + n % 4, "a") for n in range(20)] + [(0, 5 + n % 4, "b") for n in range(20)]
    assert flags_of(rows) == ()


def test_a_question_made_void_is_not_flagged():
    assert figures([tally_of([(1, 5, "a")] * 40)], ["a"], ["a"], flagged=False).flags == ()


def test_several_exams_weigh_by_their_people_and_compare_ranks_within_each():
    easy = [(1, 100 + n, "a") for n in range(5)] + [(0, 90 + n, "b") for n in range(5)]
    one, two = tally_of(easy), tally_of(ROWS)
    both = figures([one, two], ["a"])
    alone = [figures([each], ["a"]) for each in (one, two)]
    assert both.facility == Fraction(10, 20)
    assert both.item_rest == (alone[0].item_rest * 10 + alone[1].item_rest * 10) / 20
    assert (
        both.discrimination == (alone[0].discrimination + alone[1].discrimination) / 2
    )  # groups of three each


def test_variances_of_item_and_total_agree_with_the_raw_rows():
    tally = tally_of(ROWS)
    assert float(mark_variance(tally)) == pytest.approx(library.pvariance([row[0] * 100 for row in ROWS]))
    totals = [(row[0] + row[1]) * 100 for row in ROWS]
    assert float(total_variance(tally)) == pytest.approx(library.pvariance(totals))
    assert item_rest_correlation(Tally()) is None
