"""How long the tool keeps what it only needs for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from lti.models import Launch, Login

LOGINS_KEPT: Final = timedelta(days=1)
LAUNCHES_KEPT: Final = timedelta(days=30)
BATCH: Final = 1000  # rows of one statement, so that no launch waits for a long one


def drop_old(*, now: datetime) -> tuple[int, int]:
    """Drops log-ins a day, launches thirty days after they came; returns how many of each. A log-in that is dropped leaves
    its launch standing."""
    return _drop(Login, "created_at", now - LOGINS_KEPT), _drop(Launch, "at", now - LAUNCHES_KEPT)


def _drop(model: type[Login] | type[Launch], field: str, before: datetime) -> int:
    dropped = 0
    while True:
        # A list, for a DELETE takes no LIMIT.
        old = list(model.objects.filter(**{f"{field}__lt": before}).values_list("pk", flat=True)[:BATCH])
        model.objects.filter(pk__in=old).delete()
        dropped += len(old)
        if len(old) < BATCH:
            return dropped
