"""Results of an exam as its organisers read them: rows of candidates, key figures, one attempt in every detail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from learning.organisation.models import User
from learning.organisation.permissions import Action, scope_q
from learning.organisation.searching import THEIR_PERSON_AND_UNIT, holding
from question_bank.exams.answer_keys import answer_keys
from question_bank.exams.marks import given_marks, item_marks
from question_bank.exams.models import Attempt, AttemptEvent, AttemptItem, Candidate, Exam, Mark
from question_bank.exams.models.exams import group_q
from question_bank.exams.papers import paper_of, shown_items
from question_bank.questions.models import QuestionVersion

# A marker and an invigilator may view the exam, but not what whom got: marking is anonymous.
SEES_RESULTS = (Action.EXAM_RELEASE, Action.MEMBER_VIEW)
CLOSED = (Attempt.State.MARKING, Attempt.State.MARKED)


def visible_candidates(exam: Exam, user: User) -> QuerySet[Candidate]:
    """The exam's candidates whose results the user may read: all where the exam is owned in their scope, else those
    of units in it and of the groups they teach."""
    allowed = Q()
    for action in SEES_RESULTS:
        allowed |= scope_q(user, action, "exam__owner_unit") | scope_q(user, action, "unit")
        allowed |= group_q(user, action)
    return Candidate.objects.filter(allowed, exam=exam)


def result_exams(user: User) -> QuerySet[Exam]:
    """The exams of which the user may read some results."""
    exams = Exam.objects.none()
    for action in SEES_RESULTS:
        exams = exams | Exam.objects.watched_by(user, action)
    return Exam.objects.filter(pk__in=exams.values("pk"))


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """`standing`: passed, failed, marking, sitting, absent (no attempt), or a candidate state; "" is everybody."""

    standing: str = ""
    band: str = ""
    unit: int = 0
    words: str = ""

    STANDINGS = ("passed", "failed", "marking", "sitting", "absent", "exempt", "deferred", "barred")

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> ResultFilter:
        standing = query.get("state", "")
        unit = query.get("unit", "")
        return cls(
            standing if standing in cls.STANDINGS else "",
            query.get("band", "")[:40],
            int(unit) if unit.isdecimal() and len(unit) <= 18 else 0,
            query.get("q", "").strip(),
        )

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of rows made by `result_rows`."""
        match self.standing:
            case "passed" | "failed":
                rows = rows.filter(result__passed=self.standing == "passed")
            case "marking":
                rows = rows.filter(latest_state=Attempt.State.MARKING)
            case "sitting":
                rows = rows.filter(latest_state__in=["in_progress", "paused"])
            case "absent":
                rows = rows.filter(latest_state=None, state__in=["eligible", "absent"])
            case "exempt" | "deferred" | "barred":
                rows = rows.filter(state=self.standing)
        if self.band:
            rows = rows.filter(result__band=self.band)
        if self.unit:
            rows = rows.filter(unit=self.unit)
        return holding(rows, self.words, *THEIR_PERSON_AND_UNIT)


def result_rows(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Candidates with user, unit, result and the facts of their latest attempt, best score first; one query."""
    latest = Attempt.objects.filter(candidate=OuterRef("pk")).exclude(state="void").order_by("-no")

    def fact(name: str) -> Subquery:
        return Subquery(latest.values(name)[:1])

    return (
        candidates.select_related("user", "unit", "result")
        .annotate(
            latest_id=fact("pk"),
            latest_state=fact("state"),
            latest_started_at=fact("started_at"),
            latest_submitted_at=fact("submitted_at"),
            latest_paused_ms=fact("paused_ms"),
            latest_no=fact("no"),
        )
        .order_by("unit__path", "user__number")
    )


def used_time(
    started_at: datetime | None, submitted_at: datetime | None, paused_ms: int | None
) -> timedelta | None:
    """用时 (TIMING.md 2.5): submitted − started − paused; None while the attempt is open."""
    if started_at is None or submitted_at is None:
        return None
    return max(timedelta(0), submitted_at - started_at - timedelta(milliseconds=paused_ms or 0))


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the candidates given: due (应考, exempt ones left out), sat (handed in), marked, passed; mean of the marked."""

    due: int
    sat: int
    marked: int
    passed: int
    mean: Decimal | None


def figures(rows: Iterable[Candidate]) -> Figures:
    """From rows of `result_rows`."""
    due = sat = marked = passed = 0
    total = Decimal(0)
    for row in rows:
        due += row.state != Candidate.State.EXEMPT
        sat += row.latest_state in CLOSED  # type: ignore[attr-defined]  # annotated by result_rows
        result = getattr(row, "result", None)
        if result is not None:
            marked += 1
            passed += result.passed
            total += result.score
    mean = (total / marked).quantize(Decimal("0.01")) if marked else None
    return Figures(due, sat, marked, passed, mean)


@dataclass(frozen=True, slots=True)
class Inspection:
    """One attempt, read-only: every item as shown, with answer, key, mark and its history; and all that happened."""

    attempt: Attempt
    items: list[dict[str, Any]]
    events: list[AttemptEvent]
    used: timedelta | None


def inspect(attempt: Attempt) -> Inspection:
    """Reads the attempt (with exam, user, candidate); writes nothing, not even a closing that is due."""
    paper = paper_of(attempt.paper)
    keys = answer_keys(paper, attempt.rules, attempt.exam.corrections)
    stored = {item.slot: item for item in AttemptItem.objects.filter(attempt=attempt)}
    given = given_marks([attempt]).get(attempt.pk, {})
    marks = item_marks(attempt, given) if attempt.state in CLOSED else []
    history: dict[int, list[Mark]] = {}
    for mark in Mark.objects.filter(attempt=attempt).select_related("by").order_by("-at", "-pk"):
        history.setdefault(mark.slot, []).append(mark)
    texts = QuestionVersion.objects.in_bulk([item.version for item in paper])
    items = []
    for shown, item in zip(shown_items(attempt.paper), paper, strict=True):
        slot = shown["slot"]
        row = stored.get(slot)
        version = texts[item.version]
        items.append(
            {
                **shown,
                "kind_label": version.get_kind_display(),
                "answer": row.answer if row else None,
                "stored": row,
                "key": keys[item.version].key,
                "mark": marks[slot - 1] if marks else None,
                "history": history.get(slot, []),
                "explanation": version.explanation,
                "citation": version.citation,
                "version": version,
            }
        )
    events = list(AttemptEvent.objects.filter(attempt=attempt).select_related("by").order_by("at", "pk"))
    used = used_time(attempt.started_at, attempt.submitted_at, attempt.paused_ms)
    return Inspection(attempt, items, events, used)
