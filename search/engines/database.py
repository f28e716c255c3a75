"""The index in the site's own database: always written, and asked where no search server is configured or it is down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from search.analysis.queries import Query, Term
from search.models import Entry, IndexState

from .base import Document, Found, Level
from .facets import Counted, Spot, count, fitting, spot_id, spot_of, spot_text
from .postgresql import PostgresqlTables
from .sqlite import SqliteTables
from .tables import TITLE, Placed, Row, Tables, title_term

_TABLES: dict[str, type[Tables]] = {"sqlite": SqliteTables, "postgresql": PostgresqlTables}
_SPOTS_REMEMBERED = 30_000
_FEW = 1_000  # hits that are read at once, and counted and sieved here
_WINDOW = 64  # rows looked through at once for those that the viewer may find
_WIDER = 8  # times as many in the next window
_LOOKED_AT = _WINDOW * (1 + _WIDER)  # hits that are judged one by one, in two windows
_SPARSE = 8  # hits to one that the viewer may find and the filters fit

# An id means the same spot for ever (facets.spot_id), in every database: nothing in here can become wrong.
_spots: dict[int, Spot] = {}


class DatabaseEngine:
    """Errors of the database are raised as they are; no query makes one."""

    def __init__(self) -> None:
        self.tables: Tables = _TABLES[connection.vendor]()
        self.name = self.tables.name

    def find(
        self,
        query: Query,
        *,
        keys: frozenset[str] | None,
        filters: Mapping[str, Sequence[str]],
        first: int,
        count: int,
    ) -> Found:
        with connection.cursor() as cursor:
            rows = self.tables.rows(cursor, query.words, count=_FEW)
            few = len(rows) < _FEW
            groups = (
                list(Counter(spot for _, spot in rows).items())
                if few
                else self.tables.groups(cursor, query.words)
            )
            found = _counted(cursor, groups, keys=keys, filters=filters)
            if first >= found.total or count < 1:
                return Found(total=found.total, facets=found.facets)
            wanted = min(first + count, found.total)
            seen = sum(many for _, many in groups)
            # Hits that are not wanted are passed over here, or where they are most of all, by the database.
            spots = found.spots if seen > _SPARSE * found.total and not few else None
            size = max(_WINDOW, wanted if spots else wanted * seen // found.total)
            hits: dict[int, Level] = {}
            for level, terms in _ladder(query):
                if len(hits) == wanted:
                    break
                known = few and terms == query.words
                for number, spot in rows if known else self._windows(cursor, terms, size=size, spots=spots):
                    if spot in found.spots and number not in hits:
                        hits[number] = level
                        if len(hits) == wanted:
                            break
        return Found(found.total, list(hits.items())[first:], found.facets)

    def titles(self, query: Query, *, keys: frozenset[str] | None, count: int) -> list[tuple[int, Level]]:
        hits: dict[int, Level] = {}
        with connection.cursor() as cursor:
            for level, terms in _ladder(query):
                if level > Level.TITLE_WORDS or query.empty:
                    break
                for number in self._open_to(cursor, terms, keys):
                    if len(hits) == count:
                        break
                    hits.setdefault(number, level)
        return list(hits.items())

    def similar(
        self, query: Query, *, keys: frozenset[str] | None, filters: Mapping[str, Sequence[str]], count: int
    ) -> list[int]:
        terms = [each for term in query.loose for each in (term, title_term(term))]
        if not terms:
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM search_spot")
            numbers = [number for (number,) in cursor.fetchall()]
            known = _known(cursor, numbers)
            spots = {number: known[number] for number in numbers if number in known}
            chosen = fitting(spots, keys=keys, filters=filters)
            return self.tables.points(cursor, terms, spots=chosen, count=count) if chosen else []

    def put(self, documents: Sequence[Document]) -> None:
        texts = {document.id: spot_text(document.facets, document.keys) for document in documents}
        spots = {text: spot_id(text) for text in sorted(set(texts.values()))}
        placed = {
            document.id: Placed(document.id, spots[texts[document.id]], _tokens(document))
            for document in documents
        }
        if not placed:
            return
        with _writing() as cursor:
            cursor.executemany(
                "INSERT INTO search_spot (id, facets) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                sorted((number, text) for text, number in spots.items()),
            )
            self.tables.put(cursor, [placed[number] for number in sorted(placed)])

    def drop(self, ids: Sequence[int]) -> None:
        if ids:
            with _writing() as cursor:
                self.tables.drop(cursor, sorted(ids))

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM search_place")
            return int(cursor.fetchone()[0])

    def ids(self, *, after: int = 0, count: int) -> list[int]:
        """What it holds, by ascending id: for comparing with the entries. What nobody could find is left out."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT place.id FROM search_place AS place JOIN search_spot AS spot ON spot.id = place.spot"
                " WHERE place.id > %s ORDER BY place.id LIMIT %s",
                [after, count],
            )
            return [number for (number,) in cursor.fetchall()]

    def tidy(self) -> None:
        """After a rebuild or much change, by who holds the indexer's lease: drops spots without entries, and makes one
        piece of what was added bit by bit. In many small transactions, so outside of any."""
        with connection.cursor() as cursor:
            self.tables.tidy(cursor)

    def _open_to(self, cursor: Any, terms: Sequence[Term], keys: frozenset[str] | None) -> Iterator[int]:
        """The hits of a level that the viewer may find. Where few of the first are, the others' spots are judged at once."""
        number = seen = 0
        for number, spot in islice(self._windows(cursor, terms), _LOOKED_AT):
            seen += 1
            if _open(cursor, spot, keys):
                yield number
        if seen < _LOOKED_AT:
            return
        groups = [spot for spot, _ in self.tables.groups(cursor, terms)]
        known = _known(cursor, groups)
        spots = fitting({spot: known[spot] for spot in groups if spot in known}, keys=keys)
        if spots:
            yield from (number for number, _ in self._windows(cursor, terms, spots=spots, below=number))

    def _windows(
        self,
        cursor: Any,
        terms: Sequence[Term],
        *,
        size: int = _WINDOW,
        spots: Collection[int] | None = None,
        below: int | None = None,
    ) -> Iterator[Row]:
        """All hits of a level by descending id, a window at a time."""
        while True:
            rows = self.tables.rows(cursor, terms, count=size, spots=spots, below=below)
            yield from rows
            if len(rows) < size:
                return
            size, below = size * _WIDER, rows[-1][0]


