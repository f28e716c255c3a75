"""Counting facets of many hits at once. Entries that have the same facet values and the same audience share a `Spot`; the
index groups its hits by spot, and here the spots are judged: who may find them, which filters they fit.

So neither filters nor the viewer's keys, which may be hundreds, take part in the query of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from sys import intern

import orjson

from .base import FACETS

Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Spot:
    """`labels`: its values, each behind the digit of its facet's place in FACETS."""

    labels: tuple[str, ...]
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
    labels = {f"{place}{value}" for place, facet in enumerate(FACETS) for value in facets.get(facet, ())}
    return orjson.dumps([sorted(labels), sorted(set(keys))]).decode()


def spot_id(text: str) -> int:
    """Made of what the spot is, so that an id never comes to mean another one: it may be remembered for good."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def spot_of(text: str) -> Spot:
    """Its strings are shared with all other spots that have them."""
    labels, keys = orjson.loads(text)
    return Spot(tuple(map(intern, labels)), frozenset(map(intern, keys)))


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
    counts: dict[str, int] = {}
    for number, many in groups:
        spot = spots.get(number)
        if spot is None or not spot.open_to(keys):
            continue
        labels: Iterable[str] = spot.labels
        if missed := _missed(spot, asked) if asked else "":
            if len(missed) > 1:
                continue
            labels = [label for label in labels if label[0] == missed]
        else:
            total += many
            fitting.add(number)
        for label in labels:
            counts[label] = counts.get(label, 0) + many
    facets: dict[str, dict[str, int]] = {facet: {} for facet in FACETS}
    for label, many in counts.items():
        facets[FACETS[int(label[0])]][label[1:]] = many
    return Counted(total, frozenset(fitting), facets)


def fitting(
    spots: Mapping[int, Spot], *, keys: frozenset[str] | None, filters: Filters | None = None
) -> set[int]:
    """The spots that the viewer may find and that fit all filters."""
    asked = _asked(filters or {})
    return {number for number, spot in spots.items() if spot.open_to(keys) and not _missed(spot, asked)}


def _asked(filters: Filters) -> list[tuple[str, frozenset[str]]]:
    """The digit of each facet that is filtered, and the labels that fit. A facet that there is not is fit by nothing."""
    return [
        (str(FACETS.index(facet)), frozenset(f"{FACETS.index(facet)}{value}" for value in values))
        if facet in FACETS
        else ("?", frozenset())
        for facet, values in filters.items()
        if values
    ]


def _missed(spot: Spot, asked: list[tuple[str, frozenset[str]]]) -> str:
    """The digits of the facets whose filter the spot does not fit."""
    return "".join(digit for digit, labels in asked if labels.isdisjoint(spot.labels))
