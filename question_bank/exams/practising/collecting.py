"""What exams bring into the notebook: read when the member looks, never written when an exam closes.

So every release policy is right without a job: before the release there is no row that could tell, a revoked
release or a void attempt takes its rows away again, and closing ten thousand attempts costs nothing here.

What was left blank is an error in an exam that counts; in practice nobody has to go through to the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from learning.organisation.models import User
from question_bank.engine.kinds import PaperItem, needs_human
from question_bank.exams.marks import given_marks, item_marks
from question_bank.exams.models import Attempt, CollectedAttempt, Exam, Mark, NotebookEntry, NotebookTry
from question_bank.exams.papers import paper_of
from question_bank.exams.releasing import visible_parts
from question_bank.exams.taking.closing import answers_by_attempt
from question_bank.questions.models import QuestionVersion

from .notebook import Outcome, hold_notebook, record_outcomes, rewrite_entries

# Stands in `CollectedAttempt.marks` of practice: attempts collected with their blanks are thereby taken in anew.
ANSWERED_ONLY = "/a"


def collect(*, user: User, now: datetime) -> None:
    """Brings the member's notebook up to what is released to them now. At most five queries where nothing
    changed; every page that shows entries or counts them calls it first."""
    if (seen := _look(user, now)).known == seen.wanted:
        return
    with transaction.atomic():
        hold_notebook(user.pk)
        seen = _look(user, now)
        wanted, known = seen.wanted, seen.known
        _take_back([attempt for attempt, marks in known.items() if wanted.get(attempt) != marks])
        fresh = [attempt for attempt, marks in wanted.items() if known.get(attempt) != marks]
        _bring_in(user, fresh, wanted, now)


def due_today(*, user: User, day: date, now: datetime) -> int:
    """How many questions of the notebook are to be tried again on that local day or before."""
    collect(user=user, now=now)
    return NotebookEntry.objects.of(user).due(day).count()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Attempt ids with the marks they have now (verdicts and keys released), and with those in the notebook."""

    wanted: dict[int, str]
    known: dict[int, str]


def _look(user: User, now: datetime) -> _Seen:
    last_mark = Mark.objects.filter(attempt=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    attempts = list(
        Attempt.objects.filter(Q(state=Attempt.State.MARKED) | Q(collected__isnull=False), user=user)
        .annotate(last_mark=Subquery(last_mark))
        .select_related("exam", "candidate", "collected")
        .only(
            "state",
            "receipt_number",
            "exam__kind",
            "exam__closes_at",
            "exam__score_release",
            "exam__answer_release",
            "candidate__unit_ancestors",
            "collected__marks",
        )
    )
    visible = visible_parts(attempts=attempts, now=now)
    wanted, known = {}, {}
    for attempt in attempts:
        if visible[attempt.pk].answers and visible[attempt.pk].key:
            latest = attempt.last_mark or 0  # type: ignore[attr-defined]  # annotated above
            wanted[attempt.pk] = f"{attempt.receipt_number}/{latest}{ANSWERED_ONLY * _is_practice(attempt)}"
        if hasattr(attempt, "collected"):
            known[attempt.pk] = attempt.collected.marks
    return _Seen(wanted, known)


def _take_back(attempts: Collection[int]) -> None:
    if not attempts:
        return
    tries = NotebookTry.objects.filter(attempt__in=attempts)
    entries = list(NotebookEntry.objects.filter(pk__in=tries.values("entry")))
    tries.delete()
    CollectedAttempt.objects.filter(attempt__in=attempts).delete()
    rewrite_entries(entries)


def _bring_in(user: User, attempt_ids: Collection[int], wanted: Mapping[int, str], now: datetime) -> None:
    attempts = list(
        Attempt.objects.filter(pk__in=attempt_ids)
        .select_related("exam")
        .only(
            "paper", "auto_marks", "submitted_at", "rules", "exam__kind", "exam__title", "exam__corrections"
        )
        .order_by("submitted_at", "pk")
    )
    if not attempts:
        return
    given, answers = given_marks(attempts), answers_by_attempt([attempt.pk for attempt in attempts])
    papers = {attempt.pk: paper_of(attempt.paper) for attempt in attempts}
    question_of = dict(
        QuestionVersion.objects.filter(
            pk__in={item.version for paper in papers.values() for item in paper}
        ).values_list("pk", "question_id")
    )
    outcomes = []
    for attempt in attempts:
        corrections = attempt.exam.corrections
        marks = item_marks(attempt, given.get(attempt.pk, {}))
        for slot, (item, mark) in enumerate(zip(papers[attempt.pk], marks, strict=True), start=1):
            correction = corrections.get(str(item.version), {})
            if correction.get("void") or mark is None or attempt.submitted_at is None:
                continue
            answer = answers.get(attempt.pk, {}).get(slot)
            if answer is None and _is_practice(attempt):
                continue
            outcomes.append(
                Outcome(
                    question_id=question_of[item.version],
                    version_id=correction.get("version", item.version),
                    answer=answer,
                    correct=is_right(item, mark, Decimal(attempt.rules["pass_percent"])),
                    at=attempt.submitted_at,
                    source_kind=NotebookEntry.SourceKind.EXAM,
                    source=attempt.exam.title,
                    attempt_id=attempt.pk,
                )
            )
    record_outcomes(user_id=user.pk, outcomes=outcomes)
    CollectedAttempt.objects.bulk_create(
        CollectedAttempt(attempt=attempt, marks=wanted[attempt.pk], at=now) for attempt in attempts
    )


def _is_practice(attempt: Attempt) -> bool:
    return attempt.exam.kind == Exam.Kind.PRACTICE


def is_right(item: PaperItem, mark: Decimal, pass_percent: Decimal) -> bool:
    """Whether the notebook takes the answer for right: the full mark; what a person marked needs the exam's
    pass mark only, as hardly any essay earns everything."""
    if needs_human(item.kind):
        return mark * 100 >= pass_percent * item.max_mark
    return mark == item.max_mark
