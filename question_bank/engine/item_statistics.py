"""How a question did: sums that add (and subtract) exactly, and the figures made of them.

Marks are whole hundredths of a point, times whole seconds. A Tally belongs to one version of a question in one exam,
because ranks and totals of different exams cannot be compared; figures over several exams take several tallies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from .statistics import HALF, Distribution, correlation, variance

GROUP_SHARE = Fraction(27, 100)  # Kelley 1939: the share at which the two groups tell most
LEAST_SAMPLE = 30
LOW_DISCRIMINATION = Decimal("0.15")
TOO_EASY, TOO_HARD = Fraction(95, 100), Fraction(1, 5)
QUARTER = Fraction(1, 4)


class Change(StrEnum):
    """What became of the first answer: other changes, and none, are NONE."""

    NONE = ""
    TO_RIGHT = "+"
    TO_WRONG = "-"


class Outcome(NamedTuple):
    """One slot of a marked attempt. `seconds` None: no time is known; `estimated`: from the answers' receipts."""

    version: int
    mark: int
    full: int
    chosen: Sequence[str] = ()
    blank: bool = False
    seconds: int | None = None
    estimated: bool = False
    change: str = Change.NONE


@dataclass(slots=True)
class Tally:
    """`totals`: {total of the attempt: [n, Σ mark]}; `options`: {option: [n, Σ rest]}; `option_totals`: {option:
    {total: n}}; `seconds`: {seconds: n}. `rest` is the attempt's total without this item."""

    n: int = 0
    blank: int = 0
    correct: int = 0
    to_right: int = 0
    to_wrong: int = 0
    estimated: int = 0
    full_marks: int = 0
    marks: int = 0
    marks2: int = 0
    rest: int = 0
    rest2: int = 0
    marks_rest: int = 0
    totals: dict[int, list[int]] = field(default_factory=dict)
    options: dict[str, list[int]] = field(default_factory=dict)
    option_totals: dict[str, dict[int, int]] = field(default_factory=dict)
    seconds: dict[int, int] = field(default_factory=dict)

    def add(self, outcome: Outcome, total: int, sign: int = 1) -> None:
        """Counts one outcome in an attempt of this total; sign −1 takes it out again, exactly."""
        _, mark, full, chosen, blank, seconds, estimated, change = outcome
        rest = total - mark
        self.n += sign
        self.full_marks += sign * full
        self.marks += sign * mark
        self.marks2 += sign * mark * mark
        self.rest += sign * rest
        self.rest2 += sign * rest * rest
        self.marks_rest += sign * mark * rest
        if blank:
            self.blank += sign
        elif mark == full:
            self.correct += sign
        if change:
            self.to_wrong += sign * (change == Change.TO_WRONG)
            self.to_right += sign * (change == Change.TO_RIGHT)
        # Written out, here and below: a thousand attempts come here fifty thousand times, and a call costs as much again.
        pair = self.totals.get(total)
        if pair is None:
            self.totals[total] = [sign, sign * mark]
        else:
            pair[0] += sign
            pair[1] += sign * mark
            if not pair[0] and not pair[1]:
                del self.totals[total]
        for option in chosen:
            self._choose(option, total, rest, sign)
        if seconds is not None:
            count = self.seconds.get(seconds, 0) + sign
            if count:
                self.seconds[seconds] = count
            else:
                del self.seconds[seconds]
            if estimated:
                self.estimated += sign

    def _choose(self, option: str, total: int, rest: int, sign: int) -> None:
        pair = self.options.get(option)
        if pair is None:
            self.options[option] = [sign, sign * rest]
        else:
            pair[0] += sign
            pair[1] += sign * rest
            if not pair[0] and not pair[1]:
                del self.options[option]
        by_total = self.option_totals.get(option)
        if by_total is None:
            by_total = self.option_totals[option] = {}
        count = by_total.get(total, 0) + sign
        if count:
            by_total[total] = count
        else:
            del by_total[total]
            if not by_total:
                del self.option_totals[option]


SUMS = ("n", "blank", "correct", "to_right", "to_wrong", "estimated", "full_marks", "marks", "marks2", "rest", "rest2",
        "marks_rest")  # fmt: skip


