"""Every kind's source."""

from __future__ import annotations

from search.models import Kind

from .base import CHUNK, Draft, Source

__all__ = ["CHUNK", "Draft", "Source", "sources"]

SOURCES: tuple[Source, ...] = ()


def sources() -> dict[Kind, Source]:
    """The source of each kind."""
    return {source.kind: source for source in SOURCES}
