"""What marked attempts say of each question on their papers, from the records: nothing here was folded before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Exists, OuterRef

from learning.organisation.rows import Columns, among, read
from question_bank.engine.item_statistics import Change, Outcome
from question_bank.engine.kinds import PaperItem, is_blank
from question_bank.engine.marking import AnswerKey, mark_paper
from question_bank.engine.used_time import Source, TimeAccount, account, estimated_account, used_ms
from question_bank.exams.answer_keys import answer_keys
from question_bank.exams.clock import sitting_of
from question_bank.exams.marks import given_marks, item_marks
from question_bank.exams.models import AnswerEvent, Attempt, AttemptItem

BATCH = 500
RECEIVED = (AnswerEvent.Verdict.APPLIED, AnswerEvent.Verdict.GRACE)
ATTEMPT = Columns(
    Attempt,
    only=(
        "id", "exam", "state", "started_at", "deadline_at", "submitted_at", "paused_at", "paused_ms", "paper", "rules",
        "auto_marks", "away_ms", "other_ms",
    ),
)  # fmt: skip
# A row an attempt instead of one a slot: half a million rows took longer than counting them.
ITEMS = {
    "postgresql": """
        SELECT attempt_id, json_object_agg(slot, json_build_array(answer, active_ms, changes))::text
        FROM exams_attemptitem WHERE {} GROUP BY attempt_id
    """,
    "sqlite": """
        SELECT attempt_id, json_group_object(slot, json_array(json(answer), active_ms, changes))
        FROM exams_attemptitem WHERE {} GROUP BY attempt_id
    """,
}
Items = dict[str, tuple[Any, int, int]]  # by slot, as JSON names it: answer, active ms, changes


def marked_attempts(attempt_ids: Collection[int]) -> list[Attempt]:
    """Those of them that are marked, with what is needed here."""
    condition, ids = among("a.id", attempt_ids)
    sql = f"SELECT {ATTEMPT.of('a')} FROM exams_attempt a WHERE {condition} AND a.state = %s"  # noqa: S608 — our names
    (rows,) = read((sql, (ids, Attempt.State.MARKED)))
    return [ATTEMPT.read(row) for row in rows]


def marked_in_batches(exam_id: int) -> Iterator[list[Attempt]]:
    """All marked attempts of the exam."""
    ids = list(
        Attempt.objects.filter(exam=exam_id, state=Attempt.State.MARKED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for at in range(0, len(ids), BATCH):
        yield marked_attempts(ids[at : at + BATCH])


def outcomes_of(attempts: Sequence[Attempt], corrections: Mapping[str, Any]) -> dict[int, list[Outcome]]:
    """By attempt id, in the order of the slots. The attempts are marked and of one exam, `corrections` are that exam's.
    At most six queries."""
    items = _items([attempt.pk for attempt in attempts])
    given = given_marks(attempts)
    changed = [pk for pk, slots in items.items() if any(changes for _, _, changes in slots.values())]
    first_answers = _first_answers(changed)
    times = _times(attempts, items)
    found = {}
    for attempt in attempts:
        slots = items.get(attempt.pk, {})
        known = times[attempt.pk]
        estimated = known.source is Source.ESTIMATED
        changes = _changes(attempt, slots, first_answers.get(attempt.pk, {}), corrections)
        marks = item_marks(attempt, given[attempt.pk]) if attempt.pk in given else attempt.auto_marks or []
        outcomes = []
        for slot, (item, mark) in enumerate(zip(attempt.paper, marks, strict=True), start=1):
            stored = slots.get(str(slot))
            answer = stored[0] if stored else None
            chosen = _chosen(item["k"], answer)
            blank = not chosen and is_blank(answer)
            ms = known.by_slot.get(slot)
            outcomes.append(
                Outcome(
                    item["v"],
                    hundredths(str(mark)),
                    hundredths(item["m"]),
                    chosen,
                    blank,
                    None if ms is None else ms // 1000,
                    estimated and ms is not None,
                    changes.get(slot, Change.NONE),
                )
            )
        found[attempt.pk] = outcomes
    return found


@cache
def hundredths(points: str) -> int:
    """ "2.50" → 250; marks have two decimals."""
    return int(Decimal(points).scaleb(2))


def _chosen(kind: str, answer: Any) -> Sequence[str]:
    """The options ticked; none of a blank answer, or where there are none to tick."""
    if answer is None:
        return ()
    match kind:
        case "single":
            return (answer,) if answer else ()
        case "multiple":
            return tuple(answer)
        case "true_false":
            return ("true",) if answer else ("false",)
        case _:
            return ()


def _items(attempt_ids: Collection[int]) -> dict[int, Items]:
    condition, ids = among("attempt_id", attempt_ids)
    (rows,) = read((ITEMS[connection.vendor].format(condition), (ids,)))
    return {attempt_id: orjson.loads(text) for attempt_id, text in rows}


def _first_answers(attempt_ids: Collection[int]) -> dict[int, dict[int, Any]]:
    """The first answer received to each slot whose answer was changed later."""
    if not attempt_ids:
        return {}
    changed = AttemptItem.objects.filter(attempt=OuterRef("attempt"), slot=OuterRef("slot"), changes__gt=0)
    events = AnswerEvent.objects.filter(Exists(changed), attempt__in=attempt_ids, verdict__in=RECEIVED)
    found: dict[int, dict[int, Any]] = {}
    for attempt_id, slot, payload in events.order_by("pk").values_list("attempt", "slot", "payload"):
        if not is_blank(payload.get("answer")):
            found.setdefault(attempt_id, {}).setdefault(slot, payload["answer"])
    return found


def _changes(
    attempt: Attempt, slots: Items, first: Mapping[int, Any], corrections: Mapping[str, Any]
) -> dict[int, str]:
    """What became of first answers that were changed, by today's key; nothing where a person marks."""
    asked = {slot: PaperItem.from_json(attempt.paper[slot - 1]) for slot in first}
    keys = answer_keys(list(asked.values()), attempt.rules, corrections) if asked else {}
    found: dict[int, str] = {}
    for slot, item in asked.items():
        before = _is_right(item, keys, first[slot])
        after = _is_right(item, keys, slots[str(slot)][0])
        if before is not None and after is not None and before != after:
            found[slot] = Change.TO_WRONG if before else Change.TO_RIGHT
    return found


