"""Log-ins are kept for an hour, launches for thirty; a launch outlives its log-in."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from learning.project.celery import app
from lti import tasks
from lti.models import Launch, Login, Platform, WindowTicket
from lti.services import retention
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db


def make_login(platform: Platform, *, ago: timedelta) -> Login:
    at = NOW - ago
    return Login.objects.create(
        state=f"state-{at:%d%H%M%S}", nonce="n", browser_hash="0" * 64, platform=platform,
        created_at=at, expires_at=at + timedelta(minutes=10),
    )  # fmt: skip


@pytest.fixture
def platform() -> Platform:
    return Platform.objects.create(name="平台", issuer="https://lms.example.edu", client_id="1")


def test_a_login_goes_after_an_hour_and_its_launch_stays(platform: Platform) -> None:
    old = make_login(platform, ago=timedelta(hours=1, seconds=1))
    launch = Launch.objects.create(platform=platform, login=old, at=NOW - timedelta(days=1))
    fresh = make_login(platform, ago=timedelta(minutes=59))
    assert retention.drop_old(now=NOW) == (1, 0)
    assert list(Login.objects.all()) == [fresh]
    launch.refresh_from_db()
    assert launch.login is None


def test_a_launch_goes_after_thirty_days(platform: Platform) -> None:
    Launch.objects.create(platform=platform, at=NOW - timedelta(days=30, seconds=1))
    kept = Launch.objects.create(platform=platform, at=NOW - timedelta(days=30))
    assert retention.drop_old(now=NOW) == (0, 1)
    assert list(Launch.objects.all()) == [kept]


def test_more_than_one_batch_is_dropped(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    Launch.objects.bulk_create(Launch(platform=platform, at=NOW - timedelta(days=31)) for _ in range(5))
    assert retention.drop_old(now=NOW) == (0, 5)


def test_a_ticket_that_nobody_used_goes_when_it_is_over(platform: Platform) -> None:
    user = make_user()
    for n, left in enumerate((timedelta(seconds=-1), timedelta(seconds=1))):
        WindowTicket.objects.create(
            token_hash=str(n),
            platform=platform,
            user=user,
            launch=uuid4(),
            address="/",
            expires_at=NOW + left,
        )
    retention.drop_old(now=NOW)
    assert [ticket.token_hash for ticket in WindowTicket.objects.all()] == ["1"]


def test_it_is_done_each_night(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    Launch.objects.create(platform=platform, at=NOW - timedelta(days=31))
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert tasks.drop_old.name in scheduled
    tasks.drop_old()
    assert not Launch.objects.exists()
