"""Answers that came after the end: kept by the lane, counted only where an organiser accepts them with a reason.

The receipt stays what it was: it says what was handed in, and an accepted answer was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from learning.organisation.models import User
from learning.organisation.services.audit import record
from question_bank.engine.kinds import Answer, InvalidAnswer, PaperItem, is_empty, validate_answer
from question_bank.engine.marking import mark_paper
from question_bank.engine.timing import check_move
from question_bank.exams.answer_keys import answer_keys
from question_bank.exams.errors import NotFound, NotPossible
from question_bank.exams.marks import LATE_ACCEPTED, settle_marks
from question_bank.exams.models import (
    AnswerEvent,
    Attempt,
    AttemptEvent,
    AttemptItem,
    CollectedAttempt,
    MarkClaim,
)
from question_bank.exams.papers import paper_of
from question_bank.exams.results import rewrite_results
from question_bank.exams.signals import attempts_taken_back
from question_bank.exams.taking.closing import answers_by_attempt, locked_attempt, set_score

CLOSED_STATES = (Attempt.State.MARKING, Attempt.State.MARKED)


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """The newest late answer to a slot. `event_id` names it in a form; `answer` is None where it clears the slot,
    `stored` is what counts now. `valid`: whether it can be an answer to the slot at all; `accepted`: whether it is
    what is stored."""

    slot: int
    event_id: int
    recv_at: datetime
    answer: Answer
    stored: Answer
    valid: bool
    accepted: bool


def late_answers(attempt: Attempt) -> list[LateAnswer]:
    """Of a closed attempt, by slot; two queries. A well-formed answer goes before a malformed one that came later.
    A slot that was answered in time afterwards (the attempt was reopened or extended) is left out."""
    if attempt.state not in CLOSED_STATES:
        return []
    events = AnswerEvent.objects.filter(
        attempt=attempt,
        verdict=AnswerEvent.Verdict.LATE,
        slot__range=(1, len(attempt.paper)),
    )
    newest: dict[int, tuple[AnswerEvent, Answer, bool]] = {}
    paper = paper_of(attempt.paper)
    for event in events.order_by("recv_at", "seq", "pk"):
        answer, valid = _judged(paper[event.slot - 1], event)
        if valid or not newest.get(event.slot, (event, None, False))[2]:
            newest[event.slot] = (event, answer, valid)
    items = {item.slot: item for item in AttemptItem.objects.filter(attempt=attempt, slot__in=newest)}
    found = []
    for slot, (event, answer, valid) in sorted(newest.items()):
        item = items.get(slot)
        if item is not None and item.last_answer_at is not None and item.last_answer_at > event.recv_at:
            continue
        accepted = (
            valid and item is not None and (item.last_answer_at, item.answer) == (event.recv_at, answer)
        )
        stored = item.answer if item else None
        found.append(LateAnswer(slot, event.pk, event.recv_at, answer, stored, valid, accepted))
    return found


def accept_late(
    *, attempt_id: int, slots: Mapping[int, int], reason: str, by: User | None, now: datetime
) -> list[int]:
    """Puts these late answers in the place of what was handed in, marks their slots anew, and returns those slots
    that changed; what was accepted before is not done again. `slots`: the `event_id` that the organiser saw, by slot.

    A mark given to the earlier answer counts no more (marks.given_marks); an answer that needs a person sends the
    attempt back to `marking`. Raises NotFound, NotPossible; then nothing was done.
    """
    with transaction.atomic():
        attempt = locked_attempt(attempt_id)
        if not reason.strip():
            raise NotPossible(_("请填写原因。"))
        if attempt.state not in CLOSED_STATES:
            raise NotPossible(_("只有已交卷的作答可以计入迟到的答案。"))
        chosen = _chosen(attempt, slots)
        if not chosen:
            return []
        before = attempt.score
        for late in chosen:
            _store(attempt, late)
        changed = [late.slot for late in chosen]
        _mark_anew(attempt, changed)
        facts = {"reason": reason.strip(), "slots": changed}
        # Before the marks are settled: those given until now were for the answers it replaced.
        AttemptEvent.objects.create(
            attempt=attempt,
            type=LATE_ACCEPTED,
            at=now,
            by=by,
            data={**facts, "replaced": {str(late.slot): late.stored for late in chosen}},
        )
        _settle(attempt, now)
        record(
            actor=by,
            action="attempt.late_accepted",
            obj=attempt,
            unit=attempt.exam.owner_unit,
            data={
                **facts,
                "exam": attempt.exam.title,
                "from": _written(before),
                "to": _written(attempt.score),
            },
            now=now,
        )
    return changed


def _judged(item: PaperItem, event: AnswerEvent) -> tuple[Answer, bool]:
    """The answer in its normal form and whether it may count: as for one in time, an empty one is nobody's will and
    only null clears."""
    try:
        answer = validate_answer(item, event.payload["answer"])
    except (InvalidAnswer, KeyError):
        return None, False
    return answer, answer is None or not is_empty(answer)


def _chosen(attempt: Attempt, slots: Mapping[int, int]) -> list[LateAnswer]:
    known = {late.slot: late for late in late_answers(attempt)}
    if not slots.keys() <= known.keys():
        raise NotFound
    chosen = [known[slot] for slot in sorted(slots)]
    if any(late.event_id != slots[late.slot] for late in chosen):
        raise NotPossible(_("刚刚又有新的答案送达，请看过后再决定。"))
    if not all(late.valid for late in chosen):
        raise NotPossible(_("所选答案的格式不符合题目，不能计入。"))
    return [late for late in chosen if not late.accepted]


def _store(attempt: Attempt, late: LateAnswer) -> None:
    item, _made = AttemptItem.objects.get_or_create(attempt=attempt, slot=late.slot)
    item.answer = late.answer
    item.answer_rev += 1
    item.first_answer_at = item.first_answer_at or late.recv_at
    item.last_answer_at = late.recv_at
    item.save(update_fields=["answer", "answer_rev", "first_answer_at", "last_answer_at"])


def _mark_anew(attempt: Attempt, slots: Sequence[int]) -> None:
    """The automatic marks of these slots, by the rules that closing marks by."""
    paper = paper_of(attempt.paper)
    answers = answers_by_attempt([attempt.pk]).get(attempt.pk, {})
    marks = mark_paper(paper, answer_keys(paper, attempt.rules, attempt.exam.corrections), answers)
    automatic = list(attempt.auto_marks or ())
    for slot in slots:
        mark = marks.items[slot - 1].mark
        automatic[slot - 1] = None if mark is None else str(mark)
    attempt.auto_marks = automatic
    attempt.save(update_fields=["auto_marks"])
    # Whoever has one of these answers before them holds the earlier one.
    MarkClaim.objects.filter(attempt=attempt, slot__in=slots).delete()
    # The notebook knows an attempt's outcome by receipt and latest Mark, and neither tells of this.
    CollectedAttempt.objects.filter(attempt=attempt).update(marks="")


def _settle(attempt: Attempt, now: datetime) -> None:
    if settle_marks(attempt=attempt, now=now) or attempt.state == Attempt.State.MARKING:
        return
    check_move(attempt.state, Attempt.State.MARKING)
    attempt.state = Attempt.State.MARKING
    set_score(attempt, None)
    attempt.save(update_fields=["state", "score", "passed"])
    rewrite_results([attempt.candidate_id], now=now)
    attempts_taken_back.send(Attempt, attempts=[attempt], now=now)


def _written(score: object) -> str | None:
    return None if score is None else str(score)
