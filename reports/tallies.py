"""Counts of people that add up along the tree: a parent's tally is the sum of its children's, and a rate is the sum of
numerators over the sum of denominators (TIMING.md 2.6). Pure: knows neither the database nor words.

All values are exact: counts, Fractions of points; whoever shows them rounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from question_bank.engine.statistics import Distribution

SMALL_GROUP = 5  # below it a group shows no distribution
EXCELLENT_SHARE = Fraction(9, 10)  # of the full mark, where an exam names no bands


class Standing(StrEnum):
    """Where a candidate stands in an exam; each has exactly one."""

    MARKED = "marked"
    MARKING = "marking"
    SITTING = "sitting"
    WAITING = "waiting"  # may still sit it
    ABSENT = "absent"
    EXEMPT = "exempt"
    DEFERRED = "deferred"
    BARRED = "barred"


@dataclass(frozen=True)
class ExamTally:
    """Of candidates (a person once an exam). `scores`: how many got how many points, of those marked."""

    due: int = 0
    marked: int = 0
    marking: int = 0
    sitting: int = 0
    waiting: int = 0
    absent: int = 0
    exempt: int = 0
    deferred: int = 0
    barred: int = 0
    passed: int = 0
    excellent: int = 0
    scores: Mapping[Fraction, int] = field(default_factory=dict)

    def __add__(self, other: ExamTally) -> ExamTally:
        counts = {
            each.name: getattr(self, each.name) + getattr(other, each.name)
            for each in fields(self)
            if each.name != "scores"
        }
        return ExamTally(**counts, scores=Counter(self.scores) + Counter(other.scores))

    @property
    def sat(self) -> int:
        """实考: handed in, marked or not."""
        return self.marked + self.marking

    @property
    def rate(self) -> Fraction | None:
        """参考率 = 实考 / (应考 − 免考)."""
        return share(self.sat, self.due - self.exempt)

    @property
    def is_unjudged(self) -> bool:
        """Nobody is marked and somebody still may be: nobody has passed or failed yet."""
        return not self.marked and self.marking + self.sitting + self.waiting > 0

    @property
    def pass_rate_sat(self) -> Fraction | None:
        """None before anybody is marked; then papers that wait for marks count as sat and not yet as passed."""
        return None if self.is_unjudged else share(self.passed, self.sat)

    @property
    def pass_rate_due(self) -> Fraction | None:
        return None if self.is_unjudged else share(self.passed, self.due)

    @property
    def excellent_rate(self) -> Fraction | None:
        return None if self.is_unjudged else share(self.excellent, self.sat)

    @cached_property
    def spread(self) -> Distribution:
        """Of the scores: mean, median, percentiles, sd."""
        return Distribution.counted(self.scores)

    @property
    def is_small(self) -> bool:
        return self.marked < SMALL_GROUP


def one_candidate(
    standing: Standing,
    n: int = 1,
    *,
    score: Fraction | None = None,
    passed: bool = False,
    excellent: bool = False,
) -> ExamTally:
    """The tally of `n` candidates who stand alike."""
    counts: dict[str, Any] = {standing.value: n}
    standing_alike = ExamTally(due=n, **counts)
    if standing is not Standing.MARKED or score is None:
        return standing_alike
    return replace(standing_alike, passed=n * passed, excellent=n * excellent, scores={score: n})


@dataclass(frozen=True)
class StudyTally:
    """Of enrolments (a person once a course). `finished` of `due` people; `begun` have started and not finished;
    `overdue` have not finished and the date is past. `hours`: credit hours earned; `heads`: members today."""

    due: int = 0
    finished: int = 0
    begun: int = 0
    overdue: int = 0
    hours: Decimal = Decimal(0)
    heads: int = 0
    active_ms: int = 0

    def __add__(self, other: StudyTally) -> StudyTally:
        return StudyTally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def not_begun(self) -> int:
        return self.due - self.finished - self.begun

    @property
    def finish_rate(self) -> Fraction | None:
        """完成率 = 学完 / 应学."""
        return share(self.finished, self.due)

    @property
    def hours_per_head(self) -> Fraction | None:
        return Fraction(self.hours) / self.heads if self.heads else None


def share(part: int, whole: int) -> Fraction | None:
    """None of nobody."""
    return Fraction(part, whole) if whole > 0 else None


def exam_total(tallies: Iterable[ExamTally]) -> ExamTally:
    return sum(tallies, ExamTally())


def study_total(tallies: Iterable[StudyTally]) -> StudyTally:
    return sum(tallies, StudyTally())
