"""A search from the text that was typed to the page that is shown. Engines say what fits, the viewer's keys among their
questions; the order of the first hits, what comes near, snippets and open doors are found out here, alike for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from search.analysis.queries import Query, parse
from search.engines.base import Found
from search.engines.facets import Filters
from search.models import Entry

from .answering import Answering
from .hits import doors_of, entries_of, in_order, near, shown, untold
from .results import MOST_PAGES, PAGE_SIZE, Hit, Results, Suggestion, Value
from .shaping import Counts, clean, counted, known, shaped, withheld, without
from .viewers import Viewer, hidden_topics

__all__ = ["MOST_PAGES", "PAGE_SIZE", "Hit", "Results", "Suggestion", "Value", "find"]

WINDOW = 3 * PAGE_SIZE  # the hits that are put in order by their titles and texts
CANDIDATES = 200  # for what comes near
TEXT_LENGTH = 200  # characters of what is shown again in the box


@dataclass(frozen=True, slots=True)
class Asked:
    """One search: what every step of it wants to know. `hidden`: titles of topics that the viewer is not to learn of."""

    query: Query
    filters: Filters
    hidden: frozenset[str]
    viewer: Viewer
    now: datetime


def find(
    *, text: str, filters: Mapping[str, Sequence[str]], viewer: Viewer, page: int, now: datetime
) -> Results:
    """What the viewer finds: the page asked for, or the last one there is. No text and no filters: all that the viewer
    may find. Filters of unknown facets are ignored; a value that nothing has finds nothing."""
    chosen, hidden = known(filters), hidden_topics(viewer, now=now)
    asked = Asked(parse(text), withheld(chosen, hidden), hidden, viewer, now)
    frame = Results(
        text=clean(" ".join(text[:TEXT_LENGTH].split())),
        words=asked.query.text,
        filters=chosen,
        facets=shaped({}, chosen),
        shortened=asked.query.shortened,
    )
    if asked.query.empty and text.strip():
        return replace(frame, searchable=False)
    answering = Answering()
    page = min(max(page, 1), MOST_PAGES)
    results = _exact(asked, frame, answering, page)
    if results.total == 0 and asked.filters:
        results = replace(results, without_filters=_without_filters(asked, answering))
    if results.total == 0 and not results.without_filters and not asked.query.empty:
        results = _similar(asked, results, answering, page)
    return replace(results, fallback=answering.fallback)


def _exact(asked: Asked, frame: Results, answering: Answering, page: int) -> Results:
    found = _found(asked, answering, page)
    last = min(page, pages_of(found.total))
    if last < page and not _in_window(page):
        found = _found(asked, answering, last)
    entries = entries_of(pk for pk, _level in found.hits)
    if _in_window(last):
        on_page = in_order(found.hits, entries, asked.query)[(last - 1) * PAGE_SIZE : last * PAGE_SIZE]
    else:
        on_page = [entries[pk] for pk, _level in found.hits if pk in entries]
    return _page(asked, frame, on_page, total=found.total, facets=found.facets, page=last)


def _found(asked: Asked, answering: Answering, page: int) -> Found:
    """The window that the page lies in, or the page itself."""
    first, count = (0, WINDOW) if _in_window(page) else ((page - 1) * PAGE_SIZE, PAGE_SIZE)
    keys = asked.viewer.keys
    return answering.ask(
        lambda engine: engine.find(asked.query, keys=keys, filters=asked.filters, first=first, count=count)
    )


def _in_window(page: int) -> bool:
    return page * PAGE_SIZE <= WINDOW


def _without_filters(asked: Asked, answering: Answering) -> int:
    keys = asked.viewer.keys
    return answering.ask(
        lambda engine: engine.find(asked.query, keys=keys, filters={}, first=0, count=0)
    ).total


def _similar(asked: Asked, results: Results, answering: Answering, page: int) -> Results:
    """What comes near, if anything does; else the results as they were."""
    keys = asked.viewer.keys
    ids = answering.ask(lambda engine: engine.similar(asked.query, keys=keys, filters={}, count=CANDIDATES))
    close = near(ids, entries_of(ids), asked.query)
    fitting, facets = counted([entry.shelf for entry in close], asked.filters)
    close = [entry for entry in close if entry.shelf_id in fitting]
    if not close:
        return results
    page = min(page, pages_of(len(close)))
    on_page = close[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    found = _page(asked, results, on_page, total=len(close), facets=facets, page=page)
    return replace(found, similar=True) if found.total else results


def _page(
    asked: Asked,
    frame: Results,
    entries: Sequence[Entry],
    *,
    total: int,
    facets: Counts,
    page: int,
) -> Results:
    """The page with these entries. Where it is the only one, what is no longer open is not counted either."""
    urls = doors_of(entries, asked.viewer, now=asked.now)
    closed = [entry.shelf for entry in entries if entry.pk not in urls]
    if closed and total <= PAGE_SIZE:
        total, facets = total - len(closed), without(facets, closed)
    bare = untold((entry for entry in entries if entry.pk in urls), asked.viewer)
    return replace(
        frame,
        total=total,
        facets=shaped(facets, frame.filters, asked.hidden),
        hits=[
            shown(entry, urls[entry.pk], asked.query, asked.hidden, bare=entry.pk in bare)
            for entry in entries
            if entry.pk in urls
        ],
        page=page,
        pages=pages_of(total),
    )


def pages_of(total: int) -> int:
    return max(1, min(MOST_PAGES, -(-total // PAGE_SIZE)))
