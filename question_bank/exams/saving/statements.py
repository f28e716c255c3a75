"""The SQL of saving, once per database. PostgreSQL takes arrays, SQLite one JSON text a statement; nothing else differs,
and no rule stands here. Parameters are written %s; `sqlite3` itself wants `?`: see `Statement.qmark`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Statement:
    """`reads`: whether its rows are wanted."""

    sql: str
    parameters: tuple[Any, ...]
    reads: bool = False

    @property
    def qmark(self) -> str:
        return self.sql.replace("%s", "?")


class Dialect(Protocol):
    """Pairs and rows in, a statement out; None where there is nothing to write."""

    def instant(self, at: datetime) -> Any: ...
    def read_instant(self, found: Any) -> datetime: ...
    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement: ...
    def items(self, keys: Sequence[tuple[int, int]]) -> Statement: ...
    def events(self, keys: Sequence[tuple[int, str]]) -> Statement: ...
    def clients(self, keys: Sequence[tuple[int, str]]) -> Statement: ...
    def put_items(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...
    def put_events(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...
    def put_clients(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...
    def put_tallies(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...
    def put_notes(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...
    def put_presence(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None: ...


ATTEMPT = "id, state, started_at, deadline_at, accept_until, clock_rev, paused_at, lease_client, away_ms, other_ms, away_count"
ITEM = (
    "slot", "answer", "answer_rev", "first_view_at", "first_answer_at", "last_answer_at", "active_ms",
    "first_answer_active_ms", "visits", "changes", "flagged", "last_client", "last_seq",
)  # fmt: skip
ITEM_TYPES = (
    "int", "text", "int", "timestamptz", "timestamptz", "timestamptz", "bigint", "bigint", "int", "int", "bool", "text",
    "bigint",
)  # fmt: skip
KEEP = ", ".join(f"{name} = excluded.{name}" for name in ITEM[1:])


def _insert(
    table: str, columns: Sequence[str], types: Sequence[str], values: Sequence[str], after: str
) -> str:
    """PostgreSQL: one array a column."""
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    names = ", ".join(columns)
    # Rows go in in the order of the arrays: every writer locks in the same order.
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM unnest({arrays}) AS t({names}) {after}"  # noqa: S608


class PostgresqlDialect:
    _attempts = (
        f"SELECT {ATTEMPT}, CASE WHEN id = ANY(%s::bigint[]) THEN paper::text END FROM exams_attempt "  # noqa: S608
        "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
    )
    _items = (
        "SELECT i.attempt_id, i.slot, i.answer::text, "  # noqa: S608
        + ", ".join(f"i.{name}" for name in ITEM[2:])
        + " FROM unnest(%s::bigint[], %s::int[]) AS k(a, s) JOIN exams_attemptitem i ON i.attempt_id = k.a AND i.slot = k.s"
    )
    _events = (
        "SELECT e.attempt_id, e.op_id FROM unnest(%s::bigint[], %s::text[]) AS k(a, o) "
        "JOIN exams_answerevent e ON e.attempt_id = k.a AND e.op_id = k.o"
    )
    _clients = (
        "SELECT c.attempt_id FROM unnest(%s::bigint[], %s::text[]) AS k(a, c) "
        "JOIN exams_attemptclient c ON c.attempt_id = k.a AND c.client = k.c"
    )
    _put_items = _insert(
        "exams_attemptitem",
        ("attempt_id", *ITEM),
        ("bigint", *ITEM_TYPES),
        ("attempt_id", *(f"{name}::jsonb" if name == "answer" else name for name in ITEM)),
        f"ON CONFLICT (attempt_id, slot) DO UPDATE SET {KEEP}",
    )
    _put_events = _insert(
        "exams_answerevent",
        ("attempt_id", "slot", "op_id", "client", "seq", "payload", "recv_at", "verdict"),
        ("bigint", "int", "text", "text", "bigint", "text", "timestamptz", "text"),
        ("attempt_id", "slot", "op_id", "client", "seq", "payload::jsonb", "recv_at", "verdict"),
        "ON CONFLICT DO NOTHING",
    )
    _put_clients = _insert(
        "exams_attemptclient",
        ("attempt_id", "client", "first_seen_at", "fingerprint"),
        ("bigint", "text", "timestamptz", "text"),
        ("attempt_id", "client", "first_seen_at", "fingerprint"),
        "ON CONFLICT DO NOTHING",
    )
    _put_tallies = (
        "UPDATE exams_attempt a SET lease_client = t.lease, away_ms = t.away, other_ms = t.other, away_count = t.n "
        "FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::int[]) AS t(id, lease, away, other, n) "
        "WHERE a.id = t.id"
    )
    _put_notes = _insert(
        "exams_attemptevent",
        ("attempt_id", "type", "at", "data", "fingerprint"),
        ("bigint", "text", "timestamptz", "text", "text"),
        ("attempt_id", "type", "at", "data::jsonb", "fingerprint"),
        "",
    )
    _put_presence = _insert(
        "exams_attemptpresence",
        ("attempt_id", "last_seen_at"),
        ("bigint", "timestamptz"),
        ("attempt_id", "last_seen_at"),
        "ON CONFLICT (attempt_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    )

    def instant(self, at: datetime) -> datetime:
        return at

    def read_instant(self, found: datetime) -> datetime:
        return found

    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement:
        return Statement(self._attempts, (list(unread), list(ids)), reads=True)

    def items(self, keys: Sequence[tuple[int, int]]) -> Statement:
        return Statement(self._items, _columns(keys, 2), reads=True)

    def events(self, keys: Sequence[tuple[int, str]]) -> Statement:
        return Statement(self._events, _columns(keys, 2), reads=True)

    def clients(self, keys: Sequence[tuple[int, str]]) -> Statement:
        return Statement(self._clients, _columns(keys, 2), reads=True)

    def put_items(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_items, rows)

    def put_events(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_events, rows)

    def put_clients(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_clients, rows)

    def put_tallies(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_tallies, rows)

    def put_notes(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_notes, rows)

    def put_presence(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _arrays(self._put_presence, rows)


def _columns(rows: Sequence[Sequence[Any]], width: int) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*rows, strict=True))) if rows else tuple([] for _ in range(width))


def _arrays(sql: str, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
    return Statement(sql, _columns(rows, 0)) if rows else None


def _each(table: str, columns: Sequence[str], after: str) -> str:
    """SQLite: one JSON array of rows. `WHERE true` keeps the parser from reading ON CONFLICT as a join."""
    values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM json_each(%s) WHERE true {after}"  # noqa: S608


def _joined(select: str, table: str, first: str, second: str) -> str:
    # CROSS JOIN keeps SQLite's planner from scanning the table first.
    return (
        f"SELECT {select} FROM json_each(%s) k CROSS JOIN {table} t "  # noqa: S608
        f"ON t.{first} = json_extract(k.value, '$[0]') AND t.{second} = json_extract(k.value, '$[1]')"
    )


class SqliteDialect:
    _attempts = (
        f"SELECT {ATTEMPT}, CASE WHEN id IN (SELECT value FROM json_each(%s)) THEN paper END FROM exams_attempt "  # noqa: S608
        "WHERE id IN (SELECT value FROM json_each(%s)) ORDER BY id"
    )
    _items = _joined(
        "t.attempt_id, " + ", ".join(f"t.{name}" for name in ITEM), "exams_attemptitem", "attempt_id", "slot"
    )
    _events = _joined("t.attempt_id, t.op_id", "exams_answerevent", "attempt_id", "op_id")
    _clients = _joined("t.attempt_id", "exams_attemptclient", "attempt_id", "client")
    _put_items = _each(
        "exams_attemptitem", ("attempt_id", *ITEM), f"ON CONFLICT (attempt_id, slot) DO UPDATE SET {KEEP}"
    )
    _put_events = _each(
        "exams_answerevent",
        ("attempt_id", "slot", "op_id", "client", "seq", "payload", "recv_at", "verdict"),
        "ON CONFLICT DO NOTHING",
    )
    _put_clients = _each(
        "exams_attemptclient",
        ("attempt_id", "client", "first_seen_at", "fingerprint"),
        "ON CONFLICT DO NOTHING",
    )
    _put_tallies = (
        "UPDATE exams_attempt SET lease_client = json_extract(t.value, '$[1]'), away_ms = json_extract(t.value, '$[2]'), "
        "other_ms = json_extract(t.value, '$[3]'), away_count = json_extract(t.value, '$[4]') "
        "FROM json_each(%s) t WHERE exams_attempt.id = json_extract(t.value, '$[0]')"
    )
    _put_notes = _each("exams_attemptevent", ("attempt_id", "type", "at", "data", "fingerprint"), "")
    _put_presence = _each(
        "exams_attemptpresence",
        ("attempt_id", "last_seen_at"),
        "ON CONFLICT (attempt_id) DO UPDATE SET last_seen_at = excluded.last_seen_at",
    )

    def instant(self, at: datetime) -> str:
        """As Django writes it: UTC without zone."""
        return str(at.astimezone(UTC).replace(tzinfo=None))

    def read_instant(self, found: str | datetime) -> datetime:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else found
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

    def attempts(self, ids: Sequence[int], unread: Sequence[int]) -> Statement:
        return Statement(self._attempts, (_text(unread), _text(ids)), reads=True)

    def items(self, keys: Sequence[tuple[int, int]]) -> Statement:
        return Statement(self._items, (_text(keys),), reads=True)

    def events(self, keys: Sequence[tuple[int, str]]) -> Statement:
        return Statement(self._events, (_text(keys),), reads=True)

    def clients(self, keys: Sequence[tuple[int, str]]) -> Statement:
        return Statement(self._clients, (_text(keys),), reads=True)

    def put_items(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_items, rows)

    def put_events(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_events, rows)

    def put_clients(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_clients, rows)

    def put_tallies(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_tallies, rows)

    def put_notes(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_notes, rows)

    def put_presence(self, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
        return _json(self._put_presence, rows)


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _json(sql: str, rows: Sequence[tuple[Any, ...]]) -> Statement | None:
    return Statement(sql, (_text(rows),)) if rows else None
