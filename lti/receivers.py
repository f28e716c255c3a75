"""What exams tell the grade outbox, inside their own transaction: rows are written, and a worker is woken on commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from question_bank.exams.models import Attempt, Release
from question_bank.exams.signals import attempts_marked, attempts_taken_back, release_changed

from .models import GradeDelivery, LineItem, ResourceLink
from .services import outbox
from .services.columns import column_ready, column_wanted
from .tasks import deliver_grades, fill_column, find_column, look_again_at_column

Cause = GradeDelivery.Cause


def connect() -> None:
    attempts_marked.connect(on_marked, dispatch_uid="lti.marked")
    attempts_taken_back.connect(on_taken_back, dispatch_uid="lti.taken_back")
    release_changed.connect(on_release, dispatch_uid="lti.release")
    column_ready.connect(on_column_ready, dispatch_uid="lti.column_ready")
    column_wanted.connect(on_column_wanted, dispatch_uid="lti.column_wanted")
    post_save.connect(on_column_saved, sender=LineItem, dispatch_uid="lti.column_saved")


def on_marked(closed: Sequence[Any], now: datetime, **_kwargs: Any) -> None:
    """Also after a regrade."""
    _wake(outbox.put_attempts(attempts=[each.attempt for each in closed], cause=Cause.MARKED, now=now))


def on_taken_back(attempts: Sequence[Attempt], now: datetime, **_kwargs: Any) -> None:
    _wake(outbox.put_attempts(attempts=attempts, cause=Cause.TAKEN_BACK, now=now))


def on_release(release: Release, now: datetime, **_kwargs: Any) -> None:
    _wake(outbox.put_release(release=release, now=now))


def on_column_ready(line_item: LineItem, **_kwargs: Any) -> None:
    def queue() -> None:
        fill_column.delay(line_item.pk)
        look_again_at_column.apply_async((line_item.pk,), countdown=2 * outbox.KEPT_FOR.seconds)

    transaction.on_commit(queue, robust=True)


def on_column_saved(**_kwargs: Any) -> None:
    outbox.forget()


def on_column_wanted(link: ResourceLink, **_kwargs: Any) -> None:
    transaction.on_commit(lambda: find_column.delay(link.pk), robust=True)


def _wake(rows: int) -> None:
    if rows:
        transaction.on_commit(deliver_grades.delay, robust=True)  # without a broker the sweep does it
