"""The SQL of saving, once per database; no rule stands here.

PostgreSQL takes a whole batch as an array a column, SQLite a prepared statement a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from learning.lane.conversation import Rows, Statement
from learning.lane.values import arrays, read_sqlite_instant, sqlite_instant, unnest


class Key(NamedTuple):
    """What to look up for one op: its slot, its id if it is an answer, and once a request its client."""

    attempt_id: int
    slot: int | None
    op_id: str | None
    client: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to write: columns in order with PostgreSQL's types, and what happens to a row that is there already."""

    name: str
    columns: dict[str, str]
    after: str


ATTEMPT = (
    "id, state, started_at, deadline_at, accept_until, clock_rev, paused_at, lease_client, "
    "away_ms, other_ms, away_count"
)
ITEM = {
    "slot": "int",
    "answer": "jsonb",
    "answer_rev": "int",
    "first_view_at": "timestamptz",
    "first_answer_at": "timestamptz",
    "last_answer_at": "timestamptz",
    "active_ms": "bigint",
    "first_answer_active_ms": "bigint",
    "visits": "int",
    "changes": "int",
    "flagged": "bool",
    "last_client": "text",
    "last_seq": "bigint",
}
ITEMS = Table(
    "exams_attemptitem",
    {"attempt_id": "bigint", **ITEM},
    "ON CONFLICT (attempt_id, slot) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ITEM if name != "slot"),
)
EVENTS = Table(
    "exams_answerevent",
    {
        "attempt_id": "bigint",
        "slot": "int",
        "op_id": "text",
        "client": "text",
        "seq": "bigint",
        "payload": "jsonb",
        "recv_at": "timestamptz",
        "verdict": "text",
    },
    "ON CONFLICT DO NOTHING",
)
CLIENTS = Table(
    "exams_attemptclient",
    {"attempt_id": "bigint", "client": "text", "first_seen_at": "timestamptz", "fingerprint": "text"},
    "ON CONFLICT DO NOTHING",
)
NOTES = Table(
    "exams_attemptevent",
    {"attempt_id": "bigint", "type": "text", "at": "timestamptz", "data": "jsonb", "fingerprint": "text"},
    "",
)
PRESENCE = Table(
    "exams_attemptpresence",
    {"attempt_id": "bigint", "last_seen_at": "timestamptz"},
    "ON CONFLICT (attempt_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
)
TALLY = {
    "id": "bigint",
    "lease_client": "text",
    "away_ms": "bigint",
    "other_ms": "bigint",
    "away_count": "int",
}


class Dialect(Protocol):
    """Keys and rows in, a statement out; None where there is nothing to write. JSON columns take and give text."""

    def instant(self, at: datetime) -> Any: ...
    def read_instant(self, found: Any) -> datetime: ...
    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement:
        """Locks the attempts in the order of their ids; rows of ATTEMPT and, of those unread, the paper."""
        ...

    def stored(self, keys: Sequence[Key]) -> Statement:
        """A row a key: attempt, whether the client is known, the op's id if it is known, the slot's ITEM."""
        ...

    def put(self, table: Table, rows: Rows) -> Statement | None: ...
    def put_tallies(self, rows: Rows) -> Statement | None: ...


