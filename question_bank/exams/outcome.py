"""What the member gets back of an attempt: its state and answers, the receipt, and the result as far as
released."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from question_bank.questions.models import QuestionVersion

from .answer_keys import answer_keys
from .clock import remaining_ms
from .marks import given_marks, item_marks
from .models import Attempt, AttemptItem
from .papers import paper_of, shown_items, shown_sections
from .releasing import Visible, visible_part
from .taking.closing import receipt_of


def stored_items(attempt: Attempt) -> dict[int, AttemptItem]:
    """The rows of the slots that had an op; one query."""
    return {item.slot: item for item in AttemptItem.objects.filter(attempt=attempt)}


def paper_json(attempt: Attempt, *, now: datetime, fresh: bool = False) -> dict[str, Any]:
    """An open attempt as its player begins with it: clock, sections, and every slot with its question and
    answer. A fresh one has no answers to look for."""
    rows = {} if fresh else stored_items(attempt)
    items = shown_items(attempt.paper)
    for item in items:
        row = rows.get(item["slot"])
        if row is not None and row.answer is not None:
            item["answer"] = row.answer
        item["answer_rev"] = row.answer_rev if row else 0
        item["active_ms"] = row.active_ms if row else 0
    return {
        "attempt": str(attempt.pk),
        "remaining_ms": remaining_ms(attempt, now),
        "clock_rev": attempt.clock_rev,
        "sections": shown_sections(attempt.rules),
        "items": items,
    }


def attempt_json(attempt: Attempt, *, now: datetime) -> dict[str, Any]:
    """The attempt as it stands (settled by the caller, with exam and candidate)."""
    rows = stored_items(attempt)
    said: dict[str, Any] = {
        "state": attempt.state,
        "remaining_ms": remaining_ms(attempt, now),
        "clock_rev": attempt.clock_rev,
        "items": [_item_json(slot, rows.get(slot)) for slot in range(1, len(attempt.paper) + 1)],
    }
    receipt = receipt_of(attempt)
    if receipt:
        said["receipt"] = receipt.to_json()
    seen = visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now)
    if seen.score or seen.answers:
        said["result"] = result_json(attempt, seen)
    return said


def result_json(attempt: Attempt, seen: Visible) -> dict[str, Any]:
    """{score, max, passed, items: [{slot, mark, key?, explanation?}]}: the items once the answers are
    released, their keys once those are. Two or three queries."""
    result: dict[str, Any] = {}
    if seen.score:
        result |= {"score": str(attempt.score), "max": str(attempt.max_score), "passed": attempt.passed}
    result["items"] = []
    if not (seen.answers or seen.key):
        return result
    marks = item_marks(attempt, given_marks([attempt]).get(attempt.pk, {}))
    paper = paper_of(attempt.paper)
    keys = answer_keys(paper, attempt.rules, attempt.exam.corrections) if seen.key else {}
    explanations = (
        dict(
            QuestionVersion.objects.filter(pk__in=[item.version for item in paper]).values_list(
                "pk", "explanation"
            )
        )
        if seen.key
        else {}
    )
    for slot, (item, mark) in enumerate(zip(paper, marks, strict=True), start=1):
        entry: dict[str, Any] = {"slot": slot, "mark": None if mark is None else str(mark)}
        if seen.key:
            entry["key"] = keys[item.version].key
            entry["explanation"] = explanations.get(item.version, "")
        result["items"].append(entry)
    return result


def _item_json(slot: int, row: AttemptItem | None) -> dict[str, Any]:
    return {
        "slot": slot,
        "answer": row.answer if row else None,
        "answer_rev": row.answer_rev if row else 0,
        "flagged": row.flagged if row else False,
        "active_ms": row.active_ms if row else 0,
    }
