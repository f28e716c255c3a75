"""A remote engine's index is made whole from what the database has, beside the one that serves meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from search.engines import choosing
from search.engines.base import Document, EngineDown
from search.models import Entry, IndexState, Kind, Pending

from . import leasing
from .bringing import IN_ORDER, Clock, at_once, documents_of, parts
from .failing import PROBLEM_LENGTH, each_alone, keep_problem

RESTS = timedelta(seconds=30)


def is_filled(state: IndexState) -> bool:
    """Whether the engine of SEARCH_URL was filled once."""
    return state.remote_filled == _name()


def may_try(state: IndexState, *, now: datetime) -> bool:
    """False soon after the engine did not answer."""
    return state.remote_failed_at is None or now >= state.remote_failed_at + RESTS


def lacks() -> bool:
    """Whether the engine answers and holds another number of entries than the database, or was never filled."""
    remote = choosing.remote_engine()
    if remote is None:
        return False
    if not is_filled(leasing.state()):
        return True
    if Pending.objects.filter(stage=Pending.Stage.SEND).exists():
        return False
    try:
        remote.refresh()
        return remote.count() != Entry.objects.count()
    except EngineDown:
        return False


def mend_remote(*, holder: str, clock: Clock) -> None:
    """Fills an engine that was set lately or lacks entries; where it does not answer, the state says so and it is tried
    again. One that is set no more hears of nothing: it is to be filled, should it be set again."""
    if not choosing.remote_configured():
        leasing.keep(holder, now=clock(), remote_filled="")
    elif lacks():
        with suppress(EngineDown):
            fill_remote(holder=holder, clock=clock)


def fill_remote(*, holder: str, clock: Clock) -> int:
    """How many entries the new index holds. Raises LeaseLost, EngineDown; the old index serves on then."""
    remote = choosing.remote_engine()
    if remote is None:
        return 0
    try:
        held = remote.rebuild(_documents(holder, clock))
    except EngineDown as error:
        now = clock()
        leasing.keep(holder, now=now, remote_failed_at=now, remote_problem=str(error)[:PROBLEM_LENGTH])
        raise
    with transaction.atomic():
        leasing.keep(holder, now=clock(), remote_failed_at=None, remote_problem="", remote_filled=_name())
        # Only the holder of the lease writes such rows: none is of a later change.
        Pending.objects.filter(stage=Pending.Stage.SEND).delete()
    return held


def _documents(holder: str, clock: Clock) -> Iterator[Sequence[Document]]:
    for kind in IN_ORDER:
        ids = list(Entry.objects.filter(kind=kind).order_by("pk").values_list("object_id", flat=True))
        for part in parts(ids, at_once(kind)):
            leasing.keep(holder, now=clock())
            yield _made(kind, part, clock())


def _made(kind: Kind, ids: Sequence[int], now: datetime) -> list[Document]:
    found: list[Document] = []
    for object_id, error in each_alone(ids, lambda some: found.extend(documents_of(kind, some, now=now))):
        keep_problem(kind, object_id, error, stage=Pending.Stage.BUILD, now=now)
    return found


def _name() -> str:
    address = choosing.remote_address()
    return f"{address.node}/{address.prefix}"[:300] if address else ""
