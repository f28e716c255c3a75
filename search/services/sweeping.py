"""Everything is compared with its origin: what was lost on the way, and what a new day changes, is made good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from search.engines import choosing
from search.engines.database import DatabaseEngine
from search.models import Entry, Kind, Pending, Reach, Shelf
from search.sources.registry import sources

from . import leasing, sending
from .bringing import IN_ORDER, Clock, at_once, bring, parts
from .failing import each_alone, keep_problem
from .filling import mend_remote

ROWS = 2000


@dataclass(slots=True)
class Walk:
    """How far the walk through one kind has come: things looked at, entries written and dropped, ids of what failed."""

    kind: Kind
    seen: int = 0
    put: int = 0
    dropped: int = 0
    bad: set[int] = field(default_factory=set)


def sweep(*, clock: Clock) -> list[Walk]:
    """Compares every entry with its origin and repairs what differs, also in the engines; nothing while somebody else
    indexes."""
    holder = leasing.take(now=clock())
    if holder is None:
        return []
    try:
        walks = []
        reaches = waiting_reaches()
        anyhow = choosing.database_engine().count() != Entry.objects.count()
        for kind in IN_ORDER:
            *_, last = walk(kind, holder=holder, clock=clock, anyhow=anyhow)
            walks.append(last)
        forget(reaches)
        tidy()
        leasing.keep(holder, now=clock(), swept_at=clock())
        mend_remote(holder=holder, clock=clock)
        return walks
    except leasing.LeaseLost:
        return []
    finally:
        leasing.give_back(holder)


def walk(kind: Kind, *, holder: str, clock: Clock, anyhow: bool = False, tell: bool = True) -> Iterator[Walk]:
    """Brings every thing of the kind, and drops the entries of what there is no more; the same Walk again after each
    piece of work. `anyhow`: what is the same is written again; `tell`: the remote engine hears of it. Raises LeaseLost."""
    state = Walk(kind)
    pending = _waiting(kind)
    unseen = set(Entry.objects.filter(kind=kind).values_list("object_id", flat=True))
    yield state
    for ids in sources()[kind].every():
        unseen.difference_update(ids)
        yield from _pieces(state, ids, holder, clock, anyhow, tell)
    yield from _pieces(state, sorted(unseen), holder, clock, anyhow, tell)
    forget([pk for pk, object_id in pending if object_id not in state.bad])


def waiting_reaches() -> list[int]:
    """The pending rows that a walk through all kinds does, beside those of the kinds."""
    return list(Pending.objects.filter(kind__in=Reach.values).values_list("pk", flat=True))


def forget(pending: Sequence[int]) -> None:
    for some in parts(pending, ROWS):
        Pending.objects.filter(pk__in=some).delete()


def tidy() -> None:
    """What nothing stands on any more, and what writing bit by bit left in the database's index."""
    Shelf.objects.filter(entries=None).delete()
    engine = choosing.database_engine()
    if isinstance(engine, DatabaseEngine):
        engine.tidy()


def _waiting(kind: Kind) -> list[tuple[int, int]]:
    """(row, object) of what this walk does: that which is there now, for what comes after may tell of a change that the
    walk has not seen."""
    rows = Pending.objects.filter(kind=kind, stage=Pending.Stage.BUILD)
    return list(rows.values_list("pk", "object_id"))


def _pieces(
    state: Walk, ids: Sequence[int], holder: str, clock: Clock, anyhow: bool, tell: bool
) -> Iterator[Walk]:
    for part in parts(ids, at_once(state.kind)):
        now = clock()

        def act(some: Sequence[int], now: datetime = now) -> None:
            brought = bring(state.kind, some, holder=holder, now=now, anyhow=anyhow, tell=tell)
            state.put += len(brought.put)
            state.dropped += len(brought.dropped)
            if tell:
                sending.send(state.kind, brought.put, brought.dropped, holder=holder, now=now)

        for object_id, error in each_alone(part, act):
            state.bad.add(object_id)
            keep_problem(state.kind, object_id, error, stage=Pending.Stage.BUILD, now=now)
        state.seen += len(part)
        yield state