def make_index_after_migrating(sender: Any, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """After `migrate`, and after a test has emptied all tables. Where the index begins anew and there are entries, they
    are told that nothing of them is indexed, and the state that nothing was compared: a worker soon puts them."""
    changed = connections[using]
    if using != DEFAULT_DB_ALIAS or Entry._meta.db_table not in changed.introspection.table_names():
        return
    tables = _TABLES[changed.vendor]()
    with transaction.atomic(using=using), changed.cursor() as cursor:
        new = tables.make(cursor)
        if not Entry.objects.using(using).exists():
            tables.clear(cursor)
        elif new:
            Entry.objects.using(using).update(digest="")
            IndexState.objects.using(using).update(swept_at=None)


@contextmanager
def _writing() -> Iterator[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        yield cursor


def _ladder(query: Query) -> list[tuple[Level, tuple[Term, ...]]]:
    """What is asked for each level, the best first; a level that asks nothing new is left out. Every one of them holds the
    condition of being a hit."""
    if query.empty:
        return [(Level.TEXT_WORDS, ())]
    title_words = tuple(map(title_term, query.words))
    steps = [
        (Level.TITLE, tuple(map(title_term, query.whole))),
        (Level.TITLE_WORDS, title_words),
        (Level.TEXT, query.whole),
        (Level.TEXT_WORDS, query.words),
    ]
    if query.exact:
        steps.insert(0, (Level.EXACT, (Term(TITLE + query.exact), *title_words)))
    asked: dict[tuple[Term, ...], Level] = {}
    for level, terms in steps:
        asked.setdefault(terms, level)
    return [(level, terms) for terms, level in asked.items()]


def _tokens(document: Document) -> frozenset[str]:
    return document.text | document.title | {TITLE + token for token in document.title}


def _counted(cursor: Any, groups: list[tuple[int, int]], **asked: Any) -> Counted:
    return count(groups, _known(cursor, [spot for spot, _ in groups]), **asked)


def _open(cursor: Any, spot: int, keys: frozenset[str] | None) -> bool:
    found = _known(cursor, [spot]).get(spot)
    return found is not None and found.open_to(keys)


def _known(cursor: Any, wanted: Collection[int]) -> Mapping[int, Spot]:
    """At least the spots of these ids, each read once in a process. When they become too many, all are forgotten, but by
    nobody who still reads them."""
    global _spots  # noqa: PLW0603
    known = _spots
    unknown = [number for number in wanted if number not in known]
    if len(known) + len(unknown) > _SPOTS_REMEMBERED and known:
        known = _spots = {}
        unknown = list(wanted)
    for some in _parts(unknown):
        places = ", ".join(["%s"] * len(some))
        cursor.execute(f"SELECT id, facets FROM search_spot WHERE id IN ({places})", some)  # noqa: S608
        known.update((number, spot_of(text)) for number, text in cursor.fetchall())
    return known


def _parts(numbers: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))
