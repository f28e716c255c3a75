"""What the database has is told to the remote engine, where there is one. Rows of stage SEND say what it has not heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from search.engines import choosing
from search.engines.base import Document, Engine, EngineDown
from search.engines.breaker import Refused
from search.models import Entry, Kind, Pending, entry_id, origin_of

from . import leasing
from .bringing import at_once, documents_of, parts
from .failing import each_alone, keep_problem
from .filling import is_filled, may_try

MOST_BAD = 10  # things refused by an engine that answers; more than that is the engine's own trouble


def is_due(*, now: datetime) -> bool:
    return choosing.remote_configured() and _may_be_told(now) and _due(now).exists()


def send(
    kind: Kind, documents: Sequence[Document], dropped: Sequence[int], *, holder: str, now: datetime
) -> bool:
    """Whether the engine took it all. What it did not take stays pending; `dropped` are ids of entries."""
    remote = choosing.remote_engine()
    if remote is None or not (documents or dropped):
        return True
    if not _may_be_told(now):
        return False
    by_object = {origin_of(document.id)[1]: document for document in documents}
    gone = {origin_of(pk)[1] for pk in dropped}

    def act(some: Sequence[int]) -> None:
        _tell(
            remote,
            [by_object[pk] for pk in some if pk in by_object],
            [entry_id(kind, pk) for pk in some if pk in gone],
        )
        _heard(kind, some)

    wanted = [*by_object, *sorted(gone)]
    try:
        if documents and _lost_all(remote, documents):
            # The beat fills it; the database answers meanwhile.
            leasing.keep(holder, now=now, remote_filled="")
            return False
        act(wanted)
        problem = ""
    except EngineDown as error:
        problem = str(error)
        if isinstance(error, Refused):
            problem = _send_alone(kind, wanted, act, now)
    failed_at = now if problem else None
    leasing.keep(holder, now=now, remote_failed_at=failed_at, remote_problem=problem[:300])
    return not problem


def send_next(*, holder: str, now: datetime) -> int:
    """Sends some of what waits; how many things it looked at, 0 where nothing waits or the engine did not answer."""
    if not is_due(now=now):
        return 0
    kind = Kind(_due(now).order_by("pk").values_list("kind", flat=True)[0])
    rows = _due(now).filter(kind=kind).order_by("pk").values_list("object_id", flat=True)
    ids = list(dict.fromkeys(rows[: at_once(kind)]))
    documents = documents_of(kind, ids, now=now)
    there = {document.id for document in documents}
    gone = [pk for pk in (entry_id(kind, each) for each in ids) if pk not in there]
    return len(ids) if send(kind, documents, gone, holder=holder, now=now) else 0


def _lost_all(remote: Engine, documents: Sequence[Document]) -> bool:
    """Whether an engine that was filled has nothing any more, as a server that came back without its data: it would make
    an index of these few, and answer as if there were no others."""
    here = Entry.objects.exclude(pk__in=[document.id for document in documents])
    return remote.count() == 0 and here.exists()


def _send_alone(kind: Kind, ids: Sequence[int], act: Callable[[Sequence[int]], None], now: datetime) -> str:
    """The engine answers and yet refuses some: those wait alone. Words where it refuses too many."""
    for count, (object_id, error) in enumerate(each_alone(ids, act), 1):
        keep_problem(kind, object_id, error, stage=Pending.Stage.SEND, now=now)
        if count >= MOST_BAD:
            return str(error)
    return ""


def _tell(remote: Engine, documents: Sequence[Document], gone: Sequence[int]) -> None:
    if documents:
        remote.put(documents)
    if gone:
        remote.drop(gone)


def _heard(kind: Kind, ids: Sequence[int]) -> None:
    for some in parts(ids, at_once(kind)):
        Pending.objects.filter(kind=kind, object_id__in=some, stage=Pending.Stage.SEND).delete()


def _may_be_told(now: datetime) -> bool:
    """Not soon after it did not answer; and not before it was filled: of a few entries it would answer as if there were
    no others."""
    state = leasing.state()
    return may_try(state, now=now) and is_filled(state)


def _due(now: datetime) -> QuerySet[Pending]:
    return Pending.objects.due(now).filter(stage=Pending.Stage.SEND)
