"""The numbers of a unit's evaluation report, by child and together; no words and no rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from learning.organisation.models import Unit
from learning.study.models import Activity, Enrolment
from question_bank.exams.models import Candidate, Exam
from reports.tallies import ExamTally, StudyTally, exam_total, study_total

from .filters import UnitFilter
from .hours import hours_tallies
from .minutes import minutes_tallies
from .places import OWN, Places, leaves_of, people_q, places_of
from .points import PointTally, weakest_points
from .queries import Scale, exam_tallies, study_tallies

COUNTED_KINDS = (Exam.Kind.FORMAL,)  # practice and mock exams assess nobody
WEAKEST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A child, or the people of the unit itself (`unit` is then the unit)."""

    unit: Unit
    own: bool
    exam: ExamTally
    study: StudyTally


@dataclass(frozen=True)
class UnitNumbers:
    """`resit`: of the resit exams of the period, apart. `as_of`: when all was read."""

    unit: Unit
    wanted: UnitFilter
    places: Places
    leaves: Sequence[int]
    as_of: datetime
    exams: list[Exam]
    resits: list[Exam]
    courses: list[Activity]
    scale: Scale
    lines: list[Line]
    exam: ExamTally
    study: StudyTally
    resit: ExamTally
    points: list[PointTally]
    minutes_shown: bool

    @property
    def minutes_per_head(self) -> Fraction | None:
        heads = self.study.heads
        return Fraction(self.study.active_ms, heads * 60_000) if heads else None


def minutes_are_shown() -> bool:
    """Study minutes of units are off unless the site turns them on (REPORTS_UNIT_MINUTES), and only a diagnosis then."""
    return bool(getattr(settings, "REPORTS_UNIT_MINUTES", False))


def unit_numbers(*, unit: Unit, wanted: UnitFilter, now: datetime, with_points: bool = True) -> UnitNumbers:
    """Everything the unit's report counts, in a fixed number of queries. No figure depends on study minutes but the
    diagnostic one that a site may turn on."""
    places = places_of(unit, unit_now=wanted.unit_now, day=timezone.localdate(now))
    leaves = leaves_of(places)
    exams = list(exams_of(places, leaves, wanted, now, COUNTED_KINDS))
    resits = [] if wanted.exam else list(exams_of(places, leaves, wanted, now, (Exam.Kind.RESIT,)))
    courses = list(courses_of(places, leaves, wanted, now))
    begins, ends = wanted.period(now)
    by_child, scale = exam_tallies(places, exams, status=wanted.status, now=now)
    resat, _scale = exam_tallies(places, resits, status=wanted.status, now=now)
    studied = study_tallies(places, courses, status=wanted.status, now=now)
    parts = [studied, hours_tallies(places, begins=begins, ends=ends, status=wanted.status)]
    if minutes_are_shown():
        parts.append(minutes_tallies(places, begins=begins, ends=ends, status=wanted.status))
    study = {
        child: study_total(part[child] for part in parts if child in part)
        for child in {child for part in parts for child in part}
    }
    lines = _lines(places, by_child, study)
    return UnitNumbers(
        unit=unit,
        wanted=wanted,
        places=places,
        leaves=leaves,
        as_of=now,
        exams=exams,
        resits=resits,
        courses=courses,
        scale=scale,
        lines=lines,
        exam=exam_total(line.exam for line in lines),
        study=study_total(line.study for line in lines),
        resit=exam_total(resat.values()),
        points=weakest_points(places, leaves, exams, wanted.status, WEAKEST) if with_points else [],
        minutes_shown=minutes_are_shown(),
    )


Choices = list[tuple[int, str]]


def choices_of(numbers: UnitNumbers) -> tuple[Choices, Choices]:
    """(id, title) of the exams and courses that the report may be narrowed to; at most two queries."""
    wanted = numbers.wanted
    exams: Sequence[Exam] = [*numbers.exams, *numbers.resits]
    courses: Sequence[Activity] = numbers.courses
    everything = wanted.without_items()
    if wanted.exam:
        kinds = (*COUNTED_KINDS, Exam.Kind.RESIT)
        exams = list(exams_of(numbers.places, numbers.leaves, everything, numbers.as_of, kinds))
        exams += [exam for exam in numbers.exams if exam not in exams]
    if wanted.course:
        courses = list(courses_of(numbers.places, numbers.leaves, everything, numbers.as_of))
        courses += [course for course in numbers.courses if course not in courses]
    return [(each.pk, each.title) for each in exams], [(each.pk, each.title) for each in courses]


def exams_of(
    places: Places, leaves: Sequence[int], wanted: UnitFilter, now: datetime, kinds: Sequence[str]
) -> QuerySet[Exam]:
    """The exam asked for, or the published ones of these kinds that opened in the period; of both only those that have
    candidates here."""
    exams = Exam.objects.exclude(state=Exam.State.DRAFT).only(
        "title", "kind", "opens_at", "closes_at", "bands"
    )
    if wanted.exam:
        exams = exams.filter(pk=wanted.exam)
    else:
        begins, ends = wanted.period(now)
        exams = exams.filter(kind__in=kinds, state=Exam.State.PUBLISHED, opens_at__gte=begins)
        if ends:
            exams = exams.filter(opens_at__lt=ends)
    if not places.unit.is_root():
        here = Candidate.objects.filter(people_q(places, leaves), exam=OuterRef("pk"))
        exams = exams.filter(Exists(here))
    return exams.order_by("-opens_at", "-pk")


def courses_of(
    places: Places, leaves: Sequence[int], wanted: UnitFilter, now: datetime
) -> QuerySet[Activity]:
    """The course asked for, or those that people were enrolled in and that were published in the period or still are."""
    courses = Activity.objects.courses()
    enrolled = Enrolment.objects.exclude(source=Enrolment.Source.SELF).filter(activity=OuterRef("pk"))
    if wanted.course:
        courses = courses.filter(pk=wanted.course)
    else:
        begins, ends = wanted.period(now)
        enrolled = enrolled.filter(enrolled_at__lt=ends) if ends else enrolled
        courses = courses.filter(Q(is_open=True) | Q(updated_at__gte=begins))
    if not places.unit.is_root():
        enrolled = enrolled.filter(people_q(places, leaves))
    return courses.filter(Exists(enrolled)).order_by("title", "pk")


def _lines(places: Places, exam: dict[int, ExamTally], study: dict[int, StudyTally]) -> list[Line]:
    """The children of today and whoever else has numbers, in tree order, the unit's own people last."""
    counted = {child for child in exam.keys() | study.keys() if child != OWN}
    units = Unit.objects.filter(pk__in={*places.children})
    lines = [
        Line(each, False, exam.get(each.pk, ExamTally()), study.get(each.pk, StudyTally()))
        for each in units.order_by("path")
        if each.pk in counted
        or (
            each.path.startswith(places.unit.path)
            and (each.closed_date is None or each.closed_date > places.day)
        )
    ]
    if OWN in exam or OWN in study:
        lines.append(Line(places.unit, True, exam.get(OWN, ExamTally()), study.get(OWN, StudyTally())))
    return lines
