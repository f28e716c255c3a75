"""The index in the site's own database."""

from __future__ import annotations

from typing import Any


def make_index_after_migrating(sender: Any, **kwargs: Any) -> None:
    """After `migrate`, and after a test has emptied all tables."""