def fold(tallies: MutableMapping[int, Tally], outcomes: Collection[Outcome], sign: int = 1) -> None:
    """Counts one attempt into the tallies by version; with −1 takes it out again."""
    total = sum([outcome[1] for outcome in outcomes])
    for outcome in outcomes:
        version = outcome[0]
        tally = tallies.get(version)
        if tally is None:
            tally = tallies[version] = Tally()
        tally.add(outcome, total, sign)


class Flag(StrEnum):
    LOW_DISCRIMINATION = "low_discrimination"
    TOO_EASY = "too_easy"
    TOO_HARD = "too_hard"
    DISTRACTOR = "distractor"  # a wrong option that the better ones choose more often
    KEY_SUSPECT = "key_suspect"


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """`high`/`low`: share of the better and the weaker group (27 %) that chose it; `r`: point-biserial correlation of
    choosing it with the rest of the paper."""

    option: str
    n: int
    share: Fraction
    high: Fraction | None
    low: Fraction | None
    r: Decimal | None


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """`facility` = Σ marks / Σ full marks. `item_rest`: r of the mark with the rest of the paper; over several exams
    the mean of their r weighted by n (Hunter & Schmidt 1990). `discrimination` D = p_H − p_L of the 27 % groups, ties
    at the border in equal parts. Times in seconds, quartiles inclusive. `enough`: at least 30 people."""

    n: int
    facility: Fraction | None
    blank: Fraction | None
    item_rest: Decimal | None
    discrimination: Fraction | None
    to_wrong: Fraction | None
    to_right: Fraction | None
    median_s: Fraction | None
    q1_s: Fraction | None
    q3_s: Fraction | None
    least_s: Fraction | None
    most_s: Fraction | None
    timed: int
    estimated: int
    options: tuple[OptionFigures, ...]
    flags: tuple[Flag, ...]

    @property
    def enough(self) -> bool:
        return self.n >= LEAST_SAMPLE

    @property
    def iqr_s(self) -> Fraction | None:
        return None if self.q1_s is None or self.q3_s is None else self.q3_s - self.q1_s


def figures(
    tallies: Sequence[Tally],
    options: Sequence[str] = (),
    right: Collection[str] = (),
    *,
    flagged: bool = True,
) -> ItemFigures:
    """Of one question: a tally for each exam that asked it. `options`: all options to be reported, `right` those of the
    key. Flags need 30 people; `flagged` False leaves them out (a question made void)."""
    tallies = [tally for tally in tallies if tally.n]
    n = sum(tally.n for tally in tallies)
    full = sum(tally.full_marks for tally in tallies)
    times = Distribution.counted(_summed(tally.seconds for tally in tallies))
    cut = [(tally, *groups(tally.totals)) for tally in tallies]
    shown = tuple(_option(each, tallies, cut, n) for each in options) if n else ()
    facility = Fraction(sum(tally.marks for tally in tallies), full) if full else None
    item_rest = _weighted(tallies, item_rest_correlation)
    return ItemFigures(
        n=n,
        facility=facility,
        blank=_share(sum(tally.blank for tally in tallies), n),
        item_rest=item_rest,
        discrimination=_discrimination(cut),
        to_wrong=_share(sum(tally.to_wrong for tally in tallies), n),
        to_right=_share(sum(tally.to_right for tally in tallies), n),
        median_s=times.median,
        q1_s=times.percentile(QUARTER),
        q3_s=times.percentile(3 * QUARTER),
        least_s=times.percentile(Fraction(0)),
        most_s=times.percentile(Fraction(1)),
        timed=times.n,
        estimated=sum(tally.estimated for tally in tallies),
        options=shown,
        flags=_flags(facility, item_rest, shown, right) if flagged and n >= LEAST_SAMPLE else (),
    )


def item_rest_correlation(tally: Tally) -> Decimal | None:
    """r of the item's mark with the total of the other items: with itself in the total it would flatter itself."""
    return correlation(tally.n, tally.marks, tally.rest, tally.marks2, tally.rest2, tally.marks_rest)


def option_correlation(tally: Tally, option: str) -> Decimal | None:
    """Point-biserial r of choosing the option with the total of the other items."""
    chosen, rest = tally.options.get(option, (0, 0))
    return correlation(tally.n, chosen, tally.rest, chosen, tally.rest2, rest)


def mark_variance(tally: Tally) -> Fraction:
    """σ² of the item's marks, in squared hundredths; of a tally that counted somebody."""
    return variance(tally.n, tally.marks, tally.marks2)


