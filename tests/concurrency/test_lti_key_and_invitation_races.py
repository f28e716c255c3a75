"""The tool's first key and an invitation under a race: one key is made, one platform registers. PostgreSQL, each try on its
own connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from lti.core.registration import ToolUrls
from lti.http import signing
from lti.http.fetching import Answer
from lti.models import Invitation, Platform, ToolKey
from lti.services import keys, registering, self_registration
from lti.services.self_registration import RegistrationFailed
from tests.factories import NOW

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TRIES = 6
LMS = "https://lms.example.edu"
TOOL = ToolUrls(
    login="https://a.example/login", launch="https://a.example/launch", jwks="https://a.example/jwks"
)


def at_once(act: Callable[[], object]) -> list[object]:
    """The act at the same moment in several threads, each with its own connection; an error is its result."""
    barrier = Barrier(TRIES)

    def run(_: int) -> object:
        try:
            barrier.wait(timeout=20)
            return act()
        except RegistrationFailed as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(TRIES) as pool:
        return list(pool.map(run, range(TRIES)))


@contextmanager
def unlocked() -> Iterator[None]:
    with transaction.atomic():
        yield


def test_first_key_is_made_once_by_all_who_want_it() -> None:
    found = at_once(lambda: signing.signing_key(NOW).kid)
    assert ToolKey.objects.count() == 1
    assert set(found) == {ToolKey.objects.get().kid}


def test_without_the_lock_the_first_key_is_made_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: everybody has looked before anybody writes."""
    seen, newest = Barrier(TRIES), signing._newest

    def looked(now: Any) -> Any:
        found = newest(now)
        seen.wait(timeout=20)
        return found

    monkeypatch.setattr(signing, "making", unlocked)
    monkeypatch.setattr(signing, "_newest", looked)
    at_once(lambda: signing.signing_key(NOW).kid)
    assert ToolKey.objects.count() == TRIES


def test_button_pressed_by_many_makes_one_new_key() -> None:
    signing.signing_key(NOW)
    made = at_once(lambda: keys.rotate(by=None, now=NOW).kid)
    assert len(set(made)) == 1
    assert ToolKey.objects.count() == 2


@pytest.fixture
def invitation(monkeypatch: pytest.MonkeyPatch) -> Invitation:
    """Of a platform that gives each exchange a client id of its own, when all of them have asked."""
    asked, numbers = Barrier(TRIES), iter(range(TRIES))

    def fetch(method: str, url: str, **_: Any) -> Answer:
        if method == "GET":
            said: dict[str, Any] = {
                "issuer": LMS,
                "authorization_endpoint": f"{LMS}/auth",
                "token_endpoint": f"{LMS}/token",
                "jwks_uri": f"{LMS}/jwks",
                "registration_endpoint": f"{LMS}/register",
            }
        else:
            said = {"client_id": f"client-{next(numbers)}"}
            asked.wait(timeout=20)
        return Answer(200, {}, json.dumps(said))

    monkeypatch.setattr(self_registration, "fetch", fetch)
    return registering.invite(name="", by=None, now=NOW).invitation


def exchange(invitation: Invitation) -> Platform:
    return self_registration.register(
        invitation=invitation, configuration_url=f"{LMS}/configuration", access="", tool=TOOL, now=NOW
    )


def test_invitation_brought_by_many_at_once_lets_one_register(invitation: Invitation) -> None:
    results = at_once(lambda: exchange(invitation))
    assert [each.code for each in results if isinstance(each, RegistrationFailed)] == ["invitation_used"] * (
        TRIES - 1
    )
    platform = Platform.objects.get()
    assert Invitation.objects.get().platform == platform


def test_invitation_that_is_only_looked_at_lets_all_register(
    invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: used_at is read at the beginning, and nobody asks again when it is written."""
    found = Invitation.objects.filter(pk=invitation.pk)
    assert found.get().used_at is None
    monkeypatch.setattr(self_registration.Invitation, "objects", AlwaysGood(invitation.pk))
    results = at_once(lambda: exchange(invitation))
    assert not [each for each in results if isinstance(each, RegistrationFailed)]
    assert Platform.objects.count() == TRIES


class AlwaysGood:
    """Invitations whose condition is left out of the update."""

    def __init__(self, pk: int) -> None:
        self.pk = pk

    def filter(self, **_: Any) -> Any:
        return Invitation._default_manager.filter(pk=self.pk)
