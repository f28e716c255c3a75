"""The statements that carry out a batch of ops, without running them: a generator that yields statements and is sent
their rows. Whoever drives it has one transaction open: the lane's adapter of either database, or Django's cursor.

Two round trips for any number of requests: lock and read, then (after `judging`) write. The lock on the attempts' rows is
what keeps a save from being acknowledged while a submit that does not see it commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from learning.lane.conversation import Conversation, Row, Statement
from question_bank.engine.kinds import PaperItem, storable

from .judging import AttemptState, ItemState, Judgement, judge
from .ops import Op, OpKind
from .statements import CLIENTS, EVENTS, ITEMS, NOTES, PRESENCE, Dialect, Key

MAX_INTEGER = 2**31 - 1
MAX_BIGINT = 2**63 - 1
DEEPEST = 16  # levels; an answer has two
PRESENCE_EVERY_S = 15
PAPER_ITEMS_KEPT = 20_000  # of a pool's questions, each in the orders its options are shown in


class Saving(NamedTuple):
    """One request for one attempt. `viewer`: a member of staff looks on and may change nothing."""

    attempt_id: int
    client: str
    ops: Sequence[Op]
    viewer: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers between batches: the papers, which never change, and when presence was last noted.
    A paper is the JSON text of each slot: a few kB, and nothing for the garbage collector to walk."""

    papers: MutableMapping[int, tuple[bytes, ...]]
    seen_at: MutableMapping[int, datetime]


Batch = Conversation[list[Judgement | None]]


def save_batch(savings: Sequence[Saving], *, now: datetime, dialect: Dialect, memory: Memory) -> Batch:
    """One judgement per request, None for an attempt that does not exist. No two requests are for the same attempt."""
    papers = {each.attempt_id: memory.papers.get(each.attempt_id) for each in savings}
    attempts, found = yield _reads(savings, papers, dialect)
    states: dict[int, AttemptState] = {}
    for row in attempts:
        paper = papers[row[0]]
        if paper is None:
            paper = papers[row[0]] = memory.papers[row[0]] = tuple(map(orjson.dumps, orjson.loads(row[-1])))
        states[row[0]] = _attempt(row, len(paper), dialect)
    stored: dict[int, dict[int, ItemState]] = {}
    known_ops: dict[int, set[str]] = {}
    known_clients: set[int] = set()
    for attempt_id, client_known, op_id, *item in found:
        if client_known:
            known_clients.add(attempt_id)
        if op_id is not None:
            known_ops.setdefault(attempt_id, set()).add(op_id)
        if item[0] is not None:
            stored.setdefault(attempt_id, {})[item[0]] = _item(item, dialect)
    judgements: list[Judgement | None] = []
    for each in savings:
        state = states.get(each.attempt_id)
        if state is None:
            judgements.append(None)
            continue
        judgements.append(
            judge(
                state,
                each.client,
                each.ops,
                paper=_slots(papers[each.attempt_id] or (), each.ops),
                items=stored.get(each.attempt_id, {}),
                known_ops=known_ops.get(each.attempt_id, ()),
                client_known=each.attempt_id in known_clients,
                viewer=each.viewer,
                now=now,
            )
        )
    writes = _writes(savings, judgements, states, now, dialect, memory)
    if writes:
        yield writes
    return judgements


def _slots(paper: tuple[bytes, ...], ops: Sequence[Op]) -> dict[int, PaperItem]:
    named = {op.slot for op in ops if op.slot is not None and 1 <= op.slot <= len(paper)}
    return {slot: _paper_item(paper[slot - 1]) for slot in named}


@lru_cache(maxsize=PAPER_ITEMS_KEPT)
def _paper_item(text: bytes) -> PaperItem:
    return PaperItem.from_json(orjson.loads(text))


def _reads(
    savings: Sequence[Saving], papers: Mapping[int, tuple[bytes, ...] | None], dialect: Dialect
) -> list[Statement]:
    ids = [each.attempt_id for each in savings]
    unread = [attempt_id for attempt_id in ids if papers[attempt_id] is None]
    return [dialect.attempts(ids, unread), dialect.stored([key for each in savings for key in _keys(each)])]


def _keys(saving: Saving) -> Iterable[Key]:
    client: str | None = saving.client
    for op in saving.ops:
        slot = op.slot if op.slot is not None and op.slot <= MAX_INTEGER else None
        yield Key(saving.attempt_id, slot, op.id if op.kind is OpKind.ANSWER else None, client)
        client = None
    if client is not None:
        yield Key(saving.attempt_id, None, None, client)


