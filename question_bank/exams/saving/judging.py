"""What ops do to an attempt: a pure function from what is stored and what came to what is to be stored. No Django, no
clock, no query. Everything is decided here; the statements of `writing` only carry it out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from question_bank.engine.kinds import Answer, InvalidAnswer, PaperItem, is_empty, validate_answer

from .ops import Op, OpKind
from .replies import OpsReply, Verdict

# A page is away only after 3 s hidden, so no honest page counts more leavings than this lets it.
SHORTEST_AWAY_MS = 3_000


class AttemptState(NamedTuple):
    """The attempt's row as far as ops need it, read under its lock."""

    id: int
    state: str
    started_at: datetime
    deadline_at: datetime
    accept_until: datetime
    clock_rev: int
    paused_at: datetime | None
    lease_client: str
    away_ms: int
    other_ms: int
    away_count: int
    slots: int


class ItemState(NamedTuple):
    """A slot's row; the defaults are a slot without one."""

    slot: int
    answer: Answer = None
    answer_rev: int = 0
    first_view_at: datetime | None = None
    first_answer_at: datetime | None = None
    last_answer_at: datetime | None = None
    active_ms: int = 0
    first_answer_active_ms: int | None = None
    visits: int = 0
    changes: int = 0
    flagged: bool = False
    last_client: str = ""
    last_seq: int = 0


class Event(NamedTuple):
    """A line for AnswerEvent."""

    op: Op
    verdict: Verdict


@dataclass(slots=True)
class Judgement:
    """The reply, and what has to be written for it to be true."""

    reply: OpsReply
    items: list[ItemState] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    new_client: bool = False
    takeover_from: str | None = None  # the client that loses the lease; "" when nobody had it
    tally: tuple[int, int, int] | None = None  # away_ms, other_ms, away_count, if they rose


def judge(
    attempt: AttemptState,
    client: str,
    ops: Sequence[Op],
    *,
    paper: Mapping[int, PaperItem],
    items: Mapping[int, ItemState],
    known_ops: Collection[str],
    client_known: bool,
    viewer: bool,
    now: datetime,
) -> Judgement:
    """`paper` and `items`: the slots that the ops name, and their stored rows; `known_ops`: those of the answer ops'
    ids that have an event already; `client_known`: whether this client has written to the attempt before."""
    ops = _distinct(ops)
    open_now = attempt.state in ("in_progress", "paused")
    paused = attempt.state == "paused"
    if not open_now or (not paused and now >= attempt.accept_until):
        return _closed(attempt, client, ops, known_ops, client_known)
    if paused or viewer:
        reply = _reply(
            attempt, client, client_known, now, dict.fromkeys((op.id for op in ops), Verdict.READONLY)
        )
        return Judgement(reply)

    good = Verdict.GRACE if now >= attempt.deadline_at else Verdict.APPLIED
    verdicts: dict[str, Verdict] = {op.id: Verdict.INVALID for op in ops}
    events: list[Event] = []
    changed: dict[int, ItemState] = {}
    slots: dict[int, dict[str, Any]] = {}
    elapsed_ms = max(0, int((now - attempt.started_at).total_seconds() * 1000))
    tally = before = (attempt.away_ms, attempt.other_ms, attempt.away_count)
    takes = bool(ops) and not client_known
    holds = not client_known or client == attempt.lease_client

    by_slot: dict[int, list[Op]] = {}
    for op in ops:
        if op.slot is None:
            tally = _tally(tally, op, elapsed_ms)
            verdicts[op.id] = good
        elif 1 <= op.slot <= attempt.slots:
            by_slot.setdefault(op.slot, []).append(op)
        elif op.kind is OpKind.ANSWER:
            verdicts[op.id] = Verdict.DUPLICATE if op.id in known_ops else Verdict.INVALID
            if op.id not in known_ops:
                events.append(Event(op, Verdict.INVALID))
    for slot, own in by_slot.items():
        stored = items.get(slot, ItemState(slot))
        judged = _Slot(paper[slot], stored, client, good, elapsed_ms, now, holds=holds)
        judged.take(own, known_ops)
        verdicts |= judged.verdicts
        events += judged.events
        if judged.state != stored:
            changed[slot] = judged.state
        if judged.answered:
            slots[slot] = {"answer_rev": judged.state.answer_rev}
            if judged.stale:
                slots[slot]["answer"] = judged.state.answer

    reply = OpsReply(
        verdicts=verdicts,
        slots=slots,
        lease_held=holds,
        remaining_ms=_remaining_ms(attempt, now),
        clock_rev=attempt.clock_rev,
    )
    return Judgement(
        reply,
        items=[changed[slot] for slot in sorted(changed)],
        events=events,
        new_client=takes,
        takeover_from=attempt.lease_client if takes else None,
        tally=tally if tally != before else None,
    )


