"""Ops applied in Django's own transaction: the plain form, and the outbox that a submit carries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from learning.lane.conversation import Row, Rows, Statement
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
) -> OpsReply:
    """What became of the ops. The caller is in a transaction and holds the lock on the attempt's row; the attempt's
    lease and totals in memory are those of the row afterwards."""
    memory = Memory(papers={}, seen_at={})
    saving = Saving(attempt.pk, client, ops, viewer=viewer, fingerprint=fingerprint)
    batch = save_batch([saving], now=now, dialect=DIALECTS[connection.vendor], memory=memory)
    with connection.cursor() as cursor:
        statements = next(batch)
        while True:
            rows = [_run(cursor, statement) for statement in statements]
            try:
                statements = batch.send(rows)
            except StopIteration as done:
                judged = done.value[0]
                break
    if judged is None:
        raise Attempt.DoesNotExist
    if judged.new_client:
        attempt.lease_client = client
    if judged.tally:
        attempt.away_ms, attempt.other_ms, attempt.away_count = judged.tally
    reply: OpsReply = judged.reply
    return reply


def _run(cursor: CursorWrapper, statement: Statement) -> Rows:
    if not statement.each:
        cursor.execute(statement.sql, statement.parameters)
        return cursor.fetchall() if statement.reads else []
    rows: list[Row] = []
    for parameters in statement.parameters:
        cursor.execute(statement.sql, parameters)
        rows += cursor.fetchall() if statement.reads else ()
    return rows
