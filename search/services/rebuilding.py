"""Everything is written again, under the searches of the day: the database's index in place, a remote one beside the old
one."""

from __future__ import annotations

from collections.abc import Callable, Collection

from search.models import Kind

from . import leasing
from .bringing import IN_ORDER, Clock
from .filling import fill_remote
from .sweeping import Walk, forget, tidy, waiting_reaches, walk

Progress = Callable[[Walk], None]


class Busy(Exception):
    """Somebody else indexes."""


def rebuild_all(
    *,
    clock: Clock,
    kinds: Collection[Kind] = IN_ORDER,
    progress: Progress = lambda _walk: None,
) -> list[Walk]:
    """The walks through these kinds as they ended; `progress` is told after each piece of work. Raises Busy, LeaseLost,
    and EngineDown where the remote engine could not be filled: the database's index is whole then."""
    holder = leasing.take(now=clock())
    if holder is None:
        raise Busy
    try:
        whole = set(kinds) == set(IN_ORDER)
        walks, reaches = [], waiting_reaches()
        for kind in IN_ORDER:
            if kind in kinds:
                for state in walk(kind, holder=holder, clock=clock, anyhow=True, tell=not whole):
                    progress(state)
                walks.append(state)
        tidy()
        if whole:
            forget(reaches)
            leasing.keep(holder, now=clock(), swept_at=clock(), rebuilt_at=clock())
            fill_remote(holder=holder, clock=clock)
        return walks
    finally:
        leasing.give_back(holder)
