"""One bad thing stops no other: it is kept with what went wrong, and tried again later and later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import F, Max

from search.models import Kind, Pending, Reach

from .leasing import LeaseLost
from .noting import note

log = logging.getLogger("dangxiao.search")

AFTER_FAILURE = timedelta(seconds=30)  # doubled by each further one
AT_MOST = timedelta(hours=6)
DOUBLINGS = 16
PROBLEM_LENGTH = 300


def each_alone(ids: Sequence[int], act: Callable[[Sequence[int]], None]) -> Iterator[tuple[int, Exception]]:
    """Acts on all at once, or where that fails on halves of them; the bad ones come back with what happened. What is
    about the database itself or the lease is raised."""
    try:
        act(ids)
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(ids) == 1:
            yield ids[0], error
            return
        middle = len(ids) // 2
        yield from each_alone(ids[:middle], act)
        yield from each_alone(ids[middle:], act)


def keep_problem(
    kind: Kind | Reach, object_id: int, error: Exception, *, stage: Pending.Stage, now: datetime
) -> None:
    """Its pending row says what went wrong and when it is tried again; made where it has none."""
    log.error("search: %s %s is not in the index", kind.value, object_id, exc_info=error)
    rows = Pending.objects.filter(kind=kind, object_id=object_id, stage=stage)
    tries = rows.aggregate(most=Max("tries"))["most"]
    if tries is None:
        note(kind, [object_id], now=now, stage=stage)
    wait = min(AFTER_FAILURE * 2 ** min(tries or 0, DOUBLINGS), AT_MOST)
    rows.update(
        tries=F("tries") + 1,
        again_at=now + wait,
        problem=f"{type(error).__name__}: {error}"[:PROBLEM_LENGTH],
    )
