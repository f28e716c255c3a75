"""Two syncs of one course's roster at the same moment. PostgreSQL, each on its own connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from learning.organisation.models import GroupMember, User
from lti.core import claims
from lti.http.fetching import Answer
from lti.models import Context, ContextMember, PlatformUser
from lti.services import rosters
from question_bank.exams.models import Candidate
from tests.factories import NOW, make_exam
from tests.lti.factories import make_context, make_link

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
URL = "https://lms1.example.edu/memberships"
LATER = NOW + timedelta(seconds=1)


def roster(*subs: str, meet: Barrier | None = None) -> Callable[..., Answer]:
    """A platform that names these learners; with `meet` both syncs have read before either goes on."""
    members = [
        {"user_id": sub, "status": "Active", "roles": [claims.MEMBERSHIP_LEARNER], "name": sub}
        for sub in subs
    ]

    def call(*_args: Any, **_how: Any) -> Answer:
        if meet is not None:
            meet.wait(timeout=20)
        return Answer(200, {}, json.dumps({"members": members}))

    return call


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    def run(act: Callable[[], Any]) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def course() -> Context:
    return make_context(roster_url=URL)


def current() -> set[str]:
    rows = GroupMember.objects.filter(removed_at=None)
    return set(rows.values_list("user__platform_users__sub", flat=True))


@pytest.mark.parametrize("_again", range(3))
def test_two_syncs_make_each_person_once(course: Context, _again: int) -> None:
    make_link(course, exam=make_exam(unit=course.platform.unit))
    meet, subs = Barrier(2), [f"p{n}" for n in range(40)]
    one = roster(*subs, meet=meet)
    two = roster(*reversed(subs), meet=meet)
    at_once(lambda: rosters.sync(course, now=NOW, call=one), lambda: rosters.sync(course, now=NOW, call=two))
    assert current() == set(subs)
    assert User.objects.filter(platform_users__isnull=False).count() == 40
    for rows in (PlatformUser, ContextMember, GroupMember, Candidate):
        assert rows.objects.count() == 40, rows


def _earlier_and_later(course: Context, meet: Barrier | None, done: Event) -> None:
    """The roster of the sync that was begun earlier still names somebody whom the later one does not."""

    def later() -> None:
        rosters.sync(course, now=LATER, call=roster("stays", meet=meet))
        done.set()

    earlier = roster("stays", "left", meet=meet)
    at_once(lambda: rosters.sync(course, now=NOW, call=earlier), later)


@pytest.mark.parametrize("_again", range(5))
def test_the_sync_that_was_begun_later_has_the_last_word(course: Context, _again: int) -> None:
    _earlier_and_later(course, Barrier(2), Event())
    assert current() == {"stays"}
    course.refresh_from_db()
    assert course.roster_at == LATER


def test_without_the_lock_an_earlier_sync_undoes_a_later_one(
    course: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both have looked whether a later one came first; then the later one acts first."""
    meet, done, apply = Barrier(2), Event(), rosters._apply

    def held_up(context: Context, listed: Any, by: Any, now: datetime) -> Any:
        meet.wait(timeout=20)
        if now == NOW:
            done.wait(timeout=20)
        return apply(context, listed, by, now)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
    monkeypatch.setattr(rosters, "_apply", held_up)
    _earlier_and_later(course, None, done)
    assert current() == {"stays", "left"}
