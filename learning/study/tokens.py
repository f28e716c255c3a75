"""The study token: which session a page may send beats to, without a session of the site."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from learning.lane.token import Claims, Signer, signer_from

from .models import StudySession

KIND = "study"
HEADER = "X-Study-Token"
LIFE = timedelta(hours=48)  # longer than an offline replay may be old


@cache
def signer() -> Signer:
    """The site's; the lane makes the same one from the same secret."""
    return signer_from(settings, salt="learning.study.token")


def study_token(session: StudySession, *, now: datetime) -> str:
    """A token for the session's owner; it names the activity as well, which saves the lane a look-up."""
    claims = Claims(KIND, str(session.pk), str(session.user_id), now + LIFE, str(session.activity_id))
    return signer().sign(claims)


def read_token(token: str, *, session_id: int, now: datetime) -> Claims:
    """The claims of a good token for this session. Raises BadToken."""
    return signer().verify(token, kind=KIND, of=str(session_id), now=now)
