"""Half-open intervals [a, b) of whole milliseconds: pieces of a video or stretches of a day. Sorted and disjoint where a
result is called Spans. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
Spans: TypeAlias = list[Span]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def union(spans: Iterable[Sequence[int]], *, gap: int = 0) -> Spans:
    """What any of them covers; neighbours not more than `gap` apart become one. Empty and reversed ones are nothing.

    In any order and any number of steps the result is the same: filled gaps bring nothing nearer than it was."""
    ordered = sorted([(a, b) for a, b in spans if a < b])
    if len(ordered) < 2:
        return ordered
    merged: Spans = []
    low, high = ordered[0]
    for start, end in ordered:
        if start - high > gap:
            merged.append((low, high))
            low, high = start, end
        elif end > high:
            high = end
    merged.append((low, high))
    return merged


def subtract(spans: Iterable[Sequence[int]], taken: Iterable[Sequence[int]]) -> Spans:
    """What `spans` cover and `taken` do not."""
    gone = union(taken)
    if not gone:
        return union(spans)
    left: Spans = []
    place, most = 0, len(gone)
    for start, end in union(spans):
        while place < most and gone[place][1] <= start:
            place += 1
        at = place
        while at < most and gone[at][0] < end:
            if start < gone[at][0]:
                left.append((start, gone[at][0]))
            start = gone[at][1]  # noqa: PLW2901 — what is left of it begins there
            at += 1
        if start < end:
            left.append((start, end))
    return left


def clipped(spans: Iterable[Sequence[int]], low: int, high: int) -> Spans:
    """What of them lies in [low, high)."""
    return union((max(a, low), min(b, high)) for a, b in spans)


def length(spans: Iterable[Sequence[int]]) -> int:
    """Milliseconds in Spans, which do not overlap."""
    return sum(b - a for a, b in spans)


def first(spans: Iterable[Span], most: int) -> Spans:
    """The leading part of Spans that is `most` ms long, or all of them."""
    kept: Spans = []
    for start, end in spans:
        if most <= 0:
            break
        kept.append((start, min(end, start + most)))
        most -= end - start
    return kept


def instant_ms(at: datetime) -> int:
    """The instant in whole milliseconds since 1970, rounded down."""
    return (at - EPOCH) // MILLISECOND


def instant(at_ms: int) -> datetime:
    return EPOCH + at_ms * MILLISECOND


def split_at_midnight(spans: Iterable[Span], zone: tzinfo) -> Spans:
    """The same stretches of time, none across midnight in the zone, so that days add up."""
    parts: Spans = []
    for start, end in spans:
        while start < end:
            cut = min(end, next_midnight(start, zone))
            parts.append((start, cut))
            start = cut  # noqa: PLW2901 — the rest belongs to the next day
    return parts


QUARTER_MS = 900_000  # no zone's midnight lies inside a quarter of an hour


def next_midnight(at_ms: int, zone: tzinfo) -> int:
    """The first midnight of the zone after the instant, in ms since 1970."""
    return _midnight_after(at_ms // QUARTER_MS, zone)


@lru_cache(maxsize=4096)
def _midnight_after(quarter: int, zone: tzinfo) -> int:
    tomorrow = instant(quarter * QUARTER_MS).astimezone(zone).date() + timedelta(days=1)
    return instant_ms(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone))
