"""What the search box offers while somebody types: things whose titles fit, as far as the person may open them."""

from __future__ import annotations

from datetime import datetime

from search.analysis.highlighting import marked
from search.analysis.queries import parse
from search.models import Kind

from .answering import Answering
from .hits import doors_of, entries_of, html, in_order
from .results import Suggestion
from .viewers import Viewer

__all__ = ["MOST", "Suggestion", "suggest"]

MOST = 8
LOOKED_AT = 24  # put in order by their titles
SPARE = 4  # for doors that have closed since the index learnt of them


def suggest(*, text: str, viewer: Viewer, now: datetime) -> list[Suggestion]:
    """At most MOST, the best first."""
    query = parse(text)
    if query.empty:
        return []
    found = Answering().ask(lambda engine: engine.titles(query, keys=viewer.keys, count=LOOKED_AT))
    entries = entries_of((pk for pk, _level in found), bodies=False)
    first = in_order(found, entries, query)[: MOST + SPARE]
    urls = doors_of(first, viewer, now=now)
    return [
        Suggestion(Kind(entry.kind), entry.title, html(marked(entry.title, query)), urls[entry.pk])
        for entry in first
        if entry.pk in urls
    ][:MOST]
