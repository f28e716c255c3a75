"""The wrong-answer notebook: tries are appended, entries derived from them. Whoever writes holds the
member's row, so that of two answers at once the later one sees both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from learning.organisation.models import User
from question_bank.exams.models import NotebookEntry, NotebookTry

from .errors import RunNotFound
from .streak import Try, due_date, left_at, streak_of

RIGHTS_TO_LEAVE = 3
MOST_RIGHTS_TO_LEAVE = 5
NOTE_CHARS = 500
DERIVED = [
    "version",
    "wrong_count",
    "right_streak",
    "last_answer",
    "source_kind",
    "source",
    "first_wrong_at",
    "last_wrong_at",
    "last_try_at",
    "due_date",
    "left_at",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question answered, with the verdict the member may know; of a practice answer or of an exam's
    attempt. `source` is what the notebook names as its origin; a redo leaves the one that the entry has."""

    question_id: int
    version_id: int
    answer: Any
    correct: bool
    at: datetime
    source_kind: str
    source: str
    redo: bool = False
    practice_id: int | None = None
    attempt_id: int | None = None


def rights_to_leave() -> int:
    """How many right answers in a row take a question out: NOTEBOOK_RIGHTS_TO_LEAVE, 1 to 5, 3 if not set."""
    wanted: int = getattr(settings, "NOTEBOOK_RIGHTS_TO_LEAVE", RIGHTS_TO_LEAVE)
    return min(max(wanted, 1), MOST_RIGHTS_TO_LEAVE)


def hold_notebook(user_id: int) -> None:
    """Makes other writers of this member's notebook wait until the transaction ends."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)


def record_outcomes(*, user_id: int, outcomes: Sequence[Outcome]) -> None:
    """Writes the tries and what follows from them, inside the caller's transaction, which holds the
    notebook. A right answer to a question that was never wrong leaves no trace."""
    questions = {outcome.question_id for outcome in outcomes}
    entries = entries_of(user_id, questions)
    missing: dict[int, NotebookEntry] = {}
    for outcome in outcomes:
        if not outcome.correct and outcome.question_id not in entries:
            missing.setdefault(
                outcome.question_id,
                NotebookEntry(
                    user_id=user_id,
                    question_id=outcome.question_id,
                    version_id=outcome.version_id,
                    source_kind=outcome.source_kind,
                    source=outcome.source,
                ),
            )
    if missing:
        NotebookEntry.objects.bulk_create(missing.values())
        entries = entries_of(user_id, questions)
    tries = [
        _try_of(outcome, entries[outcome.question_id])
        for outcome in outcomes
        if outcome.question_id in entries
    ]
    if tries:
        NotebookTry.objects.bulk_create(tries)
        rewrite_entries(list(entries.values()))


def _try_of(outcome: Outcome, entry: NotebookEntry) -> NotebookTry:
    origin = entry if outcome.redo and entry.source else outcome
    return NotebookTry(
        entry=entry,
        at=outcome.at,
        correct=outcome.correct,
        version_id=outcome.version_id,
        answer=outcome.answer,
        source_kind=origin.source_kind,
        source=origin.source,
        practice_id=outcome.practice_id,
        attempt_id=outcome.attempt_id,
    )


def entries_of(user_id: int, questions: Collection[int]) -> dict[int, NotebookEntry]:
    """The member's entries, hidden ones too, by question id."""
    found = NotebookEntry.objects.filter(user=user_id, question__in=questions)
    return {entry.question_id: entry for entry in found}


def rewrite_entries(entries: Sequence[NotebookEntry]) -> None:
    """Derives the entries anew from their tries; two statements."""
    tries: dict[int, list[NotebookTry]] = {entry.pk: [] for entry in entries}
    for each in NotebookTry.objects.filter(entry__in=tries).order_by("at", "pk"):
        tries[each.entry_id].append(each)
    for entry in entries:
        _derive(entry, tries[entry.pk])
    NotebookEntry.objects.bulk_update(entries, DERIVED)


def _derive(entry: NotebookEntry, tries: Sequence[NotebookTry]) -> None:
    streak = streak_of((Try(each.at, each.correct) for each in tries), rights_to_leave=rights_to_leave())
    entry.wrong_count, entry.right_streak = streak.wrong_count, streak.right_streak
    entry.first_wrong_at, entry.last_wrong_at = streak.first_wrong_at, streak.last_wrong_at
    entry.last_try_at = streak.last_try_at
    entry.due_date = (
        due_date(timezone.localdate(streak.last_try_at), streak.right_streak) if streak.last_try_at else None
    )
    entry.left_at = left_at(streak, kept=entry.kept, taken_out_at=entry.taken_out_at)
    wrong = [each for each in tries if not each.correct]
    if not wrong:
        # Nothing of a wrong answer that may no longer be seen stays in the row.
        entry.last_answer, entry.source = None, ""
        return
    last = wrong[-1]
    entry.last_answer, entry.version_id = last.answer, last.version_id
    entry.source_kind, entry.source = last.source_kind, last.source


def _own_entry(entry_id: int, by: User) -> NotebookEntry:
    hold_notebook(by.pk)
    entry = NotebookEntry.objects.of(by).filter(pk=entry_id).first()
    if entry is None:
        raise RunNotFound
    return entry


def keep_entry(*, entry_id: int, keep: bool, by: User) -> NotebookEntry:
    """Kept, the question stays whatever the streak, and comes back if it had left; not kept, the streak
    decides. Raises RunNotFound, for another member's entry too."""
    with transaction.atomic():
        entry = _own_entry(entry_id, by)
        entry.kept, entry.taken_out_at = keep, None
        return _saved(entry)


def take_out_entry(*, entry_id: int, by: User, now: datetime) -> NotebookEntry:
    """Out of the notebook until the next wrong answer. Raises RunNotFound."""
    with transaction.atomic():
        entry = _own_entry(entry_id, by)
        entry.kept, entry.taken_out_at = False, now
        return _saved(entry)


def write_note(*, entry_id: int, text: str, by: User) -> NotebookEntry:
    """The member's own note, cut at 500 characters. Raises RunNotFound."""
    with transaction.atomic():
        entry = _own_entry(entry_id, by)
        entry.note = text.replace("\0", "").strip()[:NOTE_CHARS]
        entry.save(update_fields=["note"])
    return entry


def _saved(entry: NotebookEntry) -> NotebookEntry:
    _derive(entry, list(entry.tries.order_by("at", "pk")))
    entry.save(update_fields=["kept", "taken_out_at", *DERIVED])
    return entry
