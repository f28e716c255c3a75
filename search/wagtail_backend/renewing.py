"""What Wagtail's own spelling, or an older one of ours, left in its index is written anew when the site is upgraded."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from modelsearch.conf import get_app_config

from .spelling import MARK


def renew_after_migrating(**_: Any) -> None:
    """On post_migrate; costs one query where nothing is old. Between two migrations of an upgrade models and tables do
    not fit, so it waits for the last."""
    if holds_old_spelling() and not _migrations_left():
        call_command("wagtail_update_index", verbosity=0)


def holds_old_spelling() -> bool:
    entries = get_app_config().get_model("IndexEntry")
    if entries._meta.db_table not in connection.introspection.table_names():
        return False
    written = "title_text" if connection.vendor == "postgresql" else "title"
    old = entries._default_manager.exclude(**{written: ""}).exclude(**{f"{written}__startswith": MARK})
    found: bool = old.exists()
    return found


def _migrations_left() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
