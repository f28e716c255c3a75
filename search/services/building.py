"""From a draft to the entry, its shelf and what the engines keep of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from search.analysis.tokens import text_tokens, title_tokens
from search.engines.base import Document
from search.models import Entry, Kind, Shelf, entry_id
from search.models.entries import BODY_LENGTH, TITLE_LENGTH
from search.sources.registry import Draft

# Raised when the same draft is to be kept in another way: every entry differs then and is written anew.
FORMAT = 1
Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A draft, cut to length and without what no database keeps, with the digest of all that is indexed of it and the
    key of its shelf."""

    kind: Kind
    draft: Draft
    digest: str
    values: Values
    shelf_key: str

    @property
    def id(self) -> int:
        return entry_id(self.kind, self.draft.object_id)


def pieces_of(kind: Kind, drafts: Iterable[Draft]) -> list[Piece]:
    """The pieces in the order of their ids."""
    found = []
    for given in sorted(drafts, key=lambda draft: draft.object_id):
        title, body = _plain(given.title)[:TITLE_LENGTH], _plain(given.body)[:BODY_LENGTH]
        draft, values = replace(given, title=title, body=body), _values(kind, given)
        facts = [FORMAT, title, body, sorted(draft.audience), list(draft.names), values]
        found.append(Piece(kind, draft, _hash(facts), values, _hash(values)))
    return found


def shelves(pieces: Iterable[Piece]) -> dict[str, int]:
    """{key: id} of the shelves of these pieces, made where missing."""
    by_key = {piece.shelf_key: piece.values for piece in pieces}
    known = _known(by_key)
    missing = [Shelf(key=key, values=values) for key, values in by_key.items() if key not in known]
    if missing:
        Shelf.objects.bulk_create(missing, batch_size=500, ignore_conflicts=True)
        known |= _known(by_key.keys() - known.keys())
    return known


def entry_of(piece: Piece, *, shelf: int, now: datetime) -> Entry:
    return Entry(
        id=piece.id,
        kind=piece.kind.value,
        object_id=piece.draft.object_id,
        shelf_id=shelf,
        title=piece.draft.title,
        audience=sorted(piece.draft.audience),
        digest=piece.digest,
        indexed_at=now,
        body=piece.draft.body,
    )


def document_of(piece: Piece, *, shelf: int) -> Document:
    title = title_tokens(piece.draft.title, piece.draft.names)
    return Document(
        id=piece.id,
        title=title,
        text=title | text_tokens(piece.draft.body),
        keys=frozenset(piece.draft.audience),
        facets=piece.values,
        shelf=shelf,
    )


def _values(kind: Kind, draft: Draft) -> Values:
    found = {
        "kind": [kind.value],
        "topic": sorted(set(draft.topics)),
        "teacher": list(dict.fromkeys(draft.teachers)),
        "year": [draft.year] if draft.year else [],
        "unit": list(dict.fromkeys(draft.units)),  # the owner first: it is what the screen says
    }
    return {facet: [_plain(value) for value in values] for facet, values in found.items()}


def _plain(text: str) -> str:
    """Without what PostgreSQL refuses: the zero character, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _known(keys: Iterable[str]) -> dict[str, int]:
    return dict(Shelf.objects.filter(key__in=list(keys)).values_list("key", "pk"))


def _hash(facts: Any) -> str:
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
