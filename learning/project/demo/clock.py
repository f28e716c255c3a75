"""A clock for what asks Django itself for the time: Wagtail dates its revisions, log entries and publications by it.
Our own services are told the time; nobody but the demo uses this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


@contextmanager
def clock_at(then: datetime) -> Iterator[None]:
    """Within it `timezone.now()` stands at `then`; for one thread that nothing runs beside which needs the time."""
    real = timezone.now
    timezone.now = lambda: then
    try:
        yield
    finally:
        timezone.now = real
