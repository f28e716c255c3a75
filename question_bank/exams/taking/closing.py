"""Three closers, one function: the member's submission, any request that meets an expired attempt, and the
job.

Marks are made here, in the transaction that closes, by engine.marking; SQL never knows a marking rule.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Field

from learning.organisation.models import User
from learning.organisation.rows import Columns, among, lock, read, write
from question_bank.engine.kinds import PaperItem, is_blank
from question_bank.engine.marking import PaperMarks, mark_paper, passed
from question_bank.engine.timing import check_move
from question_bank.exams.answer_keys import answer_keys
from question_bank.exams.clock import stored_clock
from question_bank.exams.errors import NotFound
from question_bank.exams.models import Attempt, AttemptEvent, Exam
from question_bank.exams.papers import paper_of
from question_bank.exams.receipts import Receipt, answers_hash, number_of
from question_bank.exams.results import rewrite_results
from question_bank.exams.signals import attempts_marked, attempts_submitted

BATCH = 500
log = logging.getLogger("dangxiao.exams")


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed attempt (as its row now is), its paper, the answers by slot that are not blank, and their
    marks."""

    attempt: Attempt
    paper: Sequence[PaperItem]
    answers: Mapping[int, Any]
    marks: PaperMarks


ATTEMPT = Columns(Attempt)
EXAM = Columns(Exam, but=("plan", "instructions"))
EVENT = Columns(AttemptEvent)
ONE = f"SELECT {ATTEMPT.of('a')} FROM exams_attempt a WHERE a.id = %s"  # noqa: S608 — columns of ours
# Read once the attempt is locked: by a correction written before that, what is closed now is marked; by a later one
# it is marked anew, as regrading waits for the lock. In one statement with the lock it could be an older state.
ITS_EXAM = f"SELECT {EXAM.of('e')} FROM exams_exam e JOIN exams_attempt a ON a.exam_id = e.id WHERE a.id = %s"  # noqa: S608


def locked_attempt(attempt_id: int, owner_id: int | None = None) -> Attempt:
    """The attempt with its exam, its row locked until the transaction ends. Raises NotFound, also where it is
    not that owner's."""
    attempts, exams = read((f"{ONE} {lock('FOR UPDATE OF a')}", (attempt_id,)), (ITS_EXAM, (attempt_id,)))
    for row, its_exam in zip(attempts, exams, strict=True):
        attempt = ATTEMPT.read(row)
        if owner_id in (None, attempt.user_id):
            attempt.exam = EXAM.read(its_exam)
            return attempt
    raise NotFound


