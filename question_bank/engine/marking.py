"""Marks: pure functions of key, rule and answer, so that they can be made again at any time (TIMING.md 2.5).

A mark is rounded once, half-up to 0.01; totals add rounded marks. Where a person decides, the mark is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

from question_bank.engine.fill import right_blanks
from question_bank.engine.kinds import (
    Kind,
    MatchRule,
    MultipleRule,
    OrderRule,
    PaperItem,
    is_blank,
    needs_human,
)

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

Rule: TypeAlias = Mapping[str, Any]
# Numerator and denominator of the part of the full mark earned, and whether the answer is wholly right.
# Kept apart so that the mark is one multiplication, one division and one rounding.
_Share: TypeAlias = tuple[Decimal | int, Decimal | int, bool]
_NOTHING: _Share = (0, 1, False)
_ALL: _Share = (1, 1, True)


@dataclass(frozen=True, slots=True)
class Marked:
    """`mark` in points, None where a person marks; `correct` is None where nothing was judged."""

    mark: Decimal | None
    correct: bool | None


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What a question version is marked by; a void question gives everyone its full mark, answered or not."""

    key: Any
    rule: Rule = field(default_factory=dict)
    void: bool = False


@dataclass(frozen=True, slots=True)
class PaperMarks:
    """`items` in slot order; `score` adds the marks known so far; `waiting` are the slots (from 1) for a
    person."""

    items: tuple[Marked, ...]
    score: Decimal
    max_score: Decimal
    waiting: tuple[int, ...]


