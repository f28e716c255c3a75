"""Whose figures a reader gets of an exam: everybody's where its owner lies in the reader's scope, else those of the
reader's own people and of the groups that they teach; narrowed to a unit where one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from learning.organisation.models import Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, any_path, may, people_allowing, scope_q, scopes
from question_bank.exams.models import Candidate, Exam
from question_bank.exams.models.exams import group_q
from reports.units.places import leaves_of, people_q, places_of

BY_UNIT = ("units", "points")
CHARTS = ("scores", "items", "time", *BY_UNIT)


@dataclass(frozen=True, slots=True)
class ExamFilter:
    """`unit`: id, 0 = all. `unit_now`: by the units that people belong to now, not at the time (按现支部). `chart`: which
    one is drawn."""

    unit: int = 0
    unit_now: bool = False
    chart: str = CHARTS[0]

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ExamFilter:
        """What cannot be read is as if it were not there."""
        unit, chart = query.get("unit", ""), query.get("chart", "")
        return cls(
            int(unit) if unit.isascii() and unit.isdecimal() and len(unit) <= 18 else 0,
            query.get("by", "") == "now",
            chart if chart in CHARTS else CHARTS[0],
        )


@dataclass(frozen=True, slots=True)
class Audience:
    """`everybody`: the candidates are all of the exam, so what is folded of it can be used as it is. `units`: those the
    reader may choose; `unit` the one chosen."""

    exam: Exam
    candidates: QuerySet[Candidate]
    everybody: bool
    units: list[Unit]
    unit: Unit | None
    wanted: ExamFilter


def readable_exams(user: User) -> QuerySet[Exam]:
    """Exams owned where the user may read reports, those that people from there are admitted to, and those that a group of
    theirs sits; no drafts."""
    return Exam.objects.watched_by(user, Action.REPORT_VIEW).exclude(state=Exam.State.DRAFT)


def audience_of(*, exam: Exam, user: User, wanted: ExamFilter, now: datetime) -> Audience:
    """The exam is one of `readable_exams`, with its owner unit."""
    day = timezone.localdate(now)
    candidates = Candidate.objects.filter(exam=exam)
    whole = may(user, Action.REPORT_VIEW, exam.owner_unit)
    if not whole:
        candidates = candidates.filter(_own_people(user, wanted.unit_now, day))
    units = _units(exam, user, whole)
    unit = next((each for each in units if each.pk == wanted.unit), None)
    if unit is not None:
        places = places_of(unit, unit_now=wanted.unit_now, day=day)
        candidates = candidates.filter(people_q(places, leaves_of(places)))
    return Audience(exam, candidates, whole and unit is None, units, unit, wanted)


def _own_people(user: User, unit_now: bool, day: date) -> Q:
    groups = group_q(user, Action.REPORT_VIEW)
    if unit_now:
        return Q(user__in=people_allowing(user, Action.REPORT_VIEW, day=day).values("pk")) | groups
    return scope_q(user, Action.REPORT_VIEW, "unit") | groups


def _units(exam: Exam, user: User, whole: bool) -> list[Unit]:
    """The candidates' units and all above them, in tree order, as far as the reader may see."""
    paths = Candidate.objects.filter(exam=exam).values_list("unit__path", flat=True).distinct()
    wanted = sorted({one for path in paths for one in paths_above(path)})
    units = Unit.objects.filter(path__in=wanted)
    if not whole:
        units = units.filter(any_path(scopes(user, Action.REPORT_VIEW), "path__startswith"))
    return list(units)
