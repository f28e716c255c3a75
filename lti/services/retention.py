"""How long the tool keeps what it only needs for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from lti.models import Launch, Login, WindowTicket

LOGINS_KEPT: Final = timedelta(hours=1)
LAUNCHES_KEPT: Final = timedelta(days=30)
BATCH: Final = 1000  # rows of one statement, so that no launch waits for a long one


def drop_old(*, now: datetime) -> tuple[int, int]:
    """Drops log-ins an hour, launches thirty days after they came, and tickets that nobody used; returns how many log-ins and
    launches. A log-in that is dropped leaves its launch standing."""
    WindowTicket.objects.filter(expires_at__lt=now).delete()
    logins = _drop(Login.objects.filter(created_at__lt=now - LOGINS_KEPT))
    return logins, _drop(Launch.objects.filter(at__lt=now - LAUNCHES_KEPT))


def _drop(rows: QuerySet[Any]) -> int:
    dropped = 0
    while True:
        # A list, for a DELETE takes no LIMIT.
        old = list(rows.values_list("pk", flat=True)[:BATCH])
        rows.filter(pk__in=old).delete()
        dropped += len(old)
        if len(old) < BATCH:
            return dropped
