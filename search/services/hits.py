"""From the ids that an engine found to what is shown of them: rows, open doors, marked titles and snippets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.utils.safestring import SafeString, mark_safe

from search.analysis.highlighting import marked, snippet
from search.analysis.queries import Query
from search.analysis.ranking import Row, ranked
from search.analysis.similarity import closest
from search.engines.base import Level
from search.models import ORDER, Entry, Kind
from search.sources.courses import lessons_to_come
from search.sources.registry import sources

from .results import Hit
from .viewers import Viewer

UNREAD = ("audience", "digest", "indexed_at")


def entries_of(ids: Iterable[int], *, bodies: bool = True) -> dict[int, Entry]:
    """The entries by id with their shelves; what the table no longer has is left out."""
    unread = UNREAD if bodies else (*UNREAD, "body")
    found = Entry.objects.select_related("shelf").defer(*unread).filter(pk__in=list(ids))
    return {entry.pk: entry for entry in found}


def in_order(found: Iterable[tuple[int, Level]], entries: Mapping[int, Entry], query: Query) -> list[Entry]:
    """Those of the first hits that the table has, the best first."""
    rows = [row_of(entries[pk], level) for pk, level in found if pk in entries]
    return [entries[pk] for pk in ranked(query, rows)]


def near(ids: Iterable[int], entries: Mapping[int, Entry], query: Query) -> list[Entry]:
    """Those of the candidates that come near, the nearest first."""
    rows = [row_of(entries[pk], Level.TEXT_WORDS) for pk in ids if pk in entries]
    return [entries[pk] for pk in closest(query, rows)]


def row_of(entry: Entry, level: Level) -> Row:
    body = "" if "body" in entry.get_deferred_fields() else entry.body
    return Row(entry.pk, int(level), ORDER[Kind(entry.kind)], entry.title, body)


def doors_of(entries: Iterable[Entry], viewer: Viewer, *, now: datetime) -> dict[int, str]:
    """By entry id the address of each that the viewer may open at this moment; the index may be a worker's delay old."""
    asked: dict[Kind, list[int]] = defaultdict(list)
    pks: dict[tuple[Kind, int], int] = {}
    for entry in entries:
        kind = Kind(entry.kind)
        asked[kind].append(entry.object_id)
        pks[kind, entry.object_id] = entry.pk
    by_kind = sources()
    return {
        pks[kind, object_id]: url
        for kind, ids in asked.items()
        for object_id, url in by_kind[kind].doors(viewer.user, ids, now=now).items()
    }


def untold(entries: Iterable[Entry], viewer: Viewer) -> set[int]:
    """Ids of the entries whose pages would tell the viewer nothing but the title yet."""
    lessons = {entry.object_id: entry.pk for entry in entries if entry.kind == Kind.LESSON}
    return {lessons[pk] for pk in lessons_to_come(viewer.user, lessons)}


def shown(entry: Entry, url: str, query: Query, hidden: Collection[str] = (), *, bare: bool = False) -> Hit:
    """`hidden`: topics that are not named. `bare`: nothing is shown of the text."""
    values = dict(entry.shelf.values)
    values["topic"] = [title for title in values.get("topic", ()) if title not in hidden]
    return Hit(
        kind=Kind(entry.kind),
        id=str(entry.object_id),
        title=entry.title,
        url=url,
        title_html=html(marked(entry.title, query)),
        snippet=html("" if bare else snippet(beside(entry), query)),
        **{facet: "、".join(values.get(facet, ())) for facet in ("teacher", "topic", "year")},
        unit=next(iter(values.get("unit", ())), ""),
    )


def beside(entry: Entry) -> str:
    """What the body says besides the title: a question's begins with it."""
    return entry.body.removeprefix(entry.title).lstrip()


def html(escaped: str) -> SafeString:
    return mark_safe(escaped)  # analysis.highlighting escapes all but its own <mark>