def _is_right(item: PaperItem, keys: Mapping[int, AnswerKey], answer: Any) -> bool | None:
    return mark_paper([item], keys, {} if is_blank(answer) else {1: answer}).items[0].correct


def _times(attempts: Sequence[Attempt], items: Mapping[int, Items]) -> dict[int, TimeAccount]:
    """Measured where the page measured anything; else from when the answers came in."""
    measured, others = {}, []
    for attempt in attempts:
        slots = {int(slot): active for slot, (_, active, _) in items.get(attempt.pk, {}).items()}
        if any(slots.values()):
            measured[attempt.pk] = account(_used(attempt), slots, attempt.other_ms, attempt.away_ms)
        else:
            others.append(attempt)
    receipts = _receipts([attempt.pk for attempt in others])
    for attempt in others:
        came = receipts.get(attempt.pk, [])
        measured[attempt.pk] = estimated_account(_used(attempt), attempt.started_at, came)
    return measured


def _used(attempt: Attempt) -> int:
    return used_ms(sitting_of(attempt), attempt.submitted_at or attempt.deadline_at, attempt.deadline_at)


def _receipts(attempt_ids: Collection[int]) -> dict[int, list[tuple[int, datetime]]]:
    found: dict[int, list[tuple[int, datetime]]] = {}
    if attempt_ids:
        events = AnswerEvent.objects.filter(attempt__in=attempt_ids, verdict__in=RECEIVED).order_by("pk")
        for attempt_id, slot, at in events.values_list("attempt", "slot", "recv_at"):
            found.setdefault(attempt_id, []).append((slot, at))
    return found
