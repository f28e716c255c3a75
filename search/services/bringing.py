"""Some things of one kind are brought into the index as they are now, by whoever holds the lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from search.engines import choosing
from search.engines.base import Document
from search.models import Entry, Kind, Pending, entry_id, origin_of
from search.sources.registry import CHUNK, sources

from . import leasing
from .building import Piece, document_of, entry_of, pieces_of, shelves
from .noting import note

Clock = Callable[[], datetime]

# What everybody reads first, questions and people after it.
IN_ORDER = (Kind.COURSE, Kind.LESSON, Kind.TOPIC, Kind.BOOK, Kind.EXAM, Kind.QUESTION, Kind.MEMBER)
# Texts of a lesson may be long, and the tokens of a piece of work are all in memory.
AT_ONCE = {Kind.LESSON: 50, Kind.COURSE: 100}
ROWS = 200  # a statement: SQLite allows 32,766 parameters


@dataclass(frozen=True, slots=True)
class Brought:
    """What was written: of the others the index held just this already."""

    put: Sequence[Document] = ()
    dropped: Sequence[int] = ()  # ids of entries


def at_once(kind: Kind) -> int:
    """How many things of the kind are one piece of work."""
    return AT_ONCE.get(kind, CHUNK)


def parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def bring(
    kind: Kind,
    ids: Sequence[int],
    *,
    holder: str,
    now: datetime,
    seen: Sequence[int] = (),
    anyhow: bool = False,
    tell: bool = True,
) -> Brought:
    """Builds, puts and drops; `seen`: ids of the pending rows that are done with this. `anyhow`: what is the same is
    written again. `tell`: a remote engine is to hear of what was written. Raises LeaseLost and what the source raises.

    Nothing is locked while texts are read and cut: a change meanwhile has a pending row of its own, and only the holder
    of the lease writes entries."""
    wanted = [entry_id(kind, pk) for pk in ids]
    pieces = pieces_of(kind, sources()[kind].drafts(ids, now=now))
    known = dict(Entry.objects.filter(pk__in=wanted).values_list("pk", "digest"))
    fresh = [piece for piece in pieces if anyhow or known.get(piece.id) != piece.digest]
    gone = sorted(known.keys() - {piece.id for piece in pieces})
    places = shelves(fresh)
    documents = [document_of(piece, shelf=places[piece.shelf_key]) for piece in fresh]
    with transaction.atomic():
        if fresh:
            _write(fresh, places, now)
            choosing.database_engine().put(documents)
        if gone:
            choosing.database_engine().drop(gone)
            Entry.objects.filter(pk__in=gone).delete()
        if tell and choosing.remote_configured():
            changed = [piece.draft.object_id for piece in fresh] + [origin_of(pk)[1] for pk in gone]
            note(kind, changed, now=now, stage=Pending.Stage.SEND)
        for some in parts(seen, CHUNK):
            Pending.objects.filter(pk__in=some).delete()
        facts = {"indexed_at": now} if fresh or gone else {}
        leasing.keep(holder, now=now, **facts)
    return Brought(documents, gone)


def documents_of(kind: Kind, ids: Sequence[int], *, now: datetime) -> list[Document]:
    """What the engines keep of those of these things that have an entry and a draft."""
    wanted = [entry_id(kind, pk) for pk in ids]
    places = dict(Entry.objects.filter(pk__in=wanted).values_list("pk", "shelf"))
    pieces = pieces_of(kind, sources()[kind].drafts(ids, now=now))
    return [document_of(piece, shelf=places[piece.id]) for piece in pieces if piece.id in places]


def _write(fresh: Sequence[Piece], places: dict[str, int], now: datetime) -> None:
    Entry.objects.bulk_create(
        [entry_of(piece, shelf=places[piece.shelf_key], now=now) for piece in fresh],
        batch_size=ROWS,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["shelf", "title", "audience", "digest", "indexed_at", "body"],
    )
