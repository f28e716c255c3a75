"""What a member masters: the questions of all attempts that assess, by knowledge point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from question_bank.exams.marks import item_marks
from question_bank.exams.models import Attempt, Exam, Mark
from question_bank.exams.releasing import Visible
from question_bank.questions.models import Question

# Practice, mock exams and the daily question are for learning: what goes wrong there says nothing of the outcome.
ASSESSING = (Exam.Kind.FORMAL, Exam.Kind.RESIT)


@dataclass(frozen=True, slots=True)
class PointRecord:
    """Mastery of a knowledge point over `n` answers."""

    name: str
    n: int
    marks: Decimal
    full: Decimal

    @property
    def mastery(self) -> Fraction | None:
        return Fraction(self.marks) / Fraction(self.full) if self.full else None


def counted_attempts(attempts: Sequence[Attempt], visible: Mapping[int, Visible]) -> list[Attempt]:
    """The marked attempts of exams that assess whose answers may be seen."""
    return [
        each
        for each in attempts
        if each.exam.kind in ASSESSING and each.state == Attempt.State.MARKED and visible[each.pk].answers
    ]


def point_records(attempts: Sequence[Attempt], given: Mapping[int, dict[int, Mark]]) -> list[PointRecord]:
    """Σ marks / Σ full marks by knowledge point over the marked questions, weakest first; one query. `given`:
    marks.given_marks of at least these."""
    items = [
        (item["v"], mark, Decimal(item["m"]))
        for attempt in attempts
        for item, mark in zip(attempt.paper, item_marks(attempt, given.get(attempt.pk, {})), strict=True)
        if mark is not None
    ]
    names: dict[int, list[str]] = defaultdict(list)
    links = Question.objects.filter(
        versions__in={version for version, _mark, _full in items}, knowledge_points__isnull=False
    )
    for version, name in links.values_list("versions", "knowledge_points__name").distinct():
        names[version].append(name)
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    for version, mark, full in items:
        for name in names.get(version, ()):
            for place, value in enumerate((Decimal(1), mark, full)):
                sums[name][place] += value
    found = [PointRecord(name, int(n), marks, full) for name, (n, marks, full) in sums.items()]
    return sorted(found, key=lambda each: (each.mastery or Fraction(0), each.name))
