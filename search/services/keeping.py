"""What the clock tells: lost messages, a first indexing, a new day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from learning.organisation.models import Membership
from search.models import Kind, Pending

from . import leasing
from .bringing import Clock
from .filling import is_filled, may_try, mend_remote
from .indexing import catch_up
from .noting import note
from .sweeping import sweep


def keep_up(*, clock: Clock) -> int:
    """Brings what is pending; where everything has never been compared, compares it. Returns how many things were looked
    at. A remote engine that was set lately is filled."""
    state = leasing.state()
    if state.swept_at is None:
        return sum(walk.seen for walk in sweep(clock=clock))
    if not is_filled(state) and may_try(state, now=clock()):
        _mend(clock)
    return catch_up(clock=clock)


def _mend(clock: Clock) -> None:
    holder = leasing.take(now=clock())
    if holder is None:
        return
    try:
        mend_remote(holder=holder, clock=clock)
    except leasing.LeaseLost:
        pass
    finally:
        leasing.give_back(holder)


def turn_day(*, now: datetime) -> int:
    """Notes the people whose membership began or ended with this day or the one before (a night without a worker), and
    returns how many."""
    today = timezone.localdate(now)
    days = [today, today - timedelta(days=1)]
    turned = Membership.objects.filter(Q(from_date__in=days) | Q(to_date__in=days))
    return note(Kind.MEMBER, turned.values_list("user", flat=True), now=now)


def try_again() -> None:
    """What failed is due now."""
    Pending.objects.exclude(again_at=None).update(again_at=None)
