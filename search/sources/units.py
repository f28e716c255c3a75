"""The tree of units as one reading of the table, for a whole call: where each stands, what it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from learning.organisation.models import Unit
from learning.organisation.models.units import paths_above


@dataclass(frozen=True, slots=True)
class Place:
    pk: int
    path: str
    name: str


class Tree:
    """`Tree()` asks the database once."""

    def __init__(self) -> None:
        rows = Unit.objects.order_by().values_list("pk", "path", "name")
        self._by_id = {pk: Place(pk, path, name) for pk, path, name in rows}
        self._by_path = {place.path: place for place in self._by_id.values()}
        self._bearers = Counter(place.name for place in self._by_id.values())
        self._above: dict[int, tuple[Place, ...]] = {}

    def above(self, unit: int) -> tuple[Place, ...]:
        """The unit and those above it, the unit first."""
        if unit not in self._above:
            paths = reversed(paths_above(self._by_id[unit].path))
            self._above[unit] = tuple(self._by_path[path] for path in paths)
        return self._above[unit]

    def label(self, place: Place) -> str:
        """Its name; with its parent's where several units have it."""
        if self._bearers[place.name] < 2:
            return place.name
        chain = self.above(place.pk)
        return f"{chain[1].name} / {place.name}" if len(chain) > 1 else place.name

    def labels(self, unit: int) -> tuple[str, ...]:
        """Of the unit and of those above it, the unit's first, each once."""
        return tuple(dict.fromkeys(self.label(place) for place in self.above(unit)))

    def overseers(self, key: Callable[[int], str], unit: int) -> set[str]:
        """The keys of everybody whose role over the unit or one above it reaches the unit."""
        return {key(place.pk) for place in self.above(unit)}

    def meant(self, owner: int, audience: Collection[int]) -> set[int]:
        """The units whose members stand below the owner and below one of the audience (no audience: all): of each pair the
        lower one, none where neither stands in the other."""
        if not audience:
            return {owner}
        home = self._by_id[owner].path
        found = set()
        for unit in audience:
            path = self._by_id[unit].path
            if path.startswith(home):
                found.add(unit)
            elif home.startswith(path):
                found.add(owner)
        return found
