"""The list of exams: which of them a person may see, where each stands today, and its filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Count, Q, QuerySet

from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from learning.organisation.searching import holding
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.models.attempts import AttemptQuerySet
from question_bank.exams.models.exams import CandidateQuerySet

RUNNING, UPCOMING, DRAFT, FINISHED, WITHDRAWN = "running", "upcoming", "draft", "finished", "withdrawn"


def visible_exams(user: User) -> QuerySet[Exam]:
    """Exams owned in the user's scope, drafts too; and published ones of other units with candidates in it or sat by a
    group that the user teaches."""
    mine = Exam.objects.allowing(user, Action.EXAM_VIEW)
    watched = Exam.objects.watched_by(user, Action.EXAM_VIEW).exclude(state=Exam.State.DRAFT)
    return Exam.objects.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=watched.values("pk")))


def standing_q(standing: str, now: datetime) -> Q:
    """Exams that stand so at `now`; a window moved by an adjustment is not looked at here."""
    published = Q(state=Exam.State.PUBLISHED)
    match standing:
        case "running":
            return published & Q(opens_at__lte=now, closes_at__gt=now)
        case "upcoming":
            return published & Q(opens_at__gt=now)
        case "finished":
            return published & Q(closes_at__lte=now)
        case "draft":
            return Q(state=Exam.State.DRAFT)
        case "withdrawn":
            return Q(state=Exam.State.WITHDRAWN)
        case _:
            return Q()


def standing_of(exam: Exam, now: datetime) -> str:
    if exam.state == Exam.State.DRAFT:
        return DRAFT
    if exam.state == Exam.State.WITHDRAWN:
        return WITHDRAWN
    if now < exam.opens_at:
        return UPCOMING
    return RUNNING if now < exam.closes_at else FINISHED


@dataclass(frozen=True, slots=True)
class ExamFilter:
    """What of the list is shown; it lives in the URL."""

    standing: str = ""
    kind: str = ""
    unit: int = 0
    words: str = ""

    STANDINGS: ClassVar[tuple[str, ...]] = (RUNNING, UPCOMING, DRAFT, FINISHED, WITHDRAWN)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ExamFilter:
        standing, kind, unit = query.get("state", ""), query.get("kind", ""), query.get("unit", "")
        return cls(
            standing if standing in cls.STANDINGS else "",
            kind if kind in Exam.Kind.values else "",
            int(unit) if unit.isdecimal() and len(unit) <= 18 else 0,
            query.get("q", "").strip(),
        )

    def apply(self, exams: QuerySet[Exam], now: datetime, *, standing: bool = True) -> QuerySet[Exam]:
        if standing:
            exams = exams.filter(standing_q(self.standing, now))
        if self.kind:
            exams = exams.filter(kind=self.kind)
        if self.unit:
            exams = exams.filter(owner_unit=self.unit)
        return holding(exams, self.words, "title", "owner_unit__name")


def counts_by_standing(exams: QuerySet[Exam], now: datetime) -> dict[str, int]:
    """How many of the exams stand where; one query."""
    counted = exams.order_by().aggregate(
        **{name: Count("pk", filter=standing_q(name, now)) for name in ExamFilter.STANDINGS}
    )
    return {name: counted[name] for name in ExamFilter.STANDINGS}


def listed(exams: QuerySet[Exam]) -> QuerySet[Exam]:
    """As the list shows them, the latest opening first."""
    return exams.select_related("owner_unit").defer("plan", "corrections").order_by("-opens_at", "-pk")


def candidate_counts(exams: list[Exam], user: User) -> dict[int, int]:
    """How many candidates whom the user may see, by exam id. Two queries, one where all exams are the user's own; the
    exams come with their owner units."""
    return _counts(exams, user, Candidate.objects.filter(exam__in=exams))


def marking_counts(exams: list[Exam], user: User) -> dict[int, int]:
    """How many of these candidates' attempts wait for a marker, by exam id; exams without any are left out."""
    return _counts(exams, user, Attempt.objects.filter(state=Attempt.State.MARKING))


def _counts(exams: list[Exam], user: User, rows: CandidateQuerySet | AttemptQuerySet) -> dict[int, int]:
    own = [exam.pk for exam in exams if may(user, Action.EXAM_VIEW, exam.owner_unit)]
    others = [exam.pk for exam in exams if exam.pk not in own]
    counts = dict(rows.filter(exam__in=own).values_list("exam").annotate(n=Count("pk")))
    if others:
        seen = rows.allowing(user, Action.EXAM_VIEW).filter(exam__in=others)
        counts.update(seen.values_list("exam").annotate(n=Count("pk")))
    return counts


def waiting_for_marks(exams: QuerySet[Exam]) -> dict[int, int]:
    """How many attempts of these exams wait for a marker, whoever's; exams without any are left out."""
    rows = Attempt.objects.filter(exam__in=exams, state=Attempt.State.MARKING).values_list("exam")
    return dict(rows.annotate(n=Count("pk")))
