"""How a batch's values are written for either database: PostgreSQL takes an array a column, SQLite Django's own form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson


def arrays(columns: Iterable[Sequence[Any]]) -> list[str]:
    """The columns as PostgreSQL's array literals. JSON writes them alike but for the brackets and for control
    characters, of which no text here may have one: ids and clients are printable, JSON texts escape theirs."""
    return [f"{{{orjson.dumps(column)[1:-1].decode()}}}" for column in columns]


def unnest(columns: Mapping[str, str], *, alias: str) -> str:
    """PostgreSQL's rows of such arrays; `columns`: name → type."""
    types = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    return f"unnest({types}) AS {alias}({', '.join(columns)})"


def sqlite_instant(at: datetime) -> str:
    """As Django writes it: UTC without zone."""
    return str(at.astimezone(UTC).replace(tzinfo=None))


def read_sqlite_instant(found: str | datetime) -> datetime:
    """What stands in the column; Django's connection has read it already, the lane's has not."""
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
