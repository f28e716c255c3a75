"""The fold: what was asked for since the last run goes into the sums, outside the transactions that asked.

Safe to run twice and by several at once: a request is taken by one worker, an exam's sums change under its lock, and
what an attempt put in before is taken out first, so folding it again changes nothing."""

from __future__ import annotations

import gc
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from learning.organisation.rows import among, write
from question_bank.engine.item_statistics import Tally, fold
from question_bank.exams.models import Attempt, Exam
from reports.models import FoldedAttempt, FoldedExam, FoldRequest

from .records import BATCH, marked_attempts, outcomes_of
from .tallies import packed, tallies_of_exam, unpacked, write_tallies

REQUESTS_AT_ONCE = 1000
log = logging.getLogger("dangxiao.reports")


def fold_requests(*, now: datetime) -> int:
    """Folds everything that waits; returns how many attempts were looked at. What cannot be folded is logged and kept
    aside: a rebuild of its exam shows whether it still cannot."""
    done = 0
    while True:
        try:
            count = _fold_batch(now, REQUESTS_AT_ONCE)
        except Exception:
            log.exception("a batch of attempts could not be folded; folding one by one")
            count = _fold_singly(now, REQUESTS_AT_ONCE)
        done += count
        if count < REQUESTS_AT_ONCE:
            return done


def refold_corrected(*, now: datetime) -> int:
    """Exams whose corrections changed since they were folded are folded anew; returns how many. Only what became of
    changed answers depends on it, and a correction that alters no mark asks for nothing by itself."""
    regraded = FoldedExam.objects.filter(exam__regrades__isnull=False).distinct()
    pairs = regraded.values_list("exam", "corrections", "exam__corrections")
    stale = sorted(exam for exam, folded, current in pairs if folded != current)
    for exam_id in stale:
        with transaction.atomic():
            refold(lock_exam(exam_id, now), (), now)
    return len(stale)


def _fold_batch(now: datetime, size: int) -> int:
    with transaction.atomic():
        waiting = FoldRequest.objects.select_for_update(skip_locked=True).filter(failed=False).order_by("pk")
        requests = list(waiting.values_list("pk", "attempt_id")[:size])
        _fold_taken({attempt for _, attempt in requests}, now)
        _remove([pk for pk, _ in requests])
    return len(requests)


def _fold_singly(now: datetime, size: int) -> int:
    requests = list(
        FoldRequest.objects.filter(failed=False).order_by("pk").values_list("pk", "attempt_id")[:size]
    )
    for pk, attempt_id in requests:
        try:
            with transaction.atomic():
                if FoldRequest.objects.select_for_update(skip_locked=True).filter(pk=pk).exists():
                    _fold_taken({attempt_id}, now)
                    _remove([pk])
        except Exception:
            log.exception("attempt %s could not be folded", attempt_id)
            FoldRequest.objects.filter(pk=pk).update(failed=True)
    return len(requests)


def _fold_taken(attempt_ids: Collection[int], now: datetime) -> None:
    by_exam: dict[int, list[int]] = {}
    for pk, exam_id in Attempt.objects.filter(pk__in=attempt_ids).values_list("pk", "exam"):
        by_exam.setdefault(exam_id, []).append(pk)
    for exam_id in sorted(by_exam):  # one order for all workers
        refold(lock_exam(exam_id, now), by_exam[exam_id], now)


def _remove(requests: Sequence[int]) -> None:
    if requests:
        condition, ids = among("id", requests)
        write(f"DELETE FROM reports_foldrequest WHERE {condition}", [[ids]])  # noqa: S608 — a column of ours


def lock_exam(exam_id: int, now: datetime) -> FoldedExam:
    """The exam's bookkeeping, locked until the transaction ends; with the exam as it is once the lock is held."""
    FoldedExam.objects.bulk_create([FoldedExam(exam_id=exam_id, folded_at=now)], ignore_conflicts=True)
    folded = FoldedExam.objects.select_for_update().get(pk=exam_id)
    folded.exam = Exam.objects.only("pk", "corrections").get(pk=exam_id)
    return folded


def refold(folded: FoldedExam, attempt_ids: Collection[int], now: datetime) -> None:
    """Brings what these attempts put into the sums up to date; all attempts where the exam's corrections changed. The
    exam is locked."""
    wanted = set(attempt_ids)
    if folded.corrections != folded.exam.corrections:
        wanted |= set(FoldedAttempt.objects.filter(exam=folded.pk).values_list("pk", flat=True))
    ids = sorted(wanted)
    tallies: dict[int, Tally] = {}
    for at in range(0, len(ids), BATCH):
        with collecting_later():
            _refold_batch(folded, ids[at : at + BATCH], tallies)
    write_tallies(folded.pk, tallies)
    folded.corrections = folded.exam.corrections
    folded.folded_at = now
    folded.save(update_fields=["corrections", "folded_at"])


@contextmanager
def collecting_later() -> Iterator[None]:
    """A batch makes tens of thousands of small lists and drops none before its end: looking through them for garbage again
    and again took as long as the rest."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _refold_batch(folded: FoldedExam, attempt_ids: Sequence[int], tallies: dict[int, Tally]) -> None:
    """Brings `tallies` up to date, reading those that are not in them yet."""
    before = dict(FoldedAttempt.objects.filter(pk__in=attempt_ids).values_list("pk", "outcomes"))
    outcomes = outcomes_of(marked_attempts(attempt_ids), folded.exam.corrections)
    after = {pk: packed(each) for pk, each in outcomes.items()}
    out = {pk: unpacked(text) for pk, text in before.items() if after.get(pk) != text}
    came = {pk: outcomes[pk] for pk, text in after.items() if before.get(pk) != text}
    versions = {each.version for part in (*out.values(), *came.values()) for each in part} - tallies.keys()
    tallies |= {version: Tally() for version in versions} | tallies_of_exam(folded.pk, versions)
    for part in out.values():
        fold(tallies, part, -1)
    for part in came.values():
        fold(tallies, part)
    FoldedAttempt.objects.filter(pk__in=before.keys() - after.keys()).delete()
    keep(folded.pk, {pk: after[pk] for pk in came})


KEEP = """
    INSERT INTO reports_foldedattempt (attempt_id, exam_id, outcomes) VALUES (%s, %s, %s)
    ON CONFLICT (attempt_id) DO UPDATE SET outcomes = EXCLUDED.outcomes
"""


def keep(exam_id: int, outcomes: Mapping[int, str]) -> None:
    """Notes what these attempts put in."""
    write(KEEP, [(pk, exam_id, text) for pk, text in sorted(outcomes.items())])
