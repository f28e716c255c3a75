"""What came of a run: counts, and right answers by knowledge point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from question_bank.exams.models import PracticeAnswer, PracticeRun
from question_bank.questions.models import QuestionVersion


@dataclass(frozen=True, slots=True)
class PointScore:
    """Of a knowledge point ("" = questions without one): how many questions were judged, and how many were right."""

    name: str
    right: int
    judged: int

    @property
    def percent(self) -> int:
        return round(100 * self.right / self.judged)


@dataclass(frozen=True, slots=True)
class Summary:
    """`open` slots have no answer; `unjudged` texts wait for the member's own verdict. Weakest points first."""

    total: int
    right: int
    wrong: int
    unjudged: int
    points: tuple[PointScore, ...]

    @property
    def open(self) -> int:
        return self.total - self.right - self.wrong - self.unjudged

    @property
    def percent(self) -> int | None:
        """Right answers of those judged, in whole percent."""
        judged = self.right + self.wrong
        return round(100 * self.right / judged) if judged else None


def summary_of(run: PracticeRun, answers: Sequence[PracticeAnswer]) -> Summary:
    """One query. A question with several points counts for each of them."""
    judged = {kept.version_id: kept.correct for kept in answers if kept.correct is not None}
    counts: dict[str, list[int]] = {}
    named = QuestionVersion.objects.filter(pk__in=judged).values_list(
        "pk", "question__knowledge_points__name"
    )
    for version, name in named:
        count = counts.setdefault(name or "", [0, 0])
        count[0] += bool(judged[version])
        count[1] += 1
    points = [PointScore(name, right, n) for name, (right, n) in counts.items()]
    verdicts = [kept.correct for kept in answers]
    return Summary(
        total=len(run.paper),
        right=verdicts.count(True),
        wrong=verdicts.count(False),
        unjudged=verdicts.count(None),
        points=tuple(sorted(points, key=lambda point: (point.name == "", point.percent, point.name))),
    )
