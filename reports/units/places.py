"""Where units stand below a unit: which of its children each leaf counts for, at the time or now.

A leaf that has always stood where it stands is mapped by the closure in the database. The few that were moved or closed
are mapped here: a candidate or enrolment by the ancestors it was given, a completion by the closure of its day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from learning.organisation.models import Membership, Unit, UnitClosure, User

OWN = 0  # stands for the people who belong to the unit itself, to none of its children


@dataclass(frozen=True)
class Places:
    """`children`: ids of all units that ever stood directly below; `by_key` their ids by key. `moved`: ids of units below
    that stood elsewhere at some time or are closed; empty for the places of now. `below`: ids of all that
    stand below today, the unit among them."""

    unit: Unit
    day: date
    now: bool
    children: tuple[int, ...]
    by_key: Mapping[str, int]
    moved: tuple[int, ...]
    below: tuple[int, ...]

    @property
    def ids(self) -> list[int]:
        """The ancestors to look for in the closure: the children, and the unit for its own people."""
        return [self.unit.pk, *self.children]

    def child_of(self, ancestor_id: int) -> int:
        """The child that an ancestor of `ids` stands for."""
        return OWN if ancestor_id == self.unit.pk else ancestor_id

    def child_in(self, ancestors: Sequence[str]) -> int | None:
        """The child by a snapshot of keys, the leaf's first; None where the unit is not among them."""
        if self.unit.key not in ancestors:
            return None
        place = list(ancestors).index(self.unit.key)
        return self.by_key.get(ancestors[place - 1], OWN) if place else OWN


def places_of(unit: Unit, *, unit_now: bool, day: date) -> Places:
    """Three queries, two for the places of now."""
    below = UnitClosure.objects.filter(ancestor=unit, depth=1)
    if unit_now:
        below = below.filter(to_date=None)
    children = dict(below.values_list("unit__key", "unit_id"))
    moved: set[int] = set()
    if not unit_now:
        changed = UnitClosure.objects.filter(
            Q(to_date__isnull=False) | Q(depth__gt=0, from_date__gt=F("unit__opened_date")),
            unit__closure_above__ancestor=unit,
        )
        moved = set(changed.values_list("unit_id", flat=True))
    today = UnitClosure.objects.filter(ancestor=unit, to_date=None).values_list("unit_id", flat=True)
    return Places(
        unit, day, unit_now, tuple(children.values()), children, tuple(sorted(moved)), tuple(sorted(today))
    )


@dataclass(frozen=True, slots=True)
class Stay:
    """A unit counted for `child` in [begins, ends); None has no end."""

    child: int
    begins: date
    ends: date | None

    def holds(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


def stays_of(places: Places) -> dict[int, list[Stay]]:
    """When the moved units stood below which child, by the dated closure, by unit id; one query, none without such
    units."""
    if not places.moved:
        return {}
    above: dict[int, list[tuple[int, int, date, date | None]]] = defaultdict(list)
    found = UnitClosure.objects.filter(unit__in=places.moved)
    columns = found.values_list("unit_id", "ancestor_id", "depth", "from_date", "to_date")
    for unit_id, ancestor_id, depth, begins, ends in columns:
        above[unit_id].append((ancestor_id, depth, begins, ends))
    return {unit_id: list(_stays(places, rows)) for unit_id, rows in above.items()}


def _stays(places: Places, above: list[tuple[int, int, date, date | None]]) -> Iterator[Stay]:
    for ancestor_id, depth, begins, ends in above:
        if ancestor_id != places.unit.pk:
            continue
        if depth == 0:
            yield Stay(OWN, begins, ends)
        for child, below, child_begins, child_ends in above:
            first = max(begins, child_begins)
            last = min((end for end in (ends, child_ends) if end), default=None)
            if below == depth - 1 and (last is None or first < last):
                yield Stay(child, first, last)


def leaves_of(places: Places) -> list[int]:
    """Ids of the units below, the unit among them, that always stood there."""
    moved = {*places.moved}
    return [each for each in places.below if each not in moved]


def people_q(places: Places, leaves: Sequence[int]) -> Q:
    """A filter of candidates or enrolments: those who counted for the unit at the time, or whose people belong to it
    now. `leaves` of the places."""
    if places.now:
        here = Membership.objects.on(places.day).filter(unit__in=leaves)
        return Q(user__in=User.objects.filter(memberships__in=here).values("pk"))
    at_the_time = Q(unit__in=leaves)
    if places.moved:
        at_the_time |= Q(unit__in=places.moved, unit_ancestors__icontains=f'"{places.unit.key}"')
    return at_the_time
