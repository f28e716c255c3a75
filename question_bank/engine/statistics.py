"""Descriptive figures of scores and of whole papers, exact until the last root.

Every spread here is that of the population (÷ n, Excel's STDEV.P): the people who sat the exam are all there are, not
a sample of others. None where a figure is not defined (nobody, no spread).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

Number = int | Decimal | Fraction
N = TypeVar("N", bound=Number)
ROOTS = Context(prec=34)
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Distribution:
    """How often each value came, values rising. Histograms of parts add up to that of the whole, so median and
    percentiles of a parent are never made of those of its children."""

    counts: tuple[tuple[Fraction, int], ...]

    @classmethod
    def of(cls, values: Iterable[Number]) -> Distribution:
        return cls.counted(Counter(values))

    @classmethod
    def counted(cls, counts: Mapping[N, int]) -> Distribution:
        """From {value: how often}."""
        exact: Counter[Fraction] = Counter()
        for value, count in counts.items():
            number: Number = value
            exact[Fraction(number)] += count
        return cls(tuple(sorted((value, count) for value, count in exact.items() if count)))

    @cached_property
    def n(self) -> int:
        return sum(count for _, count in self.counts)

    @cached_property
    def mean(self) -> Fraction | None:
        return sum((value * count for value, count in self.counts), Fraction(0)) / self.n if self.n else None

    def moment(self, order: int) -> Fraction:
        """The central moment Σ(x − mean)^order / n; 0 of nothing."""
        mean = self.mean
        if mean is None:
            return Fraction(0)
        return sum(((value - mean) ** order * count for value, count in self.counts), Fraction(0)) / self.n

    @property
    def variance(self) -> Fraction | None:
        """Of the population."""
        return self.moment(2) if self.n else None

    @property
    def sd(self) -> Decimal | None:
        """Standard deviation of the population."""
        return root(self.moment(2)) if self.n else None

    @property
    def skewness(self) -> Decimal | None:
        """g1 = m3 / m2^1.5 (Fisher–Pearson, of the population): negative where the long tail is of low scores."""
        spread = self.moment(2)
        return _divide(self.moment(3), root(spread**3)) if spread else None

    @property
    def kurtosis(self) -> Fraction | None:
        """Excess kurtosis g2 = m4 / m2² − 3 (of the population): 0 for a normal distribution."""
        spread = self.moment(2)
        return self.moment(4) / spread**2 - 3 if spread else None

    def percentile(self, share: Fraction) -> Fraction | None:
        """Inclusive, linear between neighbours (Hyndman & Fan 1996, type 7; Excel's PERCENTILE.INC): the value at place
        (n − 1)·share, counted from 0."""
        if not self.n:
            return None
        place = (self.n - 1) * share
        lower = place.__floor__()
        value = self._at(lower)
        return value + (self._at(min(lower + 1, self.n - 1)) - value) * (place - lower)

    @property
    def median(self) -> Fraction | None:
        return self.percentile(HALF)

    def _at(self, place: int) -> Fraction:
        passed = 0
        for value, count in self.counts:
            passed += count
            if place < passed:
                return value
        raise IndexError(place)


def root(value: Fraction) -> Decimal:
    """The square root to 34 digits."""
    return ROOTS.sqrt(_divide(value, Decimal(1)))


def _divide(value: Fraction, by: Decimal) -> Decimal:
    return ROOTS.divide(ROOTS.divide(Decimal(value.numerator), Decimal(value.denominator)), by)


def variance(n: int, total: int, squares: int) -> Fraction:
    """Of the population, from n > 0, Σx and Σx²."""
    return Fraction(n * squares - total * total, n * n)


def correlation(n: int, x: int, y: int, xx: int, yy: int, xy: int) -> Decimal | None:
    """Pearson's r from n, Σx, Σy, Σx², Σy², Σxy; None where x or y does not vary. With x = 0 or 1 it is the
    point-biserial correlation."""
    spread = (n * xx - x * x) * (n * yy - y * y)
    if spread <= 0:
        return None
    return ROOTS.divide(Decimal(n * xy - x * y), root(Fraction(spread)))


def cronbach_alpha(item_variances: Iterable[Fraction], total_variance: Fraction) -> Fraction | None:
    """α = k/(k − 1) · (1 − Σσ²ᵢ/σ²ₓ) (Cronbach 1951), of k items that everybody met. None for fewer than two items or
    where all have the same total."""
    items = list(item_variances)
    if len(items) < 2 or not total_variance:
        return None
    return Fraction(len(items), len(items) - 1) * (1 - sum(items, Fraction(0)) / total_variance)


def standard_error(total_variance: Fraction, alpha: Fraction) -> Decimal | None:
    """SEM = SD·√(1 − α), in the unit of the scores."""
    return root(total_variance * (1 - alpha)) if alpha <= 1 else None
