"""The SQL of beats, once per database; no rule stands here.

PostgreSQL takes a whole batch as an array a column, SQLite a prepared statement a row. Instants are written as
milliseconds since 1970 and read as the database keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from learning.lane.conversation import Row, Rows, Statement
from learning.lane.values import arrays, read_sqlite_instant, sqlite_instant, unnest
from learning.study.intervals import instant


class Key(NamedTuple):
    """What to look up for one beat. `known_at`: of which publication of the activity the lane remembers the parts;
    slices that end after `low_ms` are wanted."""

    user_id: int
    session_id: int
    activity_id: int
    known_at: str | None
    low_ms: int


# Columns to write, with PostgreSQL's types; an instant is "ms" and becomes a timestamptz.
SESSION = {
    "id": "bigint", "last_recv_at": "ms", "last_seq": "bigint", "elapsed_ms": "bigint", "active_ms": "bigint",
    "visible_ms": "bigint", "credited_ms": "bigint", "late_ms": "bigint", "reads": "jsonb",
}  # fmt: skip
PACE = {"user_id": "bigint", "covered_at": "ms", "allowance_ms": "bigint"}
EXTENDED = {"id": "bigint", "ended_at": "ms", "reserved_until": "ms"}
COVERED = {
    "id": "bigint", "spans": "jsonb", "covered_ms": "bigint", "total_ms": "bigint", "position_ms": "bigint",
    "completed_at": "ms", "updated_at": "ms",
}  # fmt: skip
NEW_COVERED = {
    "user_id": "bigint", "activity_id": "bigint", "part": "text", "spans": "jsonb", "covered_ms": "bigint",
    "total_ms": "bigint", "position_ms": "bigint", "completed_at": "ms", "updated_at": "ms",
}  # fmt: skip
NEW_SLICE = {
    "user_id": "bigint", "activity_id": "bigint", "unit_id": "bigint", "started_at": "ms", "ended_at": "ms",
    "reserved_until": "ms", "kind": "text",
}  # fmt: skip
NEW_COMPLETION = {
    "user_id": "bigint", "activity_id": "bigint", "unit_id": "bigint", "completed_at": "ms", "credit_hours": "numeric",
    "kind": "text", "reason": "text",
}  # fmt: skip
COMPLETED = {"id": "bigint", "completed_at": "ms"}
CREDITED = {"unit_id": "bigint", "from_date": "date", "whole_month": "boolean", "hundredths": "bigint"}


class Table(NamedTuple):
    """`key`: the column by which a row is updated, "" for an insert. `shared`: written by others than who holds the lock
    of its person."""

    name: str
    columns: dict[str, str]
    key: str = ""
    shared: bool = False

    @property
    def id(self) -> tuple[str, str]:
        return self.name, self.key


SESSIONS = Table("study_studysession", SESSION, "id")
PACES = Table("study_studypace", PACE, "user_id")
LONGER_SLICES = Table("study_studyslice", EXTENDED, "id")
NEW_SLICES = Table("study_studyslice", NEW_SLICE)
COVERAGES = Table("study_coverage", COVERED, "id")
NEW_COVERAGES = Table("study_coverage", NEW_COVERED)
NEW_COMPLETIONS = Table("study_completion", NEW_COMPLETION)
NEW_HOURS = Table("study_creditedhours", CREDITED)
ENROLMENTS = Table("study_enrolment", COMPLETED, "id", shared=True)
TABLES = (
    SESSIONS, PACES, LONGER_SLICES, NEW_SLICES, COVERAGES, NEW_COVERAGES, NEW_COMPLETIONS, NEW_HOURS, ENROLMENTS,
)  # fmt: skip


class Dialect(Protocol):
    def read_us(self, found: Any) -> int:
        """The instant in microseconds since 1970."""

    def paces(self, users: Sequence[int]) -> Statement: ...

    def sessions(self, keys: Sequence[Key]) -> Statement: ...

    def coverages(self, keys: Sequence[Key]) -> Statement: ...

    def slices(self, keys: Sequence[Key]) -> Statement: ...

    def courses(self, keys: Sequence[tuple[int, int]]) -> Statement: ...

    def write(self, table: Table, rows: Sequence[Row]) -> Statement | None: ...


_SESSION = (
    "s.id, s.unit_id, s.started_at, s.last_recv_at, s.last_seq, s.elapsed_ms, s.active_ms, s.visible_ms, s.late_ms, "
    "s.credited_ms"
)
_ACTIVITY = (
    "a.is_open AND COALESCE((SELECT p.is_open FROM study_activity p WHERE p.id = a.parent_id), {true}) AS may, "
    "a.updated_at, CASE WHEN {known} IS NULL OR {known} <> a.updated_at THEN {parts} END AS parts, "
    "CASE WHEN {known} IS NULL OR {known} <> a.updated_at THEN {rules} END AS rules"
)
_COVERAGE = "c.id, c.part, {spans}, c.covered_ms, c.total_ms, c.position_ms, c.completed_at"
_SLICE = "l.id, l.activity_id, l.unit_id, l.started_at, l.ended_at, l.reserved_until, l.kind"
# Every open lesson of the course, which of them the person has completed, whether the course is completed, and the
# enrolment still to be.
_COURSE = (
    "p.id, {credit}, {own}, b.id, b.required, EXISTS (SELECT 1 FROM study_completion d "
    "WHERE d.user_id = {user} AND d.activity_id = b.id), EXISTS (SELECT 1 FROM study_completion d "
    "WHERE d.user_id = {user} AND d.activity_id = p.id), (SELECT e.id FROM study_enrolment e "
    "WHERE e.user_id = {user} AND e.activity_id = p.id AND e.completed_at IS NULL) FROM study_activity a "
    "JOIN study_activity p ON p.id = a.parent_id "
    "LEFT JOIN study_activity b ON b.parent_id = p.id AND b.is_open WHERE a.id = {activity}"
)


class PostgresqlDialect:
    _paces = (
        "SELECT user_id, session_id, covered_at, allowance_ms FROM study_studypace "
        "WHERE user_id = ANY(%s::bigint[]) ORDER BY user_id FOR NO KEY UPDATE"
    )
    # Statements of their own: their snapshots are taken when the locks are held. LATERAL with OFFSET leaves the planner
    # one way, by key; what a key's owner must be is asked in a form that no other index knows.
    _sessions = (
        f"SELECT k.u, {_SESSION}, s.told, a.may, a.updated_at, a.parts, a.rules, "  # noqa: S608 — our own tables
        "EXISTS (SELECT 1 FROM study_completion d WHERE d.user_id = k.u AND d.activity_id = k.a) "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[]) k(u, s, a, known) "
        "CROSS JOIN LATERAL (SELECT s.*, s.reads::text AS told FROM study_studysession s "
        "WHERE s.id = k.s AND (s.user_id, s.activity_id) IS NOT DISTINCT FROM (k.u, k.a) OFFSET 0) s "
        f"CROSS JOIN LATERAL (SELECT "
        f"{_ACTIVITY.format(true='true', known='k.known', parts='a.parts::text', rules='a.rules::text')} "
        "FROM study_activity a WHERE a.id = k.a OFFSET 0) a"
    )
    _coverages = (
        "SELECT k.u, c.* FROM unnest(%s::bigint[], %s::bigint[]) k(u, a) CROSS JOIN LATERAL "  # noqa: S608
        f"(SELECT {_COVERAGE.format(spans='c.spans::text')} FROM study_coverage c "
        "WHERE c.user_id = k.u AND c.activity_id = k.a OFFSET 0) c"
    )
    # Slices do not overlap, so only the last one that began before `low` can reach beyond it. The lane's session sorts
    # nothing, so asking for the order names the index: no other one is tried while the table's statistics call it empty.
    _slices = (
        "SELECT k.u, l.* FROM (SELECT u, to_timestamp(low::float8 / 1000) AS low "  # noqa: S608
        "FROM unnest(%s::bigint[], %s::bigint[]) t(u, low)) k CROSS JOIN LATERAL "
        f"(SELECT {_SLICE} FROM study_studyslice l WHERE l.user_id = k.u AND l.started_at >= COALESCE(("
        "SELECT e.started_at FROM study_studyslice e WHERE e.user_id = k.u AND e.started_at <= k.low "
        "ORDER BY e.started_at DESC LIMIT 1), k.low) ORDER BY l.started_at OFFSET 0) l"
    )
    _courses = (
        "SELECT k.u, k.a, c.* FROM unnest(%s::bigint[], %s::bigint[]) k(u, a) CROSS JOIN LATERAL "  # noqa: S608
        f"(SELECT {_COURSE.format(credit='p.credit::text', own='a.credit::text', user='k.u', activity='k.a')} OFFSET 0) c"
    )

    def __init__(self) -> None:
        self._writes = {
            table.id: _pg_insert(table) if not table.key else _pg_update(table) for table in TABLES
        }

    def read_us(self, found: datetime) -> int:
        return round(found.timestamp() * 1_000_000)

    def paces(self, users: Sequence[int]) -> Statement:
        return Statement(self._paces, (list(users),), reads=True)

    def sessions(self, keys: Sequence[Key]) -> Statement:
        users, sessions, activities, known, _low = zip(*keys, strict=True)
        return Statement(self._sessions, arrays([users, sessions, activities, known]), reads=True)

    def coverages(self, keys: Sequence[Key]) -> Statement:
        users, _sessions, activities, _known, _low = zip(*keys, strict=True)
        return Statement(self._coverages, arrays([users, activities]), reads=True)

    def slices(self, keys: Sequence[Key]) -> Statement:
        users, _sessions, _activities, _known, low = zip(*keys, strict=True)
        return Statement(self._slices, arrays([users, low]), reads=True)

    def courses(self, keys: Sequence[tuple[int, int]]) -> Statement:
        return Statement(self._courses, arrays(zip(*keys, strict=True)), reads=True)

    def write(self, table: Table, rows: Sequence[Row]) -> Statement | None:
        if not rows:
            return None
        return Statement(self._writes[table.id], arrays(zip(*rows, strict=True)))


def _pg_unnest(columns: dict[str, str]) -> str:
    return unnest({name: "bigint" if kind == "ms" else kind for name, kind in columns.items()}, alias="t")


def _pg_value(name: str, kind: str) -> str:
    return f"to_timestamp(t.{name}::float8 / 1000)" if kind == "ms" else f"t.{name}"


def _pg_insert(table: Table) -> str:
    values = ", ".join(_pg_value(name, kind) for name, kind in table.columns.items())
    after = " ON CONFLICT (user_id, activity_id) DO NOTHING" if table is NEW_COMPLETIONS else ""
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) SELECT {values} FROM {_pg_unnest(table.columns)}{after}"  # noqa: S608


def _pg_update(table: Table) -> str:
    values = ", ".join(
        f"{name} = {'COALESCE(t.reads, w.reads)' if name == 'reads' else _pg_value(name, kind)}"
        for name, kind in table.columns.items()
        if name != table.key
    )
    if table.shared:  # a few rows, which an enrolling may have moved
        source = _pg_unnest(table.columns)
        return f"UPDATE {table.name} w SET {values} FROM {source} WHERE w.{table.key} = t.{table.key}"  # noqa: S608
    # Found by key one by one and updated where they lie: joined to an array, each row would be compared with each.
    # The people are locked, so nobody moves a row in between.
    return (
        f"UPDATE {table.name} w SET {values} FROM (SELECT t.*, o.place FROM {_pg_unnest(table.columns)} "  # noqa: S608
        f"CROSS JOIN LATERAL (SELECT o.ctid AS place FROM {table.name} o WHERE o.{table.key} = t.{table.key} OFFSET 0) o) t "
        "WHERE w.ctid = t.place"
    )


class SqliteDialect:
    """The transaction is IMMEDIATE: nobody else writes, so no row needs a lock."""

    _paces = "SELECT user_id, session_id, covered_at, allowance_ms FROM study_studypace WHERE user_id = %s"
    _sessions = (
        f"SELECT s.user_id, {_SESSION}, s.reads, "  # noqa: S608
        + _ACTIVITY.format(true="1", known="k.known", parts="a.parts", rules="a.rules")
        + ", EXISTS (SELECT 1 FROM study_completion d WHERE d.user_id = s.user_id AND d.activity_id = a.id) "
        "FROM (SELECT %s AS known) k JOIN study_studysession s ON s.id = %s AND s.user_id = %s AND s.activity_id = %s "
        "JOIN study_activity a ON a.id = s.activity_id"
    )
    _coverages = (
        f"SELECT c.user_id, {_COVERAGE.format(spans='c.spans')} FROM study_coverage c "  # noqa: S608
        "WHERE c.user_id = %s AND c.activity_id = %s"
    )
    _slices = (
        f"SELECT l.user_id, {_SLICE} FROM (SELECT %s AS u, %s AS low) k "  # noqa: S608
        "JOIN study_studyslice l ON l.user_id = k.u AND l.started_at >= COALESCE((SELECT max(e.started_at) "
        "FROM study_studyslice e WHERE e.user_id = k.u AND e.started_at <= k.low), k.low)"
    )
    _courses = f"SELECT k.u, k.a, {_COURSE.format(credit='p.credit', own='a.credit', user='k.u', activity='k.a')}".replace(
        "FROM study_activity a ", "FROM (SELECT %s AS u, %s AS a) k JOIN study_activity a ", 1
    )

    def __init__(self) -> None:
        self._writes = {
            table.id: _lite_insert(table) if not table.key else _lite_update(table) for table in TABLES
        }

    def read_us(self, found: str | datetime) -> int:
        return round(read_sqlite_instant(found).timestamp() * 1_000_000)

    def paces(self, users: Sequence[int]) -> Statement:
        return Statement(self._paces, [(each,) for each in users], reads=True, each=True)

    def sessions(self, keys: Sequence[Key]) -> Statement:
        rows = [(key.known_at, key.session_id, key.user_id, key.activity_id) for key in keys]
        return Statement(self._sessions, rows, reads=True, each=True)

    def coverages(self, keys: Sequence[Key]) -> Statement:
        return Statement(
            self._coverages, [(key.user_id, key.activity_id) for key in keys], reads=True, each=True
        )

    def slices(self, keys: Sequence[Key]) -> Statement:
        rows = [(key.user_id, sqlite_instant(instant(key.low_ms))) for key in keys]
        return Statement(self._slices, rows, reads=True, each=True)

    def courses(self, keys: Sequence[tuple[int, int]]) -> Statement:
        return Statement(self._courses, list(keys), reads=True, each=True)

    def write(self, table: Table, rows: Rows) -> Statement | None:
        if not rows:
            return None
        instants = [place for place, kind in enumerate(table.columns.values()) if kind == "ms"]
        written = []
        for row in rows:
            values = list(row)
            for place in instants:
                values[place] = None if values[place] is None else sqlite_instant(instant(values[place]))
            written.append((*values[1:], values[0]) if table.key else tuple(values))
        return Statement(self._writes[table.id], written, each=True)


def _lite_insert(table: Table) -> str:
    places = ", ".join("%s" for _ in table.columns)
    after = " ON CONFLICT DO NOTHING" if table is NEW_COMPLETIONS else ""
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({places}){after}"  # noqa: S608


def _lite_update(table: Table) -> str:
    values = ", ".join(
        f"{name} = {'COALESCE(%s, reads)' if name == 'reads' else '%s'}"
        for name in table.columns
        if name != table.key
    )
    return f"UPDATE {table.name} SET {values} WHERE {table.key} = %s"  # noqa: S608