class Combination(StrEnum):
    """Which of several attempts counts."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class GradeBand:
    """A band begins at `from_percent` of the full score (inclusive) and ends where the next one begins."""

    name: str
    from_percent: Decimal


FOR_A_PERSON = Marked(None, None)
BLANK = Marked(ZERO, False)


def round_mark(points: Decimal) -> Decimal:
    """Points rounded half-up to 0.01."""
    return points.quantize(CENT, ROUND_HALF_UP)


def mark(
    kind: Kind, key: Any, rule: Rule, answer: Any, max_mark: Decimal, *, option_count: int = 0
) -> Marked:
    """The mark of one answer, from 0 to `max_mark` points (which has two decimals).

    A blank answer gets 0, an essay's too. A short answer, an essay, and a question that lost its key wait for
    a person. `option_count` is N of the rule `each`.
    """
    if is_blank(answer):
        return BLANK
    if needs_human(kind) or (not key and key is not False):
        return FOR_A_PERSON
    share, whole, right = _share(kind, key, rule, answer, max_mark, option_count=option_count)
    if right:
        return Marked(round_mark(max_mark), True)
    if not share:
        return BLANK
    return Marked(round_mark(max_mark * share / whole), False)


def _share(kind: Kind, key: Any, rule: Rule, answer: Any, max_mark: Decimal, *, option_count: int) -> _Share:
    match kind:
        case Kind.SINGLE | Kind.TRUE_FALSE:
            return _ALL if answer == key else _NOTHING
        case Kind.MULTIPLE:
            return _multiple(set(key), set(answer), rule, max_mark, option_count)
        case Kind.FILL:
            return _fill(key, answer, rule)
        case Kind.ORDER:
            return _order(key, answer, rule)
        case Kind.MATCH:
            right = sum(answer.get(left) == name for left, name in key.items())
            exact = rule.get("match") == MatchRule.EXACT
            return _ALL if right == len(key) else _NOTHING if exact else (right, len(key), False)
        case _:
            raise ValueError(f"{kind} is marked by a person")


def _multiple(  # noqa: PLR0911 - a table of rules
    key: set[str], chosen: set[str], rule: Rule, max_mark: Decimal, option_count: int
) -> _Share:
    if chosen == key:
        return _ALL
    hits = len(chosen & key)
    misses = len(chosen) - hits
    match MultipleRule(rule.get("multiple", MultipleRule.PROPORTIONAL)):
        case MultipleRule.EXACT:
            return _NOTHING
        case MultipleRule.HALF:
            return (1, 2, False) if not misses else _NOTHING
        case MultipleRule.PROPORTIONAL:
            return (hits, len(key), False) if not misses else _NOTHING
        case MultipleRule.PER_OPTION:
            if misses or not max_mark:
                return _NOTHING
            if rule.get("per_option_mark") is None:
                return hits, len(key), False
            return min(hits * Decimal(rule["per_option_mark"]), max_mark), max_mark, False
        case MultipleRule.NET:
            return max(0, hits - misses), len(key), False
        case MultipleRule.COVERAGE:
            return hits * hits, len(key) * len(chosen), False
        case MultipleRule.EACH:
            options = max(option_count, len(key | chosen))
            return options - len(key ^ chosen), options, False


def _fill(key: Sequence[Sequence[str]], typed: Sequence[str], rule: Rule) -> _Share:
    weights = [Decimal(value) for value in rule.get("blank_marks") or ()]
    if len(weights) != len(key) or not any(weights):
        weights = [Decimal(1)] * len(key)
    right = right_blanks(
        key, typed, weights, any_order=bool(rule.get("any_order")), keep_case=bool(rule.get("case"))
    )
    if len(right) == len(key):
        return _ALL
    return sum((weights[blank] for blank in right), Decimal(0)), sum(weights), False


def _order(key: Sequence[str], answer: Sequence[str], rule: Rule) -> _Share:
    if list(answer) == list(key):
        return _ALL
    if rule.get("order", OrderRule.EXACT) == OrderRule.EXACT or len(key) < 2:
        return _NOTHING
    neighbours = set(pairwise(answer))
    right = sum(pair in neighbours for pair in pairwise(key))
    return right, len(key) - 1, False


def mark_paper(
    paper: Sequence[PaperItem], keys: Mapping[int, AnswerKey], answers: Mapping[int, Any]
) -> PaperMarks:
    """Marks of a whole attempt: `keys` by version id, `answers` by slot (from 1; a missing slot is blank).

    Raises KeyError if a version of the paper has no AnswerKey.
    """
    items = []
    score = max_score = ZERO
    waiting = []
    for slot, item in enumerate(paper, start=1):
        solution = keys[item.version]
        if solution.void:
            marked = Marked(round_mark(item.max_mark), None)
        else:
            marked = mark(
                item.kind,
                solution.key,
                solution.rule,
                answers.get(slot),
                item.max_mark,
                option_count=len(item.options),
            )
        items.append(marked)
        max_score += item.max_mark
        if marked.mark is None:
            waiting.append(slot)
        else:
            score += marked.mark
    return PaperMarks(tuple(items), score, max_score, tuple(waiting))


def passed(score: Decimal, max_score: Decimal, pass_percent: Decimal) -> bool:
    """Whether the score reaches the percentage of the full score; nobody passes a paper worth nothing."""
    return max_score > 0 and score * 100 >= pass_percent * max_score


def pass_score(max_score: Decimal, pass_percent: Decimal) -> Decimal:
    """The lowest score, in points of two decimals, that reaches the percentage: what the screens call the
    pass mark."""
    return (max_score * pass_percent / 100).quantize(CENT, ROUND_CEILING)


def grade_band(score: Decimal, max_score: Decimal, bands: Sequence[GradeBand]) -> GradeBand | None:
    """The highest band whose threshold the score reaches; None below all of them."""
    reached = [band for band in bands if passed(score, max_score, band.from_percent)]
    return max(reached, key=lambda band: band.from_percent, default=None)


def combine(scores: Sequence[Decimal], how: Combination | str) -> Decimal | None:
    """One score, in points, from those of a candidate's attempts in the order they were sat; None without
    any."""
    if not scores:
        return None
    match Combination(how):
        case Combination.BEST:
            return max(scores)
        case Combination.LAST:
            return scores[-1]
        case Combination.FIRST:
            return scores[0]
        case Combination.AVERAGE:
            return round_mark(sum(scores, ZERO) / len(scores))
