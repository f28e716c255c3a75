"""A beat applied in Django's own transaction: one that passes the lane by, and the simulated school."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from learning.lane.conversation import hold
from learning.study.models import StudySession

from .beats import Beat
from .judging import Reply
from .statements import Dialect, PostgresqlDialect, SqliteDialect
from .writing import Beating, Memory, Refusal, beat_batch

DIALECTS: dict[str, Dialect] = {"postgresql": PostgresqlDialect(), "sqlite": SqliteDialect()}


def apply_beat(*, session: StudySession, beat: Beat, now: datetime) -> Reply | Refusal:
    """What became of the beat, durable with the transaction around it; `session` in memory stays as it was."""
    beating = Beating(session.user_id, session.pk, session.activity_id, beat)
    batch = beat_batch(
        [beating],
        now=now,
        dialect=DIALECTS[connection.vendor],
        memory=Memory(activities={}),
        zone=timezone.get_default_timezone(),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        (reply,) = hold(batch, cursor)
    return reply
