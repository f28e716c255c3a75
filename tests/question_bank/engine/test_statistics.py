"""Descriptive figures against another computation (statistics, plain floats) and tables worked by hand."""

import math
import statistics as library
from decimal import Decimal
from fractions import Fraction

import pytest

from question_bank.engine.statistics import (
    Distribution,
    correlation,
    cronbach_alpha,
    root,
    standard_error,
    variance,
)

SCORES = [55, 60, 60, 72, 81, 81, 81, 90, 95, 100]


def test_mean_median_and_spread_agree_with_the_library():
    found = Distribution.of(SCORES)
    assert found.n == len(SCORES)
    assert found.mean == Fraction(sum(SCORES), len(SCORES))
    assert found.median == library.median(SCORES)
    assert float(found.sd) == pytest.approx(library.pstdev(SCORES), abs=1e-12)


@pytest.mark.parametrize("share", [0, 10, 25, 50, 75, 90, 100])
def test_percentiles_are_the_inclusive_ones(share):
    ordered = sorted(SCORES)
    if share in (0, 100):
        expected = ordered[0 if share == 0 else -1]
    else:
        expected = library.quantiles(SCORES, n=100, method="inclusive")[share - 1]
    assert float(Distribution.of(SCORES).percentile(Fraction(share, 100))) == pytest.approx(expected)


def test_skewness_and_kurtosis_follow_their_formulas():
    n, mean = len(SCORES), library.fmean(SCORES)
    m2, m3, m4 = (sum((x - mean) ** k for x in SCORES) / n for k in (2, 3, 4))
    found = Distribution.of(SCORES)
    assert float(found.skewness) == pytest.approx(m3 / m2**1.5)
    assert float(found.kurtosis) == pytest.approx(m4 / m2**2 - 3)


def test_a_symmetric_distribution_is_not_skewed_and_two_points_have_the_least_kurtosis():
    found = Distribution.of([1, 1, 3, 3])
    assert found.skewness == 0
    assert found.kurtosis == -2


def test_nobody_has_no_figures_and_one_person_no_spread():
    nobody, one = Distribution.of([]), Distribution.of([80])
    assert (nobody.n, nobody.mean, nobody.median, nobody.sd, nobody.variance) == (0, None, None, None, None)
    assert (one.mean, one.median, one.sd, one.skewness, one.kurtosis) == (80, 80, 0, None, None)


def test_the_whole_is_not_the_mean_of_its_parts():
    small, large = Distribution.of([90, 90]), Distribution.of([60] * 98)
    together = Distribution.counted({90: 2, 60: 98})
    assert together.mean == Fraction("60.6")
    assert (small.mean + large.mean) / 2 == 75


def test_equal_values_of_different_types_are_one_value():
    assert Distribution.of([Decimal("60.50"), Fraction(121, 2)]).counts == ((Fraction(121, 2), 2),)


def test_correlation_agrees_with_the_library():
    x, y = [1, 2, 3, 4, 7], [2, 1, 4, 3, 9]
    sums = (sum(x), sum(y), sum(a * a for a in x), sum(b * b for b in y))
    found = correlation(5, *sums, sum(a * b for a, b in zip(x, y, strict=True)))
    assert float(found) == pytest.approx(library.correlation(x, y))


def test_correlation_with_what_does_not_vary_is_undefined():
    assert correlation(3, 6, 6, 12, 14, 12) is None
    assert correlation(0, 0, 0, 0, 0, 0) is None


def test_alpha_and_sem_of_a_table_worked_by_hand():
    # Four people, three items of a point: totals 3, 2, 1, 0; each σ²ᵢ = p·q = 0.1875, 0.25, 0.1875; σ²ₓ = 1.25.
    items = [(1, 1, 1, 0), (1, 1, 0, 0), (1, 0, 0, 0)]
    variances = [variance(4, sum(item), sum(x * x for x in item)) for item in items]
    assert variances == [Fraction(3, 16), Fraction(1, 4), Fraction(3, 16)]
    alpha = cronbach_alpha(variances, Fraction(5, 4))
    assert alpha == Fraction(3, 2) * (1 - Fraction(5, 8) / Fraction(5, 4)) == Fraction(3, 4)
    assert float(standard_error(Fraction(5, 4), alpha)) == pytest.approx(math.sqrt(1.25 * 0.25))


def test_alpha_needs_two_items_and_totals_that_differ():
    assert cronbach_alpha([Fraction(1, 4)], Fraction(1, 4)) is None
    assert cronbach_alpha([Fraction(1, 4), Fraction(1, 4)], Fraction(0)) is None


def test_roots_are_exact_far_beyond_what_is_shown():
    assert root(Fraction(2)) ** 2 - 2 < Decimal("1e-30")