def total_variance(tally: Tally) -> Fraction:
    """σ² of the totals of those who met the item, in squared hundredths."""
    squares = tally.marks2 + 2 * tally.marks_rest + tally.rest2
    return variance(tally.n, tally.marks + tally.rest, squares)


Weights = dict[int, int | Fraction]


def groups(totals: Mapping[int, Sequence[int]]) -> tuple[Weights, Weights]:
    """Who belongs to the better and to the weaker 27 % (at least one person, half-up): {total: share of those with it}.
    Only at the border is the share not 1, so the order of equal totals decides nothing."""
    n = sum(count for count, _ in totals.values())
    size = max(1, (n * GROUP_SHARE + HALF).__floor__()) if n else 0
    rising = sorted(totals)
    return _taken(totals, rising[::-1], size), _taken(totals, rising, size)


def _taken(totals: Mapping[int, Sequence[int]], order: Iterable[int], size: int) -> Weights:
    weights: Weights = {}
    left = size
    for total in order:
        if left <= 0:
            break
        count = totals[total][0]
        weights[total] = 1 if count <= left else Fraction(left, count)
        left -= count
    return weights


Cut = Sequence[tuple[Tally, Weights, Weights]]


def _discrimination(cut: Cut) -> Fraction | None:
    """p_H − p_L; None for fewer than two people."""
    if sum(tally.n for tally, _, _ in cut) < 2:
        return None
    return _group_facility([(t, high) for t, high, _ in cut]) - _group_facility(
        [(t, low) for t, _, low in cut]
    )


def _group_facility(parts: Sequence[tuple[Tally, Weights]]) -> Fraction:
    marks = full = Fraction(0)
    for tally, weights in parts:
        marks += sum(weight * tally.totals[total][1] for total, weight in weights.items())
        full += Fraction(tally.full_marks, tally.n) * _people(tally, weights)
    return marks / full if full else Fraction(0)


def _people(tally: Tally, weights: Weights) -> int | Fraction:
    return sum(weight * tally.totals[total][0] for total, weight in weights.items())


def _option(option: str, tallies: Sequence[Tally], cut: Cut, n: int) -> OptionFigures:
    chosen = sum(tally.options.get(option, (0, 0))[0] for tally in tallies)
    high = _group_share(option, [(tally, high) for tally, high, _ in cut])
    low = _group_share(option, [(tally, low) for tally, _, low in cut])
    return OptionFigures(
        option,
        chosen,
        Fraction(chosen, n),
        high,
        low,
        _weighted(tallies, lambda t: option_correlation(t, option)),
    )


def _group_share(option: str, parts: Sequence[tuple[Tally, Weights]]) -> Fraction | None:
    chosen = people = Fraction(0)
    for tally, weights in parts:
        by_total = tally.option_totals.get(option, {})
        chosen += sum(weight * by_total.get(total, 0) for total, weight in weights.items())
        people += _people(tally, weights)
    return chosen / people if people else None


def _weighted(tallies: Sequence[Tally], r_of: Callable[[Tally], Decimal | None]) -> Decimal | None:
    known = [(tally.n, r) for tally in tallies if (r := r_of(tally)) is not None]
    if not known:
        return None
    return sum((n * r for n, r in known), Decimal(0)) / sum(n for n, _ in known)


def _flags(
    facility: Fraction | None, r: Decimal | None, options: Sequence[OptionFigures], right: Collection[str]
) -> tuple[Flag, ...]:
    wrong = [each for each in options if each.option not in right] if right else []
    keyed = [each for each in options if each.option in right]
    luring = [each for each in wrong if each.r is not None and each.r > 0]
    preferred = any((one.high or Fraction(0)) > (each.high or Fraction(0)) for one in wrong for each in keyed)
    found = {
        Flag.LOW_DISCRIMINATION: r is not None and r < LOW_DISCRIMINATION,
        Flag.TOO_EASY: facility is not None and facility > TOO_EASY,
        Flag.TOO_HARD: facility is not None and facility < TOO_HARD,
        Flag.DISTRACTOR: bool(luring),
        Flag.KEY_SUSPECT: preferred or (r is not None and r < 0),
    }
    return tuple(flag for flag, raised in found.items() if raised)


def _share(part: int, n: int) -> Fraction | None:
    return Fraction(part, n) if n else None


def _summed(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    whole: dict[int, int] = {}
    for part in parts:
        for key, count in part.items():
            whole[key] = whole.get(key, 0) + count
    return whole
