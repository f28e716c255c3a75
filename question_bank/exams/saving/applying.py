"""Ops applied in Django's own transaction: the plain form, and the outbox that a submit carries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from learning.lane.conversation import hold
from question_bank.exams.models import Attempt

from .ops import Op
from .replies import OpsReply
from .statements import Dialect, PostgresqlDialect, SqliteDialect
from .writing import Memory, Saving, save_batch

DIALECTS: dict[str, Dialect] = {"postgresql": PostgresqlDialect(), "sqlite": SqliteDialect()}


def apply_ops(
    *,
    attempt: Attempt,
    client: str,
    ops: Sequence[Op],
    now: datetime,
    viewer: bool = False,
    fingerprint: str = "",
    memory: Memory | None = None,
) -> OpsReply:
    """What became of the ops. The caller is in a transaction and holds the lock on the attempt's row; the attempt's
    lease and totals in memory are those of the row afterwards. `memory`: of the caller's earlier calls, if there are."""
    memory = memory or Memory(papers={}, seen_at={})
    saving = Saving(attempt.pk, client, ops, viewer=viewer, fingerprint=fingerprint)
    batch = save_batch([saving], now=now, dialect=DIALECTS[connection.vendor], memory=memory)
    with connection.cursor() as cursor:
        (judged,) = hold(batch, cursor)
    if judged is None:
        raise Attempt.DoesNotExist
    if judged.new_client:
        attempt.lease_client = client
    if judged.tally:
        attempt.away_ms, attempt.other_ms, attempt.away_count = judged.tally
    return judged.reply
