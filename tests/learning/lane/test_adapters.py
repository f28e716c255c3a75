"""The right adapter for each of Django's databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from learning.lane.adapters import adapter_from
from learning.lane.postgresql import PostgresqlAdapter
from learning.lane.sqlite import SqliteAdapter


def test_sqlite_by_its_file() -> None:
    adapter = adapter_from({"ENGINE": "django.db.backends.sqlite3", "NAME": Path("var/db.sqlite3")})
    assert isinstance(adapter, SqliteAdapter)
    assert adapter._path == "var/db.sqlite3"


def test_postgresql_by_libpq_names_without_empty_values_and_djangos_own_options() -> None:
    adapter = adapter_from(
        {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "school",
            "USER": "web",
            "PASSWORD": "secret",
            "HOST": "",
            "PORT": 5433,
            "CONN_MAX_AGE": 60,
            "OPTIONS": {"sslmode": "require", "pool": True, "connect_timeout": 2},
        }
    )
    assert isinstance(adapter, PostgresqlAdapter)
    given = {"dbname": "school", "user": "web", "password": "secret", "port": 5433, "sslmode": "require"}
    assert given.items() <= adapter._conninfo.items()
    assert adapter._conninfo["connect_timeout"] == 2
    assert not {"host", "pool"} & adapter._conninfo.keys()


def test_another_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        adapter_from({"ENGINE": "django.db.backends.mysql", "NAME": "school"})
