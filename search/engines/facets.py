"""Counting facets of many hits at once. Entries that have the same facet values and the same audience share a `Spot`; the
index groups its hits by spot, and here the spots are judged: who may find them, which filters they fit.

So neither filters nor the viewer's keys, which may be hundreds, take part in the query of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import orjson

from .base import FACETS

Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Spot:
    """`facets`: the values of each of FACETS, in that order."""

    facets: tuple[tuple[str, ...], ...]
    keys: frozenset[str]

    def open_to(self, keys: frozenset[str] | None) -> bool:
        return keys is None or not self.keys.isdisjoint(keys)


@dataclass(frozen=True, slots=True)
class Counted:
    """`total` with all filters; `spots` those that fit all of them; `facets` as in base.Found."""

    total: int = 0
    spots: frozenset[int] = frozenset()
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


def spot_text(facets: Mapping[str, Iterable[str]], keys: Iterable[str]) -> str:
    """What is stored of a spot: the same for the same values in any order."""
    values = [sorted(set(facets.get(facet, ()))) for facet in FACETS]
    return orjson.dumps([values, sorted(set(keys))]).decode()


def spot_id(text: str) -> int:
    """Made of what the spot is, so that an id never comes to mean another one: it may be remembered for good."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def spot_of(text: str) -> Spot:
    values, keys = orjson.loads(text)
    return Spot(tuple(map(tuple, values)), frozenset(keys))


def count(
    groups: Iterable[tuple[int, int]],
    spots: Mapping[int, Spot],
    *,
    keys: frozenset[str] | None,
    filters: Filters,
) -> Counted:
    """Of hits grouped by spot, as (spot id, how many): those the viewer may find. A spot that is not in `spots` is no
    one's."""
    asked = _asked(filters)
    total = 0
    fitting: set[int] = set()
    facets: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
    counts = list(enumerate(facets.values()))
    for number, many in groups:
        spot = spots.get(number)
        if spot is None or not spot.open_to(keys):
            continue
        missed = _missed(spot, asked) if asked else []
        if not missed:
            total += many
            fitting.add(number)
            concerned = counts
        elif len(missed) == 1 and missed[0] >= 0:
            concerned = [counts[missed[0]]]
        else:
            continue
        for position, counted in concerned:
            for value in spot.facets[position]:
                counted[value] = counted.get(value, 0) + many
    return Counted(total, frozenset(fitting), facets)


def fitting(
    spots: Mapping[int, Spot], *, keys: frozenset[str] | None, filters: Filters | None = None
) -> set[int]:
    """The spots that the viewer may find and that fit all filters."""
    asked = _asked(filters or {})
    return {number for number, spot in spots.items() if spot.open_to(keys) and not _missed(spot, asked)}


def _asked(filters: Filters) -> list[tuple[int, frozenset[str]]]:
    """By the facet's position. A facet that there is not is fit by nothing: position -1."""
    return [
        (FACETS.index(facet) if facet in FACETS else -1, frozenset(values))
        for facet, values in filters.items()
        if values
    ]


def _missed(spot: Spot, asked: list[tuple[int, frozenset[str]]]) -> list[int]:
    """The facets whose filter the spot does not fit."""
    return [
        position for position, values in asked if position < 0 or values.isdisjoint(spot.facets[position])
    ]
