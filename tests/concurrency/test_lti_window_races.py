"""One ticket into a window of its own, used by several at once: one window opens. PostgreSQL, each try on its own
connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from lti.core.refusals import Refused
from lti.models import WindowTicket
from lti.services import windows
from tests.factories import NOW, make_user
from tests.lti.factories import make_platform

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TRIES = 6


def opened_at_once(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many windows open when everybody has found the ticket before anybody takes it."""
    found, waiting = Barrier(TRIES), windows._waiting
    ticket = windows.make_ticket(
        by=make_user(), platform_id=make_platform().pk, launch=uuid4(), address="/exams/", now=NOW
    )

    def all_found(asked: str) -> WindowTicket | None:
        row = waiting(asked)
        found.wait(timeout=20)
        return row

    monkeypatch.setattr(windows, "_waiting", all_found)

    def run(_: int) -> int:
        try:
            windows.take_ticket(ticket=ticket, now=NOW)
        except Refused:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(TRIES) as pool:
        return sum(pool.map(run, range(TRIES)))


def test_one_ticket_opens_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened_at_once(monkeypatch) == 1


def test_without_the_taking_one_ticket_opens_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(windows, "_taken", lambda found: True)
    assert opened_at_once(monkeypatch) == TRIES
