"""The records have the last word: what is folded can be compared with them, and made anew from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from question_bank.engine.item_statistics import Tally, fold
from question_bank.exams.models import Attempt
from reports.models import FoldedAttempt, FoldedExam, FoldRequest, ItemStatistics

from .records import BATCH, marked_in_batches, outcomes_of
from .tallies import packed, row_of, tallies_of_exam, unpacked, write_tallies
from .worker import keep, lock_exam


def exams_to_fold() -> list[int]:
    """Ids of all exams that have marked attempts or anything folded."""
    marked = Attempt.objects.filter(state=Attempt.State.MARKED).values_list("exam", flat=True).distinct()
    return sorted({*marked, *FoldedExam.objects.values_list("pk", flat=True)})


def rebuild_exam(*, exam_id: int, now: datetime) -> int:
    """Makes the exam's statistics anew from its attempts; returns how many were folded. Requests that wait stay: they
    will find nothing to change."""
    count = 0
    with transaction.atomic():
        folded = lock_exam(exam_id, now)
        FoldedAttempt.objects.filter(exam=exam_id).delete()
        ItemStatistics.objects.filter(exam=exam_id).delete()
        tallies: dict[int, Tally] = {}
        for attempts in marked_in_batches(exam_id):
            outcomes = outcomes_of(attempts, folded.exam.corrections)
            for each in outcomes.values():
                fold(tallies, each)
            keep(exam_id, {pk: packed(each) for pk, each in outcomes.items()})
            count += len(attempts)
        write_tallies(exam_id, tallies)
        FoldRequest.objects.filter(failed=True, attempt__exam=exam_id).delete()
        folded.corrections = folded.exam.corrections
        folded.folded_at = now
        folded.save(update_fields=["corrections", "folded_at"])
    return count


def differences(*, exam_id: int, now: datetime) -> list[str]:
    """Where the exam's folded statistics differ from its records, in lines for an operator; [] where they agree.
    Attempts that wait to be folded are no difference. Changes nothing."""
    with transaction.atomic():
        folded = lock_exam(exam_id, now)
        found = [*_in_attempts(folded), *_in_sums(exam_id)]
    return [f"exam {exam_id}: {line}" for line in found]


def _in_attempts(folded: FoldedExam) -> Iterator[str]:
    """What each attempt put in, against its records. The requests are read last: whatever changed meanwhile has one,
    and nobody folds it while the exam is locked."""
    held = dict(FoldedAttempt.objects.filter(exam=folded.pk).values_list("pk", "outcomes"))
    found = {}
    for attempts in marked_in_batches(folded.pk):
        # By the corrections they were folded with: later ones wait for the next run.
        for pk, each in outcomes_of(attempts, folded.corrections).items():
            was, now = held.pop(pk, None), packed(each)
            if was != now:
                found[pk] = f"attempt {pk} " + (
                    "is not folded" if was is None else "is folded as it was before"
                )
    found.update({pk: f"attempt {pk} is folded but not marked" for pk in held})
    waiting = set(FoldRequest.objects.filter(failed=False).values_list("attempt", flat=True))
    yield from (found[pk] for pk in sorted(found) if pk not in waiting)


def _in_sums(exam_id: int) -> Iterator[str]:
    """The sums against what the attempts put in."""
    tallies: dict[int, Tally] = {}
    rows = FoldedAttempt.objects.filter(exam=exam_id).values_list("outcomes", flat=True)
    for outcomes in rows.iterator(chunk_size=BATCH):
        fold(tallies, unpacked(outcomes))
    stored = tallies_of_exam(exam_id)
    for version in sorted(tallies.keys() | stored.keys()):
        counted, kept = tallies.get(version, Tally()), stored.get(version, Tally())
        if counted != kept:
            old, new = row_of(exam_id, version, kept), row_of(exam_id, version, counted)
            names = [
                field.name
                for field in ItemStatistics._meta.fields
                if field.name not in ("id", "exam", "version")
            ]
            parts = [
                f"{name} {getattr(old, name)!s:.60} ≠ {getattr(new, name)!s:.60}"
                for name in names
                if getattr(old, name) != getattr(new, name)
            ]
            yield f"version {version}: {'; '.join(parts)}"
