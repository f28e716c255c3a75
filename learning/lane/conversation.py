"""What a batch says to its database: statements out, rows back, statements out. Written once as a generator, held inside
one transaction: by either adapter of the lane, or on a cursor of Django's."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Row: TypeAlias = Sequence[Any]
Rows: TypeAlias = Sequence[Row]


class Statement(NamedTuple):
    """`reads`: its rows are wanted. `each`: `parameters` is a list of them, the statement runs once for every one.
    Parameters are written %s, as Django and psycopg want them; there is no other % in the text."""

    sql: str
    parameters: Sequence[Any]
    reads: bool = False
    each: bool = False


# Yields the statements of a step together, is sent their rows (none for one that does not read), returns its result.
Conversation: TypeAlias = Generator[list[Statement], list[Rows], T]


class Cursor(Protocol):
    """What is asked of a cursor, sqlite3's as of Django's."""

    def execute(self, sql: str, parameters: Sequence[Any], /) -> object: ...

    def executemany(self, sql: str, parameters: Sequence[Sequence[Any]], /) -> object: ...

    def fetchall(self) -> list[Any]: ...


def hold(steps: Conversation[T], cursor: Cursor, *, mark: str = "%s") -> T:
    """What the conversation returned; the transaction around it is the caller's. `mark` stands for a parameter where the
    cursor does not read %s."""
    statements = next(steps)
    while True:
        rows = [_told(cursor, statement, mark) for statement in statements]
        try:
            statements = steps.send(rows)
        except StopIteration as done:
            found: T = done.value
            return found


def _told(cursor: Cursor, statement: Statement, mark: str) -> Rows:
    sql = statement.sql.replace("%s", mark)
    if not statement.each:
        cursor.execute(sql, statement.parameters)
        return cursor.fetchall() if statement.reads else []
    if not statement.reads:
        cursor.executemany(sql, statement.parameters)
        return []
    rows: list[Row] = []
    for parameters in statement.parameters:
        cursor.execute(sql, parameters)
        rows += cursor.fetchall()
    return rows