def close_attempts(
    attempts: Sequence[Attempt],
    *,
    finish_kind: str,
    by: User | None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> list[Closed]:
    """Closes and marks open attempts whose rows are locked. Submitted is `now`, or the deadline where that
    is past, or the moment of the pause. What waits for a person goes to `marking`, the rest is `marked` and
    has its Result."""
    answers = answers_by_attempt([attempt.pk for attempt in attempts])
    closed = [_closed(attempt, answers.get(attempt.pk, {}), finish_kind, now) for attempt in attempts]
    write_attempts(attempts, CLOSING_FIELDS)
    events = (
        AttemptEvent(
            attempt=each.attempt,
            type="submit",
            at=now,
            by=by,
            data={"finish": finish_kind, "receipt": each.attempt.receipt_number, **(data or {})},
        )
        for each in closed
    )
    write(EVENT.inserting, [EVENT.values(event) for event in events])
    attempts_submitted.send(Attempt, closed=closed, now=now)
    marked = [each for each in closed if each.attempt.state == Attempt.State.MARKED]
    if marked:
        rewrite_results([each.attempt.candidate_id for each in marked], now=now)
        attempts_marked.send(Attempt, closed=marked, now=now)
    return closed


CLOSING_FIELDS = (
    "state",
    "paused_at",
    "submitted_at",
    "finish_kind",
    "auto_marks",
    "score",
    "passed",
    "answered",
    "receipt_number",
    "receipt_hash",
)


def _closed(attempt: Attempt, answers: Mapping[int, Any], finish_kind: str, now: datetime) -> Closed:
    paper = paper_of(attempt.paper)
    marks = mark_paper(paper, answer_keys(paper, attempt.rules, attempt.exam.corrections), answers)
    state = Attempt.State.MARKING if marks.waiting else Attempt.State.MARKED
    check_move(attempt.state, state)
    attempt.submitted_at = stored_clock(attempt).submitted_at(now)
    attempt.paused_at = None
    attempt.state = state
    attempt.finish_kind = finish_kind
    attempt.auto_marks = [None if item.mark is None else str(item.mark) for item in marks.items]
    set_score(attempt, None if marks.waiting else marks.score)
    attempt.answered = len(answers)
    attempt.receipt_hash = answers_hash(attempt.pk, attempt.submitted_at, answers)
    attempt.receipt_number = number_of(attempt.pk, attempt.receipt_hash)
    return Closed(attempt, paper, answers, marks)


def set_score(attempt: Attempt, score: Decimal | None) -> None:
    """The score and whether it passes; None while a person still has to mark: no partial score is kept."""
    attempt.score = score
    attempt.passed = (
        None if score is None else passed(score, attempt.max_score, Decimal(attempt.rules["pass_percent"]))
    )


def receipt_of(attempt: Attempt) -> Receipt | None:
    """The receipt of a closed attempt; None while it is open or if it never was handed in."""
    if attempt.submitted_at is None or attempt.answered is None:
        return None
    return Receipt(
        attempt.receipt_number,
        attempt.submitted_at,
        attempt.answered,
        len(attempt.paper),
        attempt.receipt_hash,
    )


def answers_by_attempt(attempt_ids: Collection[int]) -> dict[int, dict[int, Any]]:
    """The latest answers by slot that are not blank, of each attempt that has any; one query, a row an
    attempt: by the ORM half a million rows took longer than marking them."""
    condition, ids = among("attempt_id", attempt_ids)
    (rows,) = read((ANSWERS[connection.vendor].format(condition), (ids,)))
    found = {}
    for attempt_id, text in rows:
        answers = {int(slot): answer for slot, answer in orjson.loads(text).items() if not is_blank(answer)}
        if answers:
            found[attempt_id] = answers
    return found


ANSWERS = {
    "postgresql": """
        SELECT attempt_id, jsonb_object_agg(slot, answer)::text FROM exams_attemptitem
        WHERE {} AND answer IS NOT NULL GROUP BY attempt_id
    """,
    "sqlite": """
        SELECT attempt_id, json_group_object(slot, json(answer)) FROM exams_attemptitem
        WHERE {} AND answer IS NOT NULL GROUP BY attempt_id
    """,
}


def write_attempts(attempts: Sequence[Attempt], names: Sequence[str]) -> None:
    """Writes these fields of many attempts, a statement each, sent together."""
    fields: list[Field[Any, Any]] = [Attempt._meta.get_field(name) for name in names]  # type: ignore[misc]  # columns
    sets = ", ".join(f"{field.column} = %s" for field in fields)
    rows = [
        [
            *(field.get_db_prep_save(getattr(attempt, field.attname), connection) for field in fields),
            attempt.pk,
        ]
        for attempt in attempts
    ]
    write(f"UPDATE exams_attempt SET {sets} WHERE id = %s", rows)  # noqa: S608 — our columns


def has_expired(attempt: Attempt, now: datetime) -> bool:
    """Whether its time and grace are over with nobody having closed it. The clock of a paused attempt
    stands."""
    return attempt.state == Attempt.State.IN_PROGRESS and now >= attempt.accept_until


def settle(attempt: Attempt, *, now: datetime) -> Attempt:
    """The lazy closer: the attempt as it is if there is nothing to do, else as it became. Every read goes
    through it."""
    if not has_expired(attempt, now):
        return attempt
    with transaction.atomic():
        locked = locked_attempt(attempt.pk)
        if has_expired(locked, now):
            close_attempts([locked], finish_kind=Attempt.Finish.AUTO, by=None, now=now)
    return locked


def close_expired(*, now: datetime, limit: int | None = None, batch: int = BATCH) -> int:
    """The job: closes expired attempts, a transaction for each batch, and returns how many. Attempts that
    somebody else holds are left to them; one that cannot be marked is logged and left, and holds nobody
    else up."""
    done = 0
    broken: list[int] = []
    while limit is None or done < limit:
        size = batch if limit is None else min(batch, limit - done)
        try:
            count = _close_batch(now, size, broken)
        except Exception:
            log.exception("a batch of expired attempts failed; closing one by one")
            count = _close_singly(now, size, broken)
        done += count
        if count < size:
            break
    return done


def _close_batch(now: datetime, size: int, broken: Collection[int]) -> int:
    with transaction.atomic():
        attempts = list(
            Attempt.objects.select_for_update(skip_locked=True)
            .filter(state=Attempt.State.IN_PROGRESS, accept_until__lte=now)
            .exclude(pk__in=broken)
            .order_by("accept_until")[:size]
        )
        exams = Exam.objects.defer("plan", "instructions").in_bulk({attempt.exam_id for attempt in attempts})
        for attempt in attempts:
            attempt.exam = exams[attempt.exam_id]
        if attempts:
            close_attempts(attempts, finish_kind=Attempt.Finish.AUTO, by=None, now=now)
    return len(attempts)


def _close_singly(now: datetime, size: int, broken: list[int]) -> int:
    expired = Attempt.objects.filter(state=Attempt.State.IN_PROGRESS, accept_until__lte=now).exclude(
        pk__in=broken
    )
    attempts = list(expired.order_by("accept_until")[:size])
    for attempt in attempts:
        try:
            settle(attempt, now=now)
        except Exception:
            log.exception("attempt %s could not be closed", attempt.pk)
            broken.append(attempt.pk)
    return len(attempts)
