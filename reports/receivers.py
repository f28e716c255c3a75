"""What the exams tell, inside their transactions: each signal costs one statement, whatever its number of attempts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from learning.organisation.rows import write
from question_bank.exams.models import Attempt
from question_bank.exams.signals import attempts_marked, attempts_taken_back
from question_bank.exams.taking.closing import Closed

ASK = {
    "postgresql": "INSERT INTO reports_foldrequest (attempt_id, failed) SELECT unnest(%s::bigint[]), false",
    "sqlite": "INSERT INTO reports_foldrequest (attempt_id, failed) SELECT value, 0 FROM json_each(%s)",
}


def connect() -> None:
    """Called once, from the app's `ready`."""
    attempts_marked.connect(on_marked, dispatch_uid="reports.fold")
    attempts_taken_back.connect(on_taken_back, dispatch_uid="reports.fold")


def on_marked(closed: Sequence[Closed], **_: Any) -> None:
    ask([each.attempt.pk for each in closed])


def on_taken_back(attempts: Sequence[Attempt], **_: Any) -> None:
    ask([attempt.pk for attempt in attempts])


def ask(attempt_ids: list[int]) -> None:
    """Has the worker fold these attempts; part of the transaction that changed them."""
    ids = attempt_ids if connection.vendor == "postgresql" else json.dumps(attempt_ids)
    write(ASK[connection.vendor], [[ids]])
