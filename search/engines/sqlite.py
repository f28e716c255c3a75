"""The index as an FTS5 table. A token is what stands between blanks; no places are kept (detail=none), as nobody asks for
them. Written by `put` and `drop`: a trigger would be gone with the next migration that makes the entries' table anew."""
# ruff: noqa: S608 — what is put together here are words of this file; everything else is a parameter

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from search.analysis.queries import Term

from .tables import Placed, Row

# All of ASCII that is neither letter, digit nor blank belongs to tokens too: whatever a token is, it stays one.
_SIGNS = "".join(
    chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum() and chr(code) not in "\"'"
)
_TOKENS = (
    "CREATE VIRTUAL TABLE search_tokens USING fts5("
    f"""tokens, detail=none, columnsize=0, prefix='1', tokenize="ascii tokenchars '{_SIGNS}'")"""
)
_PLACE = "CREATE TABLE IF NOT EXISTS search_place (id INTEGER PRIMARY KEY, spot INTEGER NOT NULL)"
_PLACE_INDEX = "CREATE INDEX IF NOT EXISTS search_place_spot ON search_place (spot)"
_SPOT = "CREATE TABLE IF NOT EXISTS search_spot (id INTEGER PRIMARY KEY, facets TEXT NOT NULL)"
_PENDING_BYTES = 16 * 2**20  # of tokens gathered in memory before a piece of index is written
_MERGED_PAGES = 500  # at once, of 4 kB
_DONE = 2  # changes of a merge that found nothing left to do are fewer (FTS5's manual)


class SqliteTables:
    name = "sqlite"

    def make(self, cursor: Any) -> bool:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'search_tokens'")
        found = cursor.fetchone()
        for statement in (_PLACE, _PLACE_INDEX, _SPOT):
            cursor.execute(statement)
        if found and found[0] == _TOKENS:
            return False
        cursor.execute("DROP TABLE IF EXISTS search_tokens")
        cursor.execute(_TOKENS)
        cursor.execute(
            "INSERT INTO search_tokens (search_tokens, rank) VALUES ('hashsize', %s)", [_PENDING_BYTES]
        )
        cursor.execute("DELETE FROM search_place")
        return True

    def put(self, cursor: Any, placed: Sequence[Placed]) -> None:
        self.drop(cursor, [each.id for each in placed])
        cursor.executemany(
            "INSERT INTO search_tokens (rowid, tokens) VALUES (%s, %s)",
            [(each.id, " ".join(sorted(each.tokens))) for each in placed],
        )
        cursor.executemany(
            "INSERT INTO search_place (id, spot) VALUES (%s, %s)", [(each.id, each.spot) for each in placed]
        )

    def drop(self, cursor: Any, ids: Sequence[int]) -> None:
        for table, column in (("search_tokens", "rowid"), ("search_place", "id")):
            cursor.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(%s))", [json.dumps(ids)]
            )

    def clear(self, cursor: Any) -> None:
        for table in ("search_tokens", "search_place", "search_spot"):
            cursor.execute(f"DELETE FROM {table}")

    def groups(self, cursor: Any, terms: Sequence[Term]) -> list[tuple[int, int]]:
        if not terms:
            cursor.execute("SELECT spot, COUNT(*) FROM search_place GROUP BY spot")
            return list(cursor.fetchall())
        # Grouped here: twice as quick as GROUP BY, which sorts all hits.
        cursor.execute(
            "SELECT place.spot FROM search_tokens CROSS JOIN search_place AS place"
            " ON place.id = search_tokens.rowid WHERE search_tokens MATCH %s",
            [_match(terms)],
        )
        return list(Counter(spot for (spot,) in cursor.fetchall()).items())

    def rows(
        self,
        cursor: Any,
        terms: Sequence[Term],
        *,
        count: int,
        spots: Collection[int] | None = None,
        below: int | None = None,
    ) -> list[Row]:
        conditions: list[str] = []
        values: list[Any] = []
        if terms:
            tables = "search_tokens CROSS JOIN search_place AS place ON place.id = search_tokens.rowid"
            number = "search_tokens.rowid"
            conditions.append("search_tokens MATCH %s")
            values.append(_match(terms))
        else:
            tables, number = "search_place AS place", "place.id"
        if spots is not None:
            conditions.append("+place.spot IN (SELECT value FROM json_each(%s))")
            values.append(json.dumps(list(spots)))
        if below is not None:
            conditions.append(f"{number} < %s")
            values.append(below)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        cursor.execute(
            f"SELECT {number}, place.spot FROM {tables} {where} ORDER BY {number} DESC LIMIT %s",
            [*values, count],
        )
        return list(cursor.fetchall())

    def points(self, cursor: Any, terms: Sequence[Term], *, spots: Collection[int], count: int) -> list[int]:
        each = " UNION ALL ".join(
            ["SELECT rowid AS id FROM search_tokens WHERE search_tokens MATCH %s"] * len(terms)
        )
        cursor.execute(
            f"SELECT shared.id FROM (SELECT id, COUNT(*) AS points FROM ({each}) GROUP BY id) AS shared"
            " CROSS JOIN search_place AS place ON place.id = shared.id"
            " WHERE +place.spot IN (SELECT value FROM json_each(%s))"
            " ORDER BY shared.points DESC, shared.id DESC LIMIT %s",
            [*(_match([term]) for term in terms), json.dumps(list(spots)), count],
        )
        return [number for (number,) in cursor.fetchall()]

    def tidy(self, cursor: Any) -> None:
        """All pieces of the index become one, a bit at a time: 'optimize' would hold the one lock there is on writing for
        half a minute, and a member's answer would wait for it."""
        pages, changes = -_MERGED_PAGES, 0  # a negative number: also what would not be merged of itself
        while True:
            cursor.execute("INSERT INTO search_tokens (search_tokens, rank) VALUES ('merge', %s)", [pages])
            cursor.execute("SELECT total_changes()")
            before, changes = changes, cursor.fetchone()[0]
            if pages > 0 and changes - before < _DONE:
                break
            pages = _MERGED_PAGES
        cursor.execute("DELETE FROM search_spot WHERE id NOT IN (SELECT spot FROM search_place)")


def _match(terms: Sequence[Term]) -> str:
    return " AND ".join(_quoted(term.text) + ("*" if term.prefix else "") for term in terms)


def _quoted(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'