class _Slot:
    """The ops of one client on one slot, in `seq` order."""

    def __init__(
        self,
        paper: PaperItem,
        stored: ItemState,
        client: str,
        good: Verdict,
        elapsed_ms: int,
        now: datetime,
        *,
        holds: bool,
    ) -> None:
        self.paper, self.state, self.client, self.good = paper, stored, client, good
        self.elapsed_ms, self.now = elapsed_ms, now
        # A page that lost the lease stays behind the later one: its views and flags, new or sent again, cannot be
        # told apart once the row holds the other's `last_seq`.
        self.behind = not holds and stored.last_client not in ("", client)
        self.verdicts: dict[str, Verdict] = {}
        self.events: list[Event] = []
        self.answered = self.stale = False

    def take(self, ops: Sequence[Op], known_ops: Collection[str]) -> None:
        last_seq = self.state.last_seq if self.state.last_client == self.client else -1
        chain: list[tuple[Op, Answer]] = []
        for op in sorted(ops, key=lambda each: each.seq):
            if op.kind is OpKind.ANSWER:
                self.answered = True
                self._answer(op, known_ops, chain)
            elif op.seq <= last_seq or self.behind:
                self.verdicts[op.id] = Verdict.DUPLICATE
            else:
                self._touch(op)
        self._store(chain)

    def _answer(self, op: Op, known_ops: Collection[str], chain: list[tuple[Op, Answer]]) -> None:
        if op.id in known_ops:
            self.verdicts[op.id] = Verdict.DUPLICATE
            return
        try:
            answer = validate_answer(self.paper, op.answer)
        except InvalidAnswer:
            answer = ""
        # An empty answer is never the member's will: a half-loaded page sends it. Only null clears.
        if answer is not None and is_empty(answer):
            self._settle(op, Verdict.INVALID)
            return
        chain.append((op, answer))

    def _store(self, chain: list[tuple[Op, Answer]]) -> None:
        if not chain:
            return
        if chain[0][0].base != self.state.answer_rev:
            self.stale = True
            for op, _answer in chain:
                self._settle(op, Verdict.STALE)
            return
        rev = self.state.answer_rev + 1
        for op, answer in chain:
            state = self.state
            first = state.first_answer_at is None
            seen = self._seen(op)
            self.state = state._replace(
                **seen,
                answer=answer,
                answer_rev=rev,
                first_answer_at=self.now if first else state.first_answer_at,
                last_answer_at=self.now,
                first_answer_active_ms=seen["active_ms"] if first else state.first_answer_active_ms,
                changes=state.changes + (not first and answer != state.answer),
            )
            self._settle(op, self.good)

    def _settle(self, op: Op, verdict: Verdict) -> None:
        self.verdicts[op.id] = verdict
        self.events.append(Event(op, verdict))

    def _touch(self, op: Op) -> None:
        state, seen = self.state, self._seen(op)
        if op.kind is OpKind.VIEW:
            seen["visits"] = state.visits + 1
        elif op.kind is OpKind.FLAG:
            seen["flagged"] = op.flagged
        self.state = state._replace(**seen)
        self.verdicts[op.id] = self.good

    def _seen(self, op: Op) -> dict[str, Any]:
        """Whatever comes for a slot shows that it was seen, for at least so long; nobody was active longer than
        the attempt has run."""
        state = self.state
        client, seq = self.client, op.seq
        if self.behind:
            client, seq = state.last_client, state.last_seq
        elif state.last_client == client:
            seq = max(state.last_seq, seq)
        return {
            "first_view_at": state.first_view_at or self.now,
            "active_ms": max(state.active_ms, min(op.active_ms, self.elapsed_ms)),
            "last_client": client,
            "last_seq": seq,
        }


def _closed(
    attempt: AttemptState, client: str, ops: Sequence[Op], known_ops: Collection[str], client_known: bool
) -> Judgement:
    events = [Event(op, Verdict.LATE) for op in ops if op.kind is OpKind.ANSWER and op.id not in known_ops]
    verdicts = {op.id: Verdict.DUPLICATE if op.id in known_ops else Verdict.LATE for op in ops}
    reply = OpsReply(
        verdicts, {}, not client_known or client == attempt.lease_client, 0, attempt.clock_rev, closed=True
    )
    return Judgement(reply, events=events)


def _reply(
    attempt: AttemptState, client: str, client_known: bool, now: datetime, verdicts: dict[str, Verdict]
) -> OpsReply:
    held = not client_known or client == attempt.lease_client
    return OpsReply(verdicts, {}, held, _remaining_ms(attempt, now), attempt.clock_rev)


def _remaining_ms(attempt: AttemptState, now: datetime) -> int:
    """Working time left; while paused it stands still."""
    until = attempt.paused_at if attempt.state == "paused" and attempt.paused_at else now
    return max(0, int((attempt.deadline_at - until).total_seconds() * 1000))


def _tally(tally: tuple[int, int, int], op: Op, elapsed_ms: int) -> tuple[int, int, int]:
    """Totals of being away: the greater of stored and claimed, never more than the attempt has run."""
    away_ms, other_ms, count = tally
    return (
        max(away_ms, min(op.away_ms, elapsed_ms)),
        max(other_ms, min(op.other_ms, elapsed_ms)),
        max(count, min(op.away_count, elapsed_ms // SHORTEST_AWAY_MS)),
    )


def _distinct(ops: Sequence[Op]) -> list[Op]:
    """The first op of each id: a request that names one twice means one."""
    return list({op.id: op for op in reversed(ops)}.values())[::-1]