def _insert(table: Table) -> str:
    names = ", ".join(table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {unnest(table.columns, alias='t')} {table.after}"  # noqa: S608 — our own tables


class PostgresqlDialect:
    _attempts = (
        f"SELECT {ATTEMPT}, CASE WHEN id = ANY(%s::bigint[]) THEN paper::text END FROM exams_attempt "  # noqa: S608
        "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
    )
    # A statement of its own: its snapshot is taken when the locks are held, so it sees what their holders wrote.
    # LATERAL with OFFSET and the LIMITs leave the planner one way, by key; a join of a table that its statistics
    # call empty was planned as a scan of the whole index for every batch.
    _stored = (
        "SELECT k.a, (SELECT true FROM exams_attemptclient c "  # noqa: S608
        "WHERE c.attempt_id = k.a AND c.client = k.c LIMIT 1), "
        "(SELECT e.op_id FROM exams_answerevent e WHERE e.attempt_id = k.a AND e.op_id = k.o LIMIT 1), i.* "
        f"FROM {unnest({'a': 'bigint', 's': 'int', 'o': 'text', 'c': 'text'}, alias='k')} "
        f"LEFT JOIN LATERAL (SELECT {', '.join('answer::text' if n == 'answer' else n for n in ITEM)} "
        "FROM exams_attemptitem WHERE attempt_id = k.a AND slot = k.s OFFSET 0) i ON true"
    )
    _put_tallies = (
        "UPDATE exams_attempt a SET lease_client = t.lease_client, away_ms = t.away_ms, "  # noqa: S608
        f"other_ms = t.other_ms, away_count = t.away_count FROM {unnest(TALLY, alias='t')} "
        "WHERE a.id = t.id AND a.id = ANY(%s::bigint[])"
    )
    _puts = {table.name: _insert(table) for table in (ITEMS, EVENTS, CLIENTS, NOTES, PRESENCE)}

    def instant(self, at: datetime) -> datetime:
        """Left to the writer of arrays."""
        return at

    def read_instant(self, found: datetime) -> datetime:
        return found

    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement:
        return Statement(self._attempts, (list(unread), list(ids)), reads=True)

    def stored(self, keys: Sequence[Key]) -> Statement:
        return Statement(self._stored, arrays(zip(*keys, strict=True)), reads=True)

    def put(self, table: Table, rows: Rows) -> Statement | None:
        return Statement(self._puts[table.name], arrays(zip(*rows, strict=True))) if rows else None

    def put_tallies(self, rows: Rows) -> Statement | None:
        return (
            Statement(self._put_tallies, [*arrays(zip(*rows, strict=True)), [row[0] for row in rows]])
            if rows
            else None
        )


class SqliteDialect:
    """The transaction is IMMEDIATE: nobody else writes, so no row needs a lock."""

    _attempts = f"SELECT {ATTEMPT}, CASE WHEN %s THEN paper END FROM exams_attempt WHERE id = %s"  # noqa: S608
    _stored = (
        "SELECT k.a, (SELECT 1 FROM exams_attemptclient c WHERE c.attempt_id = k.a AND c.client = %s), "  # noqa: S608
        "(SELECT e.op_id FROM exams_answerevent e WHERE e.attempt_id = k.a AND e.op_id = %s), "
        + ", ".join(f"i.{name}" for name in ITEM)
        + " FROM (SELECT %s AS a) k LEFT JOIN exams_attemptitem i ON i.attempt_id = k.a AND i.slot = %s"
    )
    _put_tallies = "UPDATE exams_attempt SET lease_client = %s, away_ms = %s, other_ms = %s, away_count = %s WHERE id = %s"
    _puts = {
        table.name: f"INSERT INTO {table.name} ({', '.join(table.columns)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(table.columns))}) {table.after}"
        for table in (ITEMS, EVENTS, CLIENTS, NOTES, PRESENCE)
    }

    def instant(self, at: datetime) -> str:
        return sqlite_instant(at)

    def read_instant(self, found: str | datetime) -> datetime:
        return read_sqlite_instant(found)

    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement:
        wanted = frozenset(unread)
        return Statement(self._attempts, [(each in wanted, each) for each in ids], reads=True, each=True)

    def stored(self, keys: Sequence[Key]) -> Statement:
        rows = [(key.client, key.op_id, key.attempt_id, key.slot) for key in keys]
        return Statement(self._stored, rows, reads=True, each=True)

    def put(self, table: Table, rows: Rows) -> Statement | None:
        return Statement(self._puts[table.name], rows, each=True) if rows else None

    def put_tallies(self, rows: Rows) -> Statement | None:
        return Statement(self._put_tallies, [(*row[1:], row[0]) for row in rows], each=True) if rows else None
