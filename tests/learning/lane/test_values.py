"""Values as either database reads them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from django.db import connection

from learning.lane.values import arrays, read_sqlite_instant, sqlite_instant, unnest

MOMENTS = [
    datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 8, 0, 0, 120_000, tzinfo=timezone(timedelta(hours=8))),
]


@pytest.mark.parametrize("at", MOMENTS)
def test_instant_of_sqlite_is_read_back_as_the_same_one(at: datetime) -> None:
    assert read_sqlite_instant(sqlite_instant(at)) == at
    assert read_sqlite_instant(at) == at
    assert read_sqlite_instant(at.astimezone(UTC).replace(tzinfo=None)) == at


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how Django writes to SQLite")
@pytest.mark.parametrize("at", MOMENTS)
def test_instant_of_sqlite_is_as_django_writes_it(at: datetime) -> None:
    assert sqlite_instant(at) == connection.ops.adapt_datetimefield_value(at)


@pytest.mark.postgresql
def test_postgresql_reads_the_arrays_as_the_rows_they_were() -> None:
    columns = {"n": "bigint", "said": "text", "told": "jsonb", "at": "timestamptz", "flag": "bool"}
    rows = [
        (1, 'a "quoted", {braced} \\ 学', '{"a": ["x, y", "\\n"]}', MOMENTS[0], True),
        (2, "", "null", MOMENTS[1], False),
        (3, None, None, None, None),
    ]
    asked = f"SELECT n, said, told::text, at, flag FROM {unnest(columns, alias='t')}"
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        found = other.execute(asked, arrays(zip(*rows, strict=True))).fetchall()  # type: ignore[call-overload]
    assert found == rows
