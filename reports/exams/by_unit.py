"""The people of an exam's report by unit: their scores, and how they did on each knowledge point.

The units are those right below the unit chosen, else below the lowest that all the people share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import takewhile

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from learning.organisation.models import Membership, Unit
from learning.organisation.models.units import paths_above
from question_bank.engine.statistics import Distribution
from reports.models import FoldedAttempt
from reports.tallies import SMALL_GROUP
from reports.units.points import BATCH, VERSION_MARK_FULL, PointTally, points_of, summed, sums_of

from .audience import Audience

NOWHERE = ""  # stands for the people who belong to no unit any more
Chain = tuple[str, ...]  # of unit keys, the root's first


@dataclass(frozen=True, slots=True)
class UnitLine:
    """`unit` None: people who belong to no unit any more. `own`: the people of the unit itself, of none below it. `points`
    by knowledge point, where they were asked for."""

    unit: Unit | None
    own: bool
    scores: Distribution
    points: Mapping[int, PointTally]

    @property
    def is_small(self) -> bool:
        return self.scores.n < SMALL_GROUP


def unit_lines(
    audience: Audience, scores: Iterable[tuple[int, Fraction]], *, day: date, with_points: bool
) -> list[UnitLine]:
    """In tree order, units without a score or an answer left out. `scores` by candidate id. Two statements, three by the
    units of now, two more with points."""
    chains = _chains_now(audience, day) if audience.wanted.unit_now else _chains(audience)
    focus, place_of = _places(audience, chains)
    values: dict[str, list[Fraction]] = defaultdict(list)
    for candidate, score in scores:
        values[place_of.get(candidate, NOWHERE)].append(score)
    points = _points(audience, place_of) if with_points else {}
    units = {unit.key: unit for unit in Unit.objects.filter(key__in=values.keys() | points.keys())}
    keys = sorted(units, key=lambda key: units[key].path)
    return [
        UnitLine(
            units.get(key),
            bool(key) and key == focus,
            Distribution.of(values.get(key, ())),
            points.get(key, {}),
        )
        for key in (*keys, NOWHERE)
        if key in values or key in points
    ]


def _chains(audience: Audience) -> dict[int, Chain]:
    """By candidate, as it was at the time. Thousands share a few hundred lists, which are taken apart once."""
    known: dict[str, Chain] = {}
    found = {}
    rows = audience.candidates.order_by().values_list("pk", Cast("unit_ancestors", TextField()))
    for candidate, text in rows:
        if text not in known:
            known[text] = tuple(reversed(orjson.loads(text)))
        found[candidate] = known[text]
    return found


def _chains_now(audience: Audience, day: date) -> dict[int, Chain]:
    """By candidate, as it is today; empty for who belongs to no unit."""
    people = audience.candidates.order_by()
    here = Membership.objects.on(day).filter(user__in=people.values("user"))
    paths = dict(here.values_list("user", "unit__path"))
    every = {path: paths_above(path) for path in set(paths.values())}
    wanted = {one for above in every.values() for one in above}
    keys = dict(Unit.objects.filter(path__in=wanted).values_list("path", "key"))
    chains = {path: tuple(keys[one] for one in above) for path, above in every.items()}
    rows = people.values_list("pk", "user")
    return {candidate: chains[paths[user]] if user in paths else () for candidate, user in rows}


def _places(audience: Audience, chains: Mapping[int, Chain]) -> tuple[str, dict[int, str]]:
    """The key of the unit looked below, and by candidate the key of the unit that they count for: one right below, or
    that unit itself."""
    every = {chain for chain in chains.values() if chain}
    levels = zip(*every, strict=False)
    shared = [level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)]
    focus = audience.unit.key if audience.unit else shared[-1] if shared else ""

    def place(chain: Chain) -> str:
        if not chain:
            return NOWHERE
        below = chain.index(focus) + 1 if focus in chain else 0
        return chain[below] if below < len(chain) else focus

    by_chain = {chain: place(chain) for chain in {*every, ()}}
    return focus, {candidate: by_chain[chain] for candidate, chain in chains.items()}


def _points(audience: Audience, place_of: Mapping[int, str]) -> dict[str, dict[int, PointTally]]:
    """By unit's key and knowledge point, over the attempts folded so far."""
    rows = FoldedAttempt.objects.filter(exam=audience.exam)
    if not audience.everybody:
        rows = rows.filter(attempt__candidate__in=audience.candidates)
    counts: dict[str, Counter[tuple[int, int, int]]] = defaultdict(Counter)
    for candidate, text in rows.values_list("attempt__candidate", "outcomes").iterator(chunk_size=BATCH):
        counts[place_of.get(candidate, NOWHERE)].update(map(VERSION_MARK_FULL, orjson.loads(text)))
    sums = {place: sums_of(slots) for place, slots in counts.items()}
    points = points_of({version for each in sums.values() for version in each})
    return {place: {one.id: one for one in summed(each, points)} for place, each in sums.items()}
