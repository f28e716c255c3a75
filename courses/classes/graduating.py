"""Who graduates from a training class: a pure rule over what was done. Minutes are no part of it.

综合成绩 = w_e · exam + w_s · completion + w_t · reflection (weights in percent); who graduates reaches each part's
minimum, the pass total, the minimum hours, and has done every required item (TIMING.md 2.5). The completion is that of
all courses together: a lesson counts the same in a long course and in a short one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

HUNDRED = Decimal(100)
CENT = Decimal("0.01")


class Part(StrEnum):
    EXAM = "exam"
    STUDY = "study"
    REFLECTION = "reflection"


class Missing(StrEnum):
    """Why somebody does not graduate."""

    ITEM = "item"  # a required item is not done
    PART = "part"  # a part is below its minimum
    HOURS = "hours"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Rules:
    """Weights in percent, adding to 100; minimums in points of 100; hours ≥ 0."""

    weights: dict[Part, int]
    least: dict[Part, Decimal]
    pass_total: Decimal
    least_hours: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if sum(self.weights.values()) != 100:
            raise ValueError("The weights of the parts must add to 100.")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the plan as one person did it. `score` in points of 100: the result of an exam or a reflection (0
    without one), which counts by `weight`, or the share of a course's lessons, of which the part takes what they are
    made of: `count` of `of` required lessons completed."""

    part: Part
    name: str
    score: Decimal
    done: bool
    required: bool = True
    weight: int = 1
    count: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """What was missing: the item's or the part's name, what was reached and what was asked for."""

    code: Missing
    name: str = ""
    reached: Decimal | None = None
    asked: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points of 100, rounded half-up to 0.01: each part once, then their weighted sum; a part without items is None."""

    parts: dict[Part, Decimal | None]
    total: Decimal
    hours: Decimal
    graduates: bool
    reasons: tuple[Reason, ...]


def completion(done: int, of: int) -> Decimal:
    """Completed activities out of all, in points of 100, rounded half-up to 0.01; 0 of none."""
    return rounded(HUNDRED * min(done, of) / of) if of else Decimal(0)


def judged(items: Sequence[Item], *, hours: Decimal, rules: Rules) -> Verdict:
    """The verdict on one person. A part that weighs nothing and has no items asks for nothing; one that weighs but has
    no items counts 0."""
    parts = {
        part: (study_of if part is Part.STUDY else score_of)([item for item in items if item.part is part])
        for part in Part
    }
    total = rounded(
        sum((rules.weights[part] * (parts[part] or Decimal(0)) for part in Part), Decimal(0)) / HUNDRED
    )
    reasons = [
        Reason(Missing.ITEM, item.name, item.score) for item in items if item.required and not item.done
    ]
    for part in Part:
        reached, asked = parts[part], rules.least[part]
        if (reached is not None or rules.weights[part]) and (reached or Decimal(0)) < asked:
            reasons.append(Reason(Missing.PART, part.value, reached or Decimal(0), asked))
    if hours < rules.least_hours:
        reasons.append(Reason(Missing.HOURS, "", hours, rules.least_hours))
    if total < rules.pass_total:
        reasons.append(Reason(Missing.TOTAL, "", total, rules.pass_total))
    return Verdict(parts, total, hours, not reasons, tuple(reasons))


def study_of(items: Sequence[Item]) -> Decimal | None:
    """The completed lessons of all courses out of their required lessons; None without courses."""
    if not items:
        return None
    return completion(sum(item.count for item in items), sum(item.of for item in items))


def score_of(items: Sequence[Item]) -> Decimal | None:
    """The mean of the items' scores by their weights; None without items."""
    weights = sum(item.weight for item in items)
    if not weights:
        return None
    return rounded(sum((item.score * item.weight for item in items), Decimal(0)) / weights)


def rounded(points: Decimal) -> Decimal:
    return points.quantize(CENT, ROUND_HALF_UP)
