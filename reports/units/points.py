"""Mastery of knowledge points (知识点) by the people of a unit: Σ marks / Σ full marks over the answers folded so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Sum

from learning.organisation.models import Unit
from learning.organisation.rows import among, read
from question_bank.exams.models import Candidate, Exam
from question_bank.questions.models import Question
from reports.models import ItemStatistics

from .places import Places, people_q

LEAST_ANSWERS = 5  # fewer answers to a point say nothing about a group


@dataclass(frozen=True, slots=True)
class PointTally:
    """`marks` and `full` in hundredths of a point, over `n` answers to questions on the point."""

    id: int
    name: str
    n: int
    marks: int
    full: int

    @property
    def mastery(self) -> Fraction | None:
        return Fraction(self.marks, self.full) if self.full else None


def weakest_points(
    places: Places, leaves: Sequence[int], exams: Sequence[Exam], status: str, most: int
) -> list[PointTally]:
    """The points with the least mastery first, those of at least five answers; three queries."""
    if not exams:
        return []
    points = [each for each in point_tallies(places, leaves, exams, status) if each.n >= LEAST_ANSWERS]
    return sorted(points, key=lambda each: (each.mastery or Fraction(0), each.name))[:most]


def point_tallies(
    places: Places, leaves: Sequence[int], exams: Sequence[Exam], status: str
) -> list[PointTally]:
    versions = (
        _everybody(exams) if _is_everybody(places, status) else _of_people(places, leaves, exams, status)
    )
    return by_point(versions)


def by_point(versions: dict[int, tuple[int, int, int]]) -> list[PointTally]:
    """From (n, marks, full) by question version; a question on several points counts for each. One query."""
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    links = Question.objects.filter(versions__in=versions, knowledge_points__isnull=False)
    for version, point, name in links.values_list("versions", "knowledge_points", "knowledge_points__name"):
        if version in versions:
            for place, value in enumerate(versions[version]):
                found[point, name][place] += value
    return [PointTally(point, name, *sums) for (point, name), sums in found.items()]


def _is_everybody(places: Places, status: str) -> bool:
    """Whether every candidate counts here: the only root, by the units of the time."""
    return (
        not status and not places.now and places.unit.is_root() and Unit.objects.filter(depth=1).count() == 1
    )


def _everybody(exams: Sequence[Exam]) -> dict[int, tuple[int, int, int]]:
    rows = ItemStatistics.objects.filter(exam__in=[exam.pk for exam in exams]).values_list("version")
    sums = rows.annotate(answers=Sum("n"), got=Sum("marks"), most=Sum("full_marks"))
    return {version: (n, marks, full) for version, n, marks, full in sums}


def _of_people(
    places: Places, leaves: Sequence[int], exams: Sequence[Exam], status: str
) -> dict[int, tuple[int, int, int]]:
    """From the folded attempts: [version, mark, full, …] of each slot."""
    people = Candidate.objects.filter(people_q(places, leaves), exam__in=[exam.pk for exam in exams])
    if status:
        people = people.filter(
            **({"user__memberships__person_status": status, "user__memberships__to_date": None}
               if places.now else {"person_status": status})
        )  # fmt: skip
    wanted, ids = among("a.candidate_id", people.values_list("pk", flat=True))
    each, part = ("jsonb_array_elements(f.outcomes::jsonb) o(item)", "(item ->> {})::bigint")
    if connection.vendor != "postgresql":
        each, part = ("json_each(f.outcomes) o", "json_extract(o.value, '$[{}]')")
    version, mark, full = (part.format(place) for place in range(3))
    sql = f"""
        SELECT {version} AS version, COUNT(*), SUM({mark}), SUM({full})
        FROM reports_foldedattempt f JOIN exams_attempt a ON a.id = f.attempt_id CROSS JOIN {each}
        WHERE {wanted} GROUP BY version
    """  # noqa: S608 — our own names
    (rows,) = read((sql, [ids]))
    return {int(row[0]): _whole(row[1:]) for row in rows}


def _whole(values: Sequence[Any]) -> tuple[int, int, int]:
    n, marks, full = values
    return int(n), int(marks or 0), int(full or 0)
