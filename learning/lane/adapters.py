"""Chooses the write adapter for a database described the way Django describes it; imports no Django."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.lane.postgresql import PostgresqlAdapter
from learning.lane.sqlite import SqliteAdapter

# Each tells its `vendor`, by Django's word for it, and `gap_s`, its rest between two transactions.
Adapter = PostgresqlAdapter | SqliteAdapter

_LIBPQ = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
# Options that Django's backend takes for itself. Any other goes to libpq, which refuses what it cannot read.
_DJANGO_ONLY = {"pool", "server_side_binding", "isolation_level"}


def adapter_from(database: Mapping[str, Any]) -> Adapter:
    """A new adapter, not yet connected, for one entry of Django's DATABASES.

    Each is one connection: every coalescer has its own. ValueError for any other engine than these two.
    """
    engine = str(database["ENGINE"]).rpartition(".")[2]
    if engine == "sqlite3":
        return SqliteAdapter(database["NAME"])
    if engine == "postgresql":
        conninfo = {libpq: database[name] for name, libpq in _LIBPQ.items() if database.get(name)}
        options = database.get("OPTIONS") or {}
        return PostgresqlAdapter(**conninfo, **{k: v for k, v in options.items() if k not in _DJANGO_ONLY})
    raise ValueError(f"no write adapter for {database['ENGINE']}")
