"""What a batch says to its database: statements out, rows back, statements out. Written once as a generator, held by
either adapter inside one transaction."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

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
