"""A few documents, made by the analyser, for any engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from search.analysis.tokens import text_tokens, title_tokens
from search.engines.base import Document
from search.models import Kind, entry_id

EVERYBODY = "u1"


def document(
    number: int,
    title: str,
    body: str = "",
    *,
    kind: Kind = Kind.COURSE,
    keys: Iterable[str] = (EVERYBODY,),
    names: Sequence[str] = (),
    **facets: Sequence[str],
) -> Document:
    tokens = title_tokens(title, names)
    return Document(
        id=entry_id(kind, number),
        title=tokens,
        text=text_tokens(body) | tokens,
        keys=frozenset(keys),
        facets={"kind": [kind.value], **facets},
        shelf=1,
    )
