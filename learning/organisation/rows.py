"""Model rows by SQL written once, for the few paths where hundreds come in a second: there the ORM spends more time on
putting a query together than PostgreSQL on running it. Everywhere else a QuerySet is the better way."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

import orjson
from django.db import connection
from django.db.models import AutoField, Field, JSONField, Model
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)
Statement = tuple[str, Sequence[Any]]
Rows = list[tuple[Any, ...]]


class Columns(Generic[M]):
    """The columns of a model, or `only` some, or all `but` some: as SELECT and INSERT name them, and as rows become
    instances. Fields left out are deferred, as by a QuerySet."""

    def __init__(self, model: type[M], *, only: Collection[str] = (), but: Collection[str] = ()) -> None:
        self._model = model
        self._fields: list[Field[Any, Any]] = [
            field
            for field in model._meta.concrete_fields
            if (not only or field.name in only) and field.name not in but
        ]
        self._names = [field.attname for field in self._fields]
        self._columns = [str(field.column) for field in self._fields]

    def __len__(self) -> int:
        return len(self._fields)

    def of(self, alias: str) -> str:
        """For SELECT."""
        return ", ".join(f"{alias}.{column}" for column in self._columns)

    def read(self, row: Sequence[Any]) -> M:
        """The instance that the row begins with."""
        values = list(row[: len(self._names)])
        for place, column, convert in self._conversions:
            values[place] = convert(values[place], column, connection)
        return self._model.from_db(connection.alias, self._names, values)

    @cached_property
    def inserting(self) -> str:
        """INSERT of every column but an automatic id; its parameters are the `values` of an instance."""
        names = ", ".join(str(field.column) for field in self._written)
        places = ", ".join("%s" for _ in self._written)
        return f"INSERT INTO {self._model._meta.db_table} ({names}) VALUES ({places})"  # noqa: S608 — our own names

    def values(self, instance: M) -> list[Any]:
        return [_written(field, getattr(instance, field.attname)) for field in self._written]

    @cached_property
    def _conversions(self) -> list[tuple[int, Col, Any]]:
        found = []
        for place, field in enumerate(self._fields):
            column = field.get_col(self._model._meta.db_table)
            converters = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
            if isinstance(field, JSONField):
                converters = [_read_json]
            found += [(place, column, convert) for convert in converters]
        return found

    @cached_property
    def _written(self) -> list[Field[Any, Any]]:
        return [field for field in self._fields if not isinstance(field, AutoField)]


# Papers and rules of some kB: orjson takes a fifth of the time of Django's json.
def _read_json(value: str | None, *_: object) -> Any:
    return None if value is None else orjson.loads(value)


def _written(field: Field[Any, Any], value: Any) -> Any:
    if isinstance(field, JSONField) and value is not None:
        return orjson.dumps(value).decode()
    return field.get_db_prep_save(value, connection)


def read(*statements: Statement) -> list[Rows]:
    """The rows of each statement, run in this order."""
    found = []
    with connection.cursor() as cursor:
        for sql, values in statements:
            cursor.execute(sql, values)
            found.append(cursor.fetchall())
    return found


def write(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Runs the statement with each row of parameters."""
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        elif rows:
            cursor.executemany(sql, rows)


def lock(words: str) -> str:
    """The words of a row lock where the database has such; on SQLite the one writer holds everything."""
    return words if connection.vendor == "postgresql" else ""


def among(column: str, ids: Iterable[int]) -> tuple[str, Any]:
    """The condition that a column is one of the ids, as one parameter whatever their number, and that parameter."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", list(ids)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(list(ids))  # noqa: S608 — a column of ours


def instant(at: datetime | None) -> Any:
    """As a parameter of our own SQL, in the way this database keeps instants."""
    return connection.ops.adapt_datetimefield_value(at)
