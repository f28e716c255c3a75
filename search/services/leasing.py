"""One indexer at a time: who builds an entry from an older state could else write it over a newer one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Q

from search.models import IndexState

THE_ONE = 1  # id of the only row
LASTS = timedelta(minutes=2)  # longer than any piece of work between two calls of `keep`


class LeaseLost(Exception):
    """Somebody else indexes now; what was not yet committed must not be."""


def take(*, now: datetime) -> str | None:
    """The holder's name, for `keep` and `give_back`; None while somebody else holds the lease."""
    IndexState.objects.get_or_create(pk=THE_ONE)
    holder = uuid4().hex
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    taken = IndexState.objects.filter(free, pk=THE_ONE).update(holder=holder, lease_until=now + LASTS)
    return holder if taken else None


def keep(holder: str, *, now: datetime, **facts: Any) -> None:
    """Holds the lease on, and writes these fields of the state. In a transaction of the work itself: the row is locked
    until it ends, so that nobody else begins before. Raises LeaseLost."""
    rows = IndexState.objects.filter(pk=THE_ONE, holder=holder)
    if not rows.update(lease_until=now + LASTS, **facts):
        raise LeaseLost


def give_back(holder: str) -> None:
    """What another has taken meanwhile stays theirs."""
    IndexState.objects.filter(pk=THE_ONE, holder=holder).update(holder="", lease_until=None)


def state() -> IndexState:
    """The row; an empty one before the first indexing."""
    return IndexState.objects.filter(pk=THE_ONE).first() or IndexState(pk=THE_ONE)
