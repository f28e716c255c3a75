"""The attempt token: who may write to (or only look at) which attempt, without a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from learning.lane.token import Claims, Signer, signer_from

from .models import Attempt

KIND = "attempt"
HEADER = "X-Attempt-Token"
WRITER, VIEWER = "", "viewer"
LIFE_AFTER_END = timedelta(hours=24)


@cache
def signer() -> Signer:
    """The site's; the lane makes the same one from the same secret."""
    return signer_from(settings)


def attempt_token(attempt: Attempt, *, now: datetime, extra: str = WRITER) -> str:
    """A token for the attempt's owner, good until 24 h after `accept_until` (of a reopened or paused
    attempt: after now). With VIEWER it is a read-only one for staff."""
    until = max(attempt.accept_until, now) + LIFE_AFTER_END
    return signer().sign(Claims(KIND, str(attempt.pk), str(attempt.user_id), until, extra))


def read_token(token: str, *, attempt_id: int, now: datetime) -> Claims:
    """The claims of a good token for this attempt. Raises BadToken."""
    return signer().verify(token, kind=KIND, of=str(attempt_id), now=now)
