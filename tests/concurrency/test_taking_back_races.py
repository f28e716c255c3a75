"""The same entry taken back twice at the same moment, on PostgreSQL; the control shows what the lock is for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from learning.organisation.models import AuditEntry, User
from learning.study.errors import NotPossible
from learning.study.models import Activity, Completion
from learning.study.services import taking_back
from learning.study.services.finishing import record_by_hand
from learning.study.services.hours import wrong_hours
from tests.concurrency.test_credited_hours import STEP_S, WAIT_S, held_open
from tests.factories import NOW, make_unit, make_user
from tests.learning.study.factories import after, make_course

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def twice() -> Callable[[], list[str]]:
    """Takes an entry back in two connections, the second while the first has not committed; how each ended."""
    member, by = make_user(unit=make_unit()), make_user()
    meeting = make_course(
        member.memberships.get().unit, kind=Activity.Kind.MEETING, held_at=NOW, nominal_minutes=90
    )
    record_by_hand(activity=meeting, users=[member], by=by, reason="签到表", now=after(60))
    ended: list[str] = []

    def once() -> None:
        try:
            told: dict[str, Any] = {"activity": meeting, "users": [User.objects.get(pk=member.pk)], "by": by}
            taking_back.take_back(**told, reason="登错了", now=after(90))
            ended.append("taken back")
        except NotPossible:
            ended.append("nothing left")

    def second() -> None:
        try:
            once()
        finally:
            connection.close()

    def run() -> list[str]:
        other = threading.Thread(target=second, daemon=True)
        with held_open(once):
            other.start()
            other.join(STEP_S)
            assert other.is_alive()  # it waits for the first
        other.join(WAIT_S)
        return ended

    return run


def test_an_entry_is_taken_back_once_by_a_double_click(twice: Callable[[], list[str]]) -> None:
    assert twice() == ["taken back", "nothing left"]
    assert not Completion.objects.exists()
    assert AuditEntry.objects.filter(action="study.take_back").count() == 1
    assert wrong_hours() == []


def test_without_the_lock_the_hours_would_go_twice(
    twice: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back, "lock_people", lambda ids: None)
    assert twice() == ["taken back", "taken back"]
    assert wrong_hours() != []
