"""The index as a tsvector without places in a table of its own, with GIN. The table is kept narrow: the tokens stand
outside of its rows, so that counting 20,000 hits reads hundreds of pages and not as many as there are hits.

The planner never learns how frequent tokens are (SET STATISTICS 0): the default guess makes it take the GIN index, where
a better one would now and then make it read and unpack the tokens of every row. For the same reason rows are sorted by
`-id`: the order of the primary key is no temptation."""
# ruff: noqa: S608 — what is put together here are words of this file; everything else is a parameter

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from search.analysis.queries import Term

from .tables import Placed, Row

_MADE = (
    "CREATE TABLE search_place (id bigint PRIMARY KEY, spot bigint NOT NULL, tokens tsvector NOT NULL)"
    " WITH (toast_tuple_target = 128)",
    "ALTER TABLE search_place ALTER COLUMN tokens SET STATISTICS 0",
    "CREATE INDEX search_place_tokens ON search_place USING gin (tokens) WITH (gin_pending_list_limit = 256)",
    "CREATE TABLE IF NOT EXISTS search_spot (id bigint PRIMARY KEY, facets text NOT NULL)",
)
_FORM = "1"  # kept as the table's comment; another one makes it anew


class PostgresqlTables:
    name = "postgresql"

    def make(self, cursor: Any) -> bool:
        cursor.execute("SELECT obj_description(to_regclass('search_place'), 'pg_class')")
        if cursor.fetchone()[0] == _FORM:
            return False
        cursor.execute("DROP TABLE IF EXISTS search_place")
        for statement in _MADE:
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON TABLE search_place IS '{_FORM}'")
        return True

    def put(self, cursor: Any, placed: Sequence[Placed]) -> None:
        cursor.executemany(
            "INSERT INTO search_place (id, spot, tokens) VALUES (%s, %s, array_to_tsvector(%s::text[]))"
            " ON CONFLICT (id) DO UPDATE SET spot = EXCLUDED.spot, tokens = EXCLUDED.tokens",
            [(each.id, each.spot, sorted(each.tokens)) for each in placed],
        )

    def drop(self, cursor: Any, ids: Sequence[int]) -> None:
        cursor.execute("DELETE FROM search_place WHERE id = ANY(%s)", [list(ids)])

    def clear(self, cursor: Any) -> None:
        for table in ("search_place", "search_spot"):
            cursor.execute(f"DELETE FROM {table}")

    def groups(self, cursor: Any, terms: Sequence[Term]) -> list[tuple[int, int]]:
        where, values = ("WHERE tokens @@ %s::tsquery", [_match(terms)]) if terms else ("", [])
        cursor.execute(f"SELECT spot, COUNT(*) FROM search_place {where} GROUP BY spot", values)
        return list(cursor.fetchall())

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
            conditions.append("tokens @@ %s::tsquery")
            values.append(_match(terms))
        if spots is not None:
            conditions.append("spot = ANY(%s)")
            values.append(list(spots))
        if below is not None:
            conditions.append("id < %s")
            values.append(below)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        order = "-id" if terms else "id DESC"
        cursor.execute(
            f"SELECT id, spot FROM search_place {where} ORDER BY {order} LIMIT %s", [*values, count]
        )
        return list(cursor.fetchall())

    def points(self, cursor: Any, terms: Sequence[Term], *, spots: Collection[int], count: int) -> list[int]:
        # A join, not a UNION of many SELECTs, each of which the planner would think about for a millisecond.
        cursor.execute(
            "SELECT place.id FROM unnest(%s::tsquery[]) AS term JOIN search_place AS place ON place.tokens @@ term"
            " WHERE place.spot = ANY(%s) GROUP BY place.id ORDER BY COUNT(*) DESC, place.id DESC LIMIT %s",
            [[_match([term]) for term in terms], list(spots), count],
        )
        return [number for (number,) in cursor.fetchall()]

    def tidy(self, cursor: Any) -> None:
        cursor.execute("SELECT gin_clean_pending_list('search_place_tokens')")
        cursor.execute(
            # NOT IN would look through all places for every spot where they do not fit into work_mem.
            "DELETE FROM search_spot WHERE NOT EXISTS"
            " (SELECT 1 FROM search_place WHERE search_place.spot = search_spot.id)"
        )


def _match(terms: Sequence[Term]) -> str:
    return " & ".join(_quoted(term.text) + (":*" if term.prefix else "") for term in terms)


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
