"""Intervals against sets of milliseconds, which need no cleverness."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from learning.study.intervals import (
    Spans,
    clipped,
    first,
    instant,
    instant_ms,
    length,
    split_at_midnight,
    subtract,
    union,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def points(found: list[tuple[int, int]]) -> set[int]:
    return {point for a, b in found for point in range(a, b)}


def tidy(found: Spans) -> bool:
    return all(a < b for a, b in found) and all(x[1] < y[0] for x, y in itertools.pairwise(found))


@given(spans)
def test_union_covers_what_any_of_them_does(some: list[tuple[int, int]]) -> None:
    found = union(some)
    assert points(found) == points(some)
    assert tidy(found)
    assert length(found) == len(points(some))


@given(spans, spans, st.integers(0, 9))
def test_closing_gaps_needs_no_order_of_steps(
    one: list[tuple[int, int]], two: list[tuple[int, int]], gap: int
) -> None:
    whole = union([*one, *two], gap=gap)
    assert union([*union(one, gap=gap), *two], gap=gap) == whole
    assert union([*two, *union(one, gap=gap)], gap=gap) == whole
    assert all(y[0] - x[1] > gap for x, y in itertools.pairwise(whole))


@given(spans, spans)
def test_subtract_leaves_what_is_not_taken(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> None:
    left = subtract(one, two)
    assert points(left) == points(one) - points(two)
    assert all(a < b for a, b in left)


@given(spans, st.integers(0, 60), st.integers(0, 60))
def test_clipped_lies_inside(some: list[tuple[int, int]], low: int, high: int) -> None:
    assert points(clipped(some, low, high)) == {each for each in points(some) if low <= each < high}


@given(spans, st.integers(-5, 80))
def test_first_is_the_leading_part(some: list[tuple[int, int]], most: int) -> None:
    whole = union(some)
    kept = first(whole, most)
    assert length(kept) == max(0, min(most, length(whole)))
    assert sorted(points(kept)) == sorted(points(whole))[: max(0, most)]


@given(
    st.integers(1_700_000_000_000, 1_900_000_000_000),
    st.integers(1, 3 * 86_400_000),
    st.sampled_from(
        [SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-3))]
    ),
)
def test_parts_of_days_add_up_and_none_crosses_midnight(start: int, size: int, zone: ZoneInfo) -> None:
    parts = split_at_midnight([(start, start + size)], zone)
    assert length(parts) == size
    assert parts[0][0] == start
    assert parts[-1][1] == start + size
    for a, b in parts:
        assert instant(a).astimezone(zone).date() == instant(b - 1).astimezone(zone).date()


def test_an_instant_is_rounded_down_to_the_millisecond() -> None:
    assert instant_ms(datetime(1970, 1, 1, 0, 0, 1, 1999, tzinfo=UTC)) == 1001
    assert instant(1001) == datetime(1970, 1, 1, 0, 0, 1, 1000, tzinfo=UTC)
