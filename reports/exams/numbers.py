"""The numbers of an exam's report, read by a fixed number of statements; no words and no rounding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from learning.organisation.models import User
from question_bank.engine.statistics import Distribution
from question_bank.engine.timing import Sitting
from question_bank.engine.used_time import used_ms
from question_bank.exams.models import Attempt, Candidate, Exam
from reports.tallies import ExamTally, Standing, exam_total, one_candidate
from reports.units.queries import BY_STATE, Scale, is_excellent, standing_of

from .audience import BY_UNIT, Audience
from .by_unit import UnitLine, unit_lines
from .items import ItemNumbers, item_numbers

SCORE = ("result__score", "result__max_score")
CLOCK = (
    "result__attempt__started_at", "result__attempt__submitted_at", "result__attempt__deadline_at",
    "result__attempt__paused_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sitter:
    """One with a result. `score` as counted in the report, `used_ms` of the attempt that counts (用时); None where the result
    is an average."""

    name: str
    number: str
    unit: str
    score: Fraction
    used_ms: int | None


@dataclass(frozen=True)
class ExamNumbers:
    """`bands`: how many reached each. `used`: 用时 in milliseconds. `missing`: who has not sat it and may not any more, by
    unit. `scale.full`: the full mark, None where papers differ and scores are out of 100. `sitters`, `by_unit`: where a
    chart of them is wanted."""

    audience: Audience
    as_of: datetime
    tally: ExamTally
    scale: Scale
    bands: Counter[str]
    used: Distribution
    missing: Counter[str]
    items: ItemNumbers
    sitters: list[Sitter] = field(default_factory=list)
    by_unit: list[UnitLine] = field(default_factory=list)

    @property
    def exam(self) -> Exam:
        return self.audience.exam

    @property
    def full(self) -> Fraction:
        return Fraction(self.scale.full) if self.scale.full else Fraction(100)


def exam_numbers(*, audience: Audience, user: User, now: datetime) -> ExamNumbers:
    exam, chart = audience.exam, audience.wanted.chart
    marked = audience.candidates.filter(result__isnull=False).exclude(state__in=BY_STATE)
    alike = marked.order_by().values_list(*SCORE, "result__passed", "result__band").annotate(n=Count("pk"))
    results = list(alike)
    fulls = {full for _score, full, *_rest in results}
    scale = Scale(fulls.pop() if len(fulls) == 1 else None)
    parts, missing, bands = [], Counter[str](), Counter[str]()
    for score, full, passed, band, n in results:
        excellent = is_excellent(exam, score, full, band)
        points = scale.score(score, full)
        parts.append(one_candidate(Standing.MARKED, n, score=points, passed=passed, excellent=excellent))
        bands[band] += n
    for standing, unit, n in _without_marks(audience, now):
        parts.append(one_candidate(standing, n))
        missing[unit] += n * (standing is Standing.ABSENT)
    clocks = marked.order_by().filter(result__attempt__submitted_at__isnull=False).values_list(*CLOCK)
    return ExamNumbers(
        audience=audience,
        as_of=now,
        tally=exam_total(parts),
        scale=scale,
        bands=bands,
        used=Distribution.of(_used(*clock) for clock in clocks),
        missing=missing,
        items=item_numbers(audience=audience, user=user, now=now),
        sitters=_sitters(marked, scale) if chart == "time" else [],
        by_unit=_by_unit(audience, marked, scale, now) if chart in BY_UNIT else [],
    )


def _without_marks(audience: Audience, now: datetime) -> Iterator[tuple[Standing, str, int]]:
    """Everybody else, by unit: who stands alike is counted by the database."""
    attempts = Attempt.objects.filter(candidate=OuterRef("pk"))
    done = [Attempt.State.MARKED, Attempt.State.VOID]
    rows = (
        audience.candidates.order_by()
        .filter(Q(result=None) | Q(state__in=BY_STATE))
        .annotate(
            waits=Exists(attempts.filter(state=Attempt.State.MARKING)),
            live=Exists(attempts.exclude(state__in=done)),
        )
        .values_list("state", "unit__name", "waits", "live")
        .annotate(n=Count("pk"))
    )
    over = audience.exam.closes_at <= now
    for state, unit, waits, live, n in rows:
        yield standing_of(state, False, 2 if waits else int(live), over=over), unit, n


def _sitters(marked: QuerySet[Candidate], scale: Scale) -> list[Sitter]:
    """By unit in tree order, then by number."""
    people = marked.order_by("unit__path", "user__number")
    rows = people.values_list("user__full_name", "user__number", "unit__name", *SCORE, *CLOCK)
    return [
        Sitter(name, number, unit, scale.score(score, full), _used(*clock) if clock[1] else None)
        for name, number, unit, score, full, *clock in rows
    ]


def _by_unit(audience: Audience, marked: QuerySet[Candidate], scale: Scale, now: datetime) -> list[UnitLine]:
    rows = marked.order_by().values_list("pk", *SCORE)
    scores = ((candidate, scale.score(score, full)) for candidate, score, full in rows)
    with_points = audience.wanted.chart == "points"
    return unit_lines(audience, scores, day=timezone.localdate(now), with_points=with_points)


def _used(started_at: datetime, submitted_at: datetime, deadline_at: datetime, paused_ms: int) -> int:
    return used_ms(Sitting(started_at, paused_ms), submitted_at, deadline_at)
