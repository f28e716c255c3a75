"""Mastery of knowledge points (知识点) by the people of a unit: Σ marks / Σ full marks over the answers folded so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from operator import itemgetter

import orjson
from django.db import transaction
from django.db.models import QuerySet, Sum

from learning.organisation.models import Unit
from question_bank.exams.models import Candidate, Exam
from question_bank.questions.models import Question
from reports.models import FoldedAttempt, ItemStatistics

from .places import Places, people_q

BATCH = 2000  # folded attempts in memory
VERSION_MARK_FULL = itemgetter(0, 1, 2)  # of a slot's outcome
VersionSums = dict[int, tuple[int, int, int]]  # n, marks and full marks by question version
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
    """The points with the least mastery first, of equal ones by name, those of at least five answers; two queries."""
    if not exams:
        return []
    points = [each for each in point_tallies(places, leaves, exams, status) if each.n >= LEAST_ANSWERS]
    return sorted(points, key=lambda each: (each.mastery or Fraction(0), each.name, each.id))[:most]


def point_tallies(
    places: Places, leaves: Sequence[int], exams: Sequence[Exam], status: str
) -> list[PointTally]:
    people = Candidate.objects.filter(exam__in=[exam.pk for exam in exams])
    here = people_q(places, leaves)
    if not status and _is_school(places):
        versions = _everybody(exams)
        if places.now:  # few have left: their answers are taken out, instead of adding up all the others
            versions = _less(versions, _of_people(people.exclude(here)))
    else:
        versions = _of_people(_of_status(people.filter(here), places, status))
    return by_point(versions)


def by_point(versions: VersionSums) -> list[PointTally]:
    """A question on several points counts for each. One query."""
    return summed(versions, points_of(versions))


def points_of(versions: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Id and name of the points of each question version that has any; one query."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    links = Question.objects.filter(versions__in=versions, knowledge_points__isnull=False)
    for version, point, name in links.values_list("versions", "knowledge_points", "knowledge_points__name"):
        if version in versions:
            found[version].append((point, name))
    return found


def summed(versions: VersionSums, points: Mapping[int, Sequence[tuple[int, str]]]) -> list[PointTally]:
    """The sums of the versions by the points that they have."""
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for version, sums in versions.items():
        for point in points.get(version, ()):
            for place, value in enumerate(sums):
                found[point][place] += value
    return [PointTally(point, name, *sums) for (point, name), sums in found.items()]


def sums_of(slots: Mapping[tuple[int, int, int], int]) -> VersionSums:
    """From how often each (version, mark, full mark) came."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (version, mark, full), n in slots.items():
        sums = found[version]
        sums[0] += n
        sums[1] += mark * n
        sums[2] += full * n
    return {version: (n, marks, most) for version, (n, marks, most) in found.items()}


def _is_school(places: Places) -> bool:
    """Whether every candidate counted here at the time: the only root."""
    return bool(places.unit.is_root()) and Unit.objects.filter(depth=1).count() == 1


def _everybody(exams: Sequence[Exam]) -> VersionSums:
    rows = ItemStatistics.objects.filter(exam__in=[exam.pk for exam in exams]).values_list("version")
    sums = rows.annotate(answers=Sum("n"), got=Sum("marks"), most=Sum("full_marks"))
    return {version: (n, marks, full) for version, n, marks, full in sums}


def _less(all_of_them: VersionSums, gone: VersionSums) -> VersionSums:
    """What remains; a question that nobody else was asked does not."""
    remain = {
        version: (n - out[0], marks - out[1], full - out[2])
        for version, (n, marks, full) in all_of_them.items()
        for out in [gone.get(version, (0, 0, 0))]
    }
    return {version: sums for version, sums in remain.items() if sums[0]}


def _of_status(people: QuerySet[Candidate], places: Places, status: str) -> QuerySet[Candidate]:
    if not status:
        return people
    if places.now:
        return people.filter(user__memberships__person_status=status, user__memberships__to_date=None)
    return people.filter(person_status=status)


def _of_people(people: QuerySet[Candidate]) -> VersionSums:
    """From the folded attempts: [version, mark, full, …] of each slot."""
    # One after the other, and taken apart here: PostgreSQL needs several times as long to unfold JSON.
    texts = FoldedAttempt.objects.filter(attempt__candidate__in=people).values_list("outcomes", flat=True)
    with transaction.atomic():  # outside of one, the database copies all of them before it gives the first
        slots = chain.from_iterable(map(orjson.loads, texts.iterator(chunk_size=BATCH)))
        return sums_of(Counter(map(VERSION_MARK_FULL, slots)))
