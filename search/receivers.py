"""What the rooms below tell search: that something changed which may be found."""

from __future__ import annotations


def connect() -> None:
    """Called once, from the app's `ready`."""
