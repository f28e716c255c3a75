"""Filters as they were typed into an address, and facets as they are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from search.engines.base import FACETS
from search.engines.facets import Filters, spot_of, spot_text
from search.engines.facets import count as count_spots
from search.models import Kind, Shelf

from .results import Value

VALUES_SHOWN = 20
VALUES_ASKED = 20  # of one facet
VALUE_LENGTH = 300
NO_VALUE = ""  # that nothing has

Counts = Mapping[str, Mapping[str, int]]
Facets = dict[str, list[Value]]


def known(filters: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The filters that are set, of facets that there are; each value once, no more and no longer than an engine takes."""
    found = {}
    for facet in FACETS:
        values = dict.fromkeys(clean(value)[:VALUE_LENGTH] for value in filters.get(facet, ()) if value)
        if values:
            found[facet] = list(values)[:VALUES_ASKED]
    return found


def withheld(filters: Filters, hidden: Collection[str]) -> Filters:
    """The filters without these topics, which the viewer is not to learn of: as filters they find nothing."""
    asked = filters.get("topic", ())
    if not any(value in hidden for value in asked):
        return filters
    return {**filters, "topic": [value for value in asked if value not in hidden] or [NO_VALUE]}


def clean(text: str) -> str:
    """Without what no database and no JSON takes, half a surrogate and the zero character; signs stand in their place, so
    that the text becomes no other one."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def shaped(counts: Counts, filters: Filters, hidden: Collection[str] = ()) -> Facets:
    """The values of each facet: the most frequent first, years by year; those chosen always, however many fit them.
    `hidden`: topics that are not named."""
    named = {value: count for value, count in counts.get("topic", {}).items() if value not in hidden}
    counts = {**counts, "topic": named}
    return {facet: _values(facet, counts.get(facet, {}), filters.get(facet, ())) for facet in FACETS}


def _values(facet: str, counts: Mapping[str, int], selected: Sequence[str]) -> list[Value]:
    frequent = sorted(
        (value for value in counts if counts[value] > 0), key=lambda each: (-counts[each], each)
    )
    shown = frequent[:VALUES_SHOWN]
    shown += [value for value in selected if value not in shown]
    shown.sort(key=lambda each: (-counts.get(each, 0), each))
    if facet == "year":
        shown.sort(reverse=True)
    return [Value(value, label(facet, value), counts.get(value, 0), value in selected) for value in shown]


def label(facet: str, value: str) -> str:
    return str(Kind(value).label) if facet == "kind" and value in Kind.values else value


def counted(shelves: Sequence[Shelf], filters: Filters) -> tuple[set[int], dict[str, dict[str, int]]]:
    """Of hits by their shelves, one for each hit: the ids of the shelves that fit the filters, and the counts of every
    facet, as an engine counts them."""
    spots = {
        pk: spot_of(spot_text(values, ()))
        for pk, values in {each.pk: each.values for each in shelves}.items()
    }
    groups = Counter(shelf.pk for shelf in shelves)
    found = count_spots(groups.items(), spots, keys=None, filters=filters)
    return set(found.spots), found.facets


def without(counts: Counts, shelves: Iterable[Shelf]) -> dict[str, dict[str, int]]:
    """The counts without these hits, which fit all filters and are therefore counted in every facet."""
    left = {facet: dict(values) for facet, values in counts.items()}
    for shelf in shelves:
        for facet, values in left.items():
            for value in shelf.values.get(facet, ()):
                values[value] = values.get(value, 0) - 1
    return left
