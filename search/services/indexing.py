"""What is pending is brought into the index: what everybody reads first, questions and people after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from search.models import Kind, Pending, Reach

from . import leasing, sending
from .bringing import IN_ORDER, Clock, at_once, bring, parts
from .failing import each_alone, keep_problem
from .noting import note
from .reaching import reached

ROWS = 2000  # read at once; many may be of one thing
LONGEST = timedelta(minutes=5)  # of one task; the next one goes on


def catch_up(*, clock: Clock) -> int:
    """Works until nothing is due and returns how many things were looked at: 0 at once while somebody else indexes, who
    then looks again before they end."""
    done, until = 0, clock() + LONGEST
    while clock() < until and is_due(now=clock()):
        holder = leasing.take(now=clock())
        if holder is None:
            break
        try:
            while clock() < until and (step := work_a_step(holder=holder, now=clock())):
                done += step
        except leasing.LeaseLost:
            break
        finally:
            leasing.give_back(holder)
    return done


def is_due(*, now: datetime) -> bool:
    return _due(now).exists() or sending.is_due(now=now)


def work_a_step(*, holder: str, now: datetime) -> int:
    """One piece of work under the lease; how many things it looked at, 0 where nothing is left. Raises LeaseLost."""
    return _resolve(holder, now) or _bring_next(holder, now) or sending.send_next(holder=holder, now=now)


def _due(now: datetime) -> QuerySet[Pending]:
    return Pending.objects.due(now).filter(stage=Pending.Stage.BUILD)


def _resolve(holder: str, now: datetime) -> int:
    """Changes that concern many things become rows of these things."""
    rows = _due(now).filter(kind__in=Reach.values).order_by("pk")[:ROWS]
    by_reach: dict[Reach, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, reach, object_id in rows.values_list("pk", "kind", "object_id"):
        by_reach[Reach(reach)][object_id].append(pk)
    for reach, found in by_reach.items():
        for object_id, error in each_alone(list(found), partial(_reach_out, reach, found, holder, now)):
            keep_problem(reach, object_id, error, stage=Pending.Stage.BUILD, now=now)
    return sum(map(len, by_reach.values()))


@transaction.atomic
def _reach_out(
    reach: Reach, rows: Mapping[int, list[int]], holder: str, now: datetime, ids: Sequence[int]
) -> None:
    for kind, concerned in reached(reach, ids, now=now):
        note(kind, concerned, now=now)
    for some in parts([pk for object_id in ids for pk in rows[object_id]], ROWS):
        Pending.objects.filter(pk__in=some).delete()
    leasing.keep(holder, now=now)


def _bring_next(holder: str, now: datetime) -> int:
    for kind in IN_ORDER:
        rows: dict[int, list[int]] = defaultdict(list)
        waiting = _due(now).filter(kind=kind).order_by("pk")[:ROWS]
        for pk, object_id in waiting.values_list("pk", "object_id"):
            rows[object_id].append(pk)
        if rows:
            some = list(rows)[: at_once(kind)]
            _bring(kind, some, rows, holder, now)
            return len(some)
    return 0


def _bring(kind: Kind, ids: Sequence[int], rows: Mapping[int, list[int]], holder: str, now: datetime) -> None:
    def act(some: Sequence[int]) -> None:
        seen = [pk for object_id in some for pk in rows[object_id]]
        brought = bring(kind, some, holder=holder, now=now, seen=seen)
        sending.send(kind, brought.put, brought.dropped, holder=holder, now=now)

    for object_id, error in each_alone(ids, act):
        keep_problem(kind, object_id, error, stage=Pending.Stage.BUILD, now=now)
