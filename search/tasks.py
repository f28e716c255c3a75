"""Background work of search. Every task may run twice, or at once with another, and loses nothing."""

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from .engines.base import EngineDown
from .services import asking, indexing, keeping, rebuilding, sweeping
from .services.leasing import LeaseLost


@shared_task(name="search.index_pending")
def index_pending() -> int:
    """After a commit; how many things were looked at."""
    return indexing.catch_up(clock=timezone.now)


@shared_task(name="search.keep_up")
def keep_up() -> int:
    """What a lost message left. A site that never was indexed, or lately was upgraded, is indexed whole."""
    return keeping.keep_up(clock=timezone.now)


@shared_task(name="search.turn_day")
def turn_day() -> int:
    """Shortly after midnight: whose membership begins or ends today."""
    return keeping.turn_day(now=timezone.now())


@shared_task(name="search.sweep")
def sweep() -> None:
    """Every night."""
    sweeping.sweep(clock=timezone.now)


@shared_task(name="search.drop_asked")
def drop_asked() -> int:
    """Every night: what people searched for half a year ago."""
    return asking.drop_old(now=timezone.now())


@shared_task(name="search.rebuild")
def rebuild() -> None:
    """Asked for on the state page; nothing while somebody else indexes. What went wrong stands there."""
    with suppress(rebuilding.Busy, LeaseLost, EngineDown):
        rebuilding.rebuild_all(clock=timezone.now)