def _attempt(row: Row, slots: int, dialect: Dialect) -> AttemptState:
    attempt_id, state, started, deadline, accept, rev, paused, lease, away, other, count, _paper = row
    at = dialect.read_instant
    paused_at = at(paused) if paused else None
    return AttemptState(
        attempt_id,
        state,
        at(started),
        at(deadline),
        at(accept),
        rev,
        paused_at,
        lease,
        away,
        other,
        count,
        slots,
    )


def _item(row: Row, dialect: Dialect) -> ItemState:
    slot, answer, rev, first_view, first_answer, last_answer, *rest = row
    at = dialect.read_instant
    found = ItemState(
        slot,
        None if answer is None else orjson.loads(answer),
        rev,
        at(first_view) if first_view else None,
        at(first_answer) if first_answer else None,
        at(last_answer) if last_answer else None,
        *rest,
    )
    return found if type(found.flagged) is bool else found._replace(flagged=bool(found.flagged))


def _writes(
    savings: Sequence[Saving],
    judgements: Sequence[Judgement | None],
    states: dict[int, AttemptState],
    now: datetime,
    dialect: Dialect,
    memory: Memory,
) -> list[Statement]:
    items: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    clients: list[tuple[Any, ...]] = []
    tallies: list[tuple[Any, ...]] = []
    notes: list[tuple[Any, ...]] = []
    present: list[tuple[Any, ...]] = []
    at = dialect.instant(now)
    for each, judged in zip(savings, judgements, strict=True):
        if judged is None:
            continue
        state = states[each.attempt_id]
        items += [_item_row(each.attempt_id, item, now, at, dialect) for item in judged.items]
        events += (
            (each.attempt_id, min(event.op.slot or 0, MAX_INTEGER), event.op.id, each.client, event.op.seq,
             _payload(event.op), at, event.verdict.value)
            for event in judged.events
        )  # fmt: skip
        if judged.new_client:
            clients.append((each.attempt_id, each.client, at, each.fingerprint))
        if judged.new_client or judged.tally:
            away_ms, other_ms, away_count = judged.tally or (state.away_ms, state.other_ms, state.away_count)
            lease = each.client if judged.new_client else state.lease_client
            tallies.append((each.attempt_id, lease, away_ms, other_ms, away_count))
            notes += _notes(each, judged, state, at)
        if not judged.reply.closed and not each.viewer and _unnoted(each.attempt_id, now, memory):
            present.append((each.attempt_id, at))
    found = [
        dialect.put(ITEMS, items),
        dialect.put(EVENTS, events),
        dialect.put(CLIENTS, clients),
        dialect.put_tallies(tallies),
        dialect.put(NOTES, notes),
        dialect.put(PRESENCE, present),
    ]
    return [statement for statement in found if statement is not None]


def _notes(each: Saving, judged: Judgement, state: AttemptState, at: Any) -> Iterable[tuple[Any, ...]]:
    if judged.takeover_from:
        told = {"from": judged.takeover_from, "to": each.client}
        yield (each.attempt_id, "takeover", at, orjson.dumps(told).decode(), each.fingerprint)
    if judged.tally and judged.tally[2] > state.away_count:
        told_away = {"count": judged.tally[2], "away_ms": judged.tally[0]}
        yield (each.attempt_id, "away", at, orjson.dumps(told_away).decode(), each.fingerprint)


def _unnoted(attempt_id: int, now: datetime, memory: Memory) -> bool:
    last = memory.seen_at.get(attempt_id)
    if last is not None and (now - last).total_seconds() < PRESENCE_EVERY_S:
        return False
    memory.seen_at[attempt_id] = now
    return True


def _item_row(
    attempt_id: int, item: ItemState, now: datetime, written_now: Any, dialect: Dialect
) -> tuple[Any, ...]:
    slot, answer, rev, *moments = item[:6]
    written = [
        None if moment is None else written_now if moment is now else dialect.instant(moment)
        for moment in moments
    ]
    return (
        attempt_id,
        slot,
        None if answer is None else orjson.dumps(answer).decode(),
        rev,
        *written,
        *item[6:],
    )


def _payload(op: Op) -> str:
    """The answer as it came, less what no database takes: NUL, half a surrogate pair, numbers and nesting without
    bounds."""
    told = {"answer": op.answer, "base": op.base, "active_ms": op.active_ms}
    try:
        text = orjson.dumps(told)
    except orjson.JSONEncodeError:
        text = orjson.dumps(_storable(told))
    if b"\\u0000" in text:
        text = orjson.dumps(_storable(told))
    return text.decode()


def _storable(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return storable(value)
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        return [_storable(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {storable(name): _storable(part, depth + 1) for name, part in value.items()}
    if isinstance(value, int) and abs(value) > MAX_BIGINT:
        return str(value)
    return value
