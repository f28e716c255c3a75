"""The search of Wagtail's own lists and choosers: its database backends, told the words of our analyser, because theirs
take a whole Chinese sentence for one word. WAGTAILSEARCH_BACKENDS names this package."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.module_loading import import_string
from modelsearch.backends import database
from modelsearch.backends.database.fallback import DatabaseSearchBackend

# By name: each module can be loaded on its own database only.
_OURS = {
    "sqlite": "search.wagtail_backend.sqlite.SQLiteBackend",
    "postgresql": "search.wagtail_backend.postgresql.PostgreSQLBackend",
}


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 — the name that Wagtail looks for
    """Ours for the database in use; Wagtail's own where SQLite has no full text (it looks for parts of titles)."""
    wagtails = database.SearchBackend(params)
    if isinstance(wagtails, DatabaseSearchBackend):
        return wagtails
    return import_string(_OURS[connection.vendor])(params)
