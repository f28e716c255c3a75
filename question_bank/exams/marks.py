"""An item's mark: the latest Mark a person or a regrade gave it since it was handed in, else the automatic
one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from question_bank.engine.marking import Marked, PaperMarks, mark_paper
from question_bank.engine.timing import check_move

from .answer_keys import answer_keys
from .models import Attempt, AttemptEvent, Mark
from .papers import paper_of
from .results import rewrite_results
from .signals import attempts_marked
from .taking.closing import Closed, answers_by_attempt, set_score

LATE_ACCEPTED = "late_accepted"  # the AttemptEvent of taking.late


def given_marks(attempts: Collection[Attempt]) -> dict[int, dict[int, Mark]]:
    """The latest Mark by slot of each attempt; one query, two where there are marks. A Mark older than the
    submission was for answers that a reopening let the member change, one older than a late answer accepted
    (taking.late) for the answer before it: it stays in the history and counts no more."""
    submitted = {attempt.pk: attempt.submitted_at for attempt in attempts}
    marks = list(Mark.objects.filter(attempt__in=submitted).order_by("at", "pk"))
    replaced = replaced_at({mark.attempt_id for mark in marks})
    found: dict[int, dict[int, Mark]] = {}
    for mark in marks:
        since = submitted[mark.attempt_id]
        changed = replaced.get((mark.attempt_id, mark.slot))
        if since is not None and mark.at >= since and (changed is None or mark.at >= changed):
            found.setdefault(mark.attempt_id, {})[mark.slot] = mark
    return found


def replaced_at(attempt_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """When a late answer was last accepted, by attempt and slot."""
    if not attempt_ids:
        return {}
    accepted = AttemptEvent.objects.filter(attempt__in=attempt_ids, type=LATE_ACCEPTED).order_by("at", "pk")
    return {(event.attempt_id, slot): event.at for event in accepted for slot in event.data["slots"]}


def item_marks(attempt: Attempt, given: dict[int, Mark]) -> list[Decimal | None]:
    """Points by slot (index + 1); None waits for a person. `given` is the attempt's part of `given_marks`."""
    return [
        given[slot].value if slot in given else None if automatic is None else Decimal(automatic)
        for slot, automatic in enumerate(attempt.auto_marks or [], start=1)
    ]


def settle_marks(*, attempt: Attempt, now: datetime) -> bool:
    """Whether every item of a closed attempt has its mark; if so the attempt is marked (or marked anew),
    with score and Result. The attempt's row is locked by whoever gave a mark in this transaction, and comes
    with its exam."""
    given = given_marks([attempt]).get(attempt.pk, {})
    marks = item_marks(attempt, given)
    if not marks or any(mark is None for mark in marks):
        return False
    if attempt.state != Attempt.State.MARKED:
        check_move(attempt.state, Attempt.State.MARKED)
    attempt.state = Attempt.State.MARKED
    set_score(attempt, sum((mark for mark in marks if mark is not None), Decimal("0.00")))
    attempt.save(update_fields=["state", "score", "passed"])
    rewrite_results([attempt.candidate_id], now=now)
    answers = answers_by_attempt([attempt.pk]).get(attempt.pk, {})
    attempts_marked.send(Attempt, closed=[as_closed(attempt, marks, answers)], now=now)
    return True


def as_closed(attempt: Attempt, marks: Sequence[Decimal | None], answers: Mapping[int, Any]) -> Closed:
    """What `attempts_marked` says of an attempt that has all its marks; the attempt comes with its exam."""
    paper = paper_of(attempt.paper)
    judged = mark_paper(paper, answer_keys(paper, attempt.rules, attempt.exam.corrections), answers)
    items = tuple(
        Marked(mark, item.correct if mark == item.mark else mark == slot.max_mark)
        for mark, item, slot in zip(marks, judged.items, paper, strict=True)
    )
    return Closed(
        attempt, paper, answers, PaperMarks(items, attempt.score or Decimal(0), attempt.max_score, ())
    )
