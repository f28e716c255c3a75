"""The numbers of an exam's report, read by a fixed number of statements; no words and no rounding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from django.utils import timezone

from learning.organisation.models import User
from question_bank.engine.statistics import Distribution
from question_bank.engine.timing import Sitting
from question_bank.engine.used_time import used_ms
from question_bank.exams.models import Attempt, Exam
from reports.tallies import ExamTally, Standing, exam_total, one_candidate
from reports.units.queries import Scale, is_excellent, standing_of

from .audience import BY_UNIT, Audience
from .by_unit import UnitLine, unit_lines
from .items import ItemNumbers, item_numbers


@dataclass(frozen=True, slots=True)
class Sitter:
    """`candidate`: id of one with a result. `score` as counted in the report, `used_ms` of the attempt that counts (用时); None
    where the result is an average."""

    candidate: int
    name: str
    number: str
    unit: str
    score: Fraction
    passed: bool
    band: str
    used_ms: int | None


@dataclass(frozen=True)
class ExamNumbers:
    """`missing`: who has not sat it and may not any more, by unit. `scale.full`: the full mark, None where papers differ
    and scores are out of 100. `by_unit` where a chart of units is wanted."""

    audience: Audience
    as_of: datetime
    tally: ExamTally
    scale: Scale
    sitters: list[Sitter]
    missing: Counter[str]
    items: ItemNumbers
    by_unit: list[UnitLine] = field(default_factory=list)

    @property
    def exam(self) -> Exam:
        return self.audience.exam

    @property
    def full(self) -> Fraction:
        return Fraction(self.scale.full) if self.scale.full else Fraction(100)

    @property
    def used(self) -> Distribution:
        return Distribution.of(each.used_ms for each in self.sitters if each.used_ms is not None)


FIELDS = (
    "pk", "state", "unit__name", "user__full_name", "user__number", "result__score", "result__max_score",
    "result__passed", "result__band", "result__attempt__started_at", "result__attempt__submitted_at",
    "result__attempt__deadline_at", "result__attempt__paused_ms",
)  # fmt: skip


def exam_numbers(*, audience: Audience, user: User, now: datetime) -> ExamNumbers:
    exam = audience.exam
    live = _live(exam)
    rows = list(audience.candidates.order_by("unit__path", "user__number").values_list(*FIELDS))
    fulls = {row[6] for row in rows if row[6] is not None}
    scale = Scale(fulls.pop() if len(fulls) == 1 else None)
    parts: Counter[tuple[Standing, Fraction | None, bool, bool]] = Counter()
    sitters, missing = [], Counter[str]()
    for pk, state, unit, name, number, score, full, passed, band, *clock in rows:
        standing = standing_of(state, score is not None, live.get(pk, 0), over=exam.closes_at <= now)
        if standing is Standing.MARKED:
            points = scale.score(score, full)
            parts[standing, points, passed, is_excellent(exam, score, full, band)] += 1
            sitters.append(Sitter(pk, name, number, unit, points, passed, band, _used(*clock)))
        else:
            parts[standing, None, False, False] += 1
            missing[unit] += standing is Standing.ABSENT
    tally = exam_total(
        one_candidate(standing, n, score=points, passed=passed, excellent=excellent)
        for (standing, points, passed, excellent), n in parts.items()
    )
    items = item_numbers(audience=audience, user=user, now=now)
    by_unit = _by_unit(audience, sitters, now) if audience.wanted.chart in BY_UNIT else []
    return ExamNumbers(audience, now, tally, scale, sitters, missing, items, by_unit)


def _by_unit(audience: Audience, sitters: list[Sitter], now: datetime) -> list[UnitLine]:
    scores = ((each.candidate, each.score) for each in sitters)
    with_points = audience.wanted.chart == "points"
    return unit_lines(audience, scores, day=timezone.localdate(now), with_points=with_points)


def _live(exam: Exam) -> dict[int, int]:
    """By candidate: 2 where an attempt waits to be marked, 1 where one is open."""
    waiting = Attempt.State.MARKING
    states = Attempt.objects.filter(exam=exam).exclude(state__in=[Attempt.State.MARKED, Attempt.State.VOID])
    found: dict[int, int] = {}
    for candidate, state in states.values_list("candidate", "state"):
        found[candidate] = max(found.get(candidate, 0), 2 if state == waiting else 1)
    return found


def _used(
    started_at: datetime | None, submitted_at: datetime | None, deadline_at: datetime, paused_ms: int
) -> int | None:
    if started_at is None or submitted_at is None:
        return None
    return used_ms(Sitting(started_at, paused_ms), submitted_at, deadline_at)
