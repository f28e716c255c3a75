"""When our keys come and go, so that no platform ever meets a signature whose key it has not had time to read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.utils import timezone

from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry
from learning.project.celery import app
from lti.http import signing
from lti.models import ToolKey
from lti.services import keys
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def published(now: datetime) -> list[str]:
    return [jwk["kid"] for jwk in keys.public_set(now)["keys"]]


def test_first_look_at_the_set_makes_the_first_key() -> None:
    assert published(NOW) == [keys.signing_key(NOW).kid]


def test_set_holds_public_parts_alone() -> None:
    (jwk,) = keys.public_set(NOW)["keys"]
    assert set(jwk) == {"kty", "n", "e", "kid", "use", "alg"}


def test_new_key_is_published_a_day_before_it_signs_and_the_old_one_stays_a_day_after() -> None:
    old = keys.signing_key(NOW).kid
    new = keys.rotate(by=None, now=NOW + DAY).kid
    begins = NOW + 2 * DAY
    assert published(NOW + DAY) == [new, old]
    assert keys.signing_key(begins - timedelta(seconds=1)).kid == old
    assert keys.signing_key(begins).kid == new
    leaves = begins + DAY + keys.LONGEST_TOKEN
    assert published(leaves - timedelta(seconds=1)) == [new, old]
    assert published(leaves) == [new]


def test_no_moment_of_a_rotation_has_a_signature_that_a_day_old_copy_of_the_set_cannot_check() -> None:
    keys.signing_key(NOW)
    keys.rotate(by=None, now=NOW + 2 * DAY)
    keys.rotate(by=None, now=NOW + 20 * DAY)
    for hour in range(24, 24 * 30):
        now = NOW + hour * HOUR
        assert keys.signing_key(now).kid in published(now - DAY), hour


def test_second_rotation_in_a_day_finds_the_waiting_key() -> None:
    keys.signing_key(NOW)
    first = keys.rotate(by=None, now=NOW)
    assert keys.rotate(by=None, now=NOW + HOUR) == first
    assert ToolKey.objects.count() == 2


def test_leaked_key_is_gone_at_once() -> None:
    by = make_user()
    leaked = keys.signing_key(NOW).kid
    waiting = keys.rotate(by=None, now=NOW).kid
    fresh = keys.rotate(by=by, now=NOW + HOUR, at_once=True).kid
    assert published(NOW + HOUR) == [fresh]
    assert keys.signing_key(NOW + HOUR).kid == fresh
    assert len({leaked, waiting, fresh}) == 3
    entry = AuditEntry.objects.get(action="tool_key.rotated", actor=by)
    assert (entry.object_name, entry.data) == (fresh, {"at_once": True})


def test_acts_on_keys_have_names() -> None:
    for act in ("tool_key.made", "tool_key.rotated"):
        assert words(act) != act


def test_key_is_changed_after_180_days_and_not_before() -> None:
    assert keys.rotate_if_old(NOW) is None  # nobody has asked for a key yet
    old = keys.signing_key(NOW).kid
    assert keys.rotate_if_old(NOW + 180 * DAY - HOUR) is None
    made = keys.rotate_if_old(NOW + 180 * DAY)
    assert made is not None
    assert made.kid != old
    assert keys.rotate_if_old(NOW + 180 * DAY + HOUR) is None  # the new one waits
    assert keys.rotate_if_old(NOW + 182 * DAY) is None


def test_beat_changes_an_old_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.signing_key(NOW)
    monkeypatch.setattr(timezone, "now", lambda: NOW + 180 * DAY)
    app.tasks["lti.rotate_keys"].apply()
    assert ToolKey.objects.count() == 2
    assert "lti.rotate_keys" in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_key_that_has_left_can_sign_no_more() -> None:
    old = keys.signing_key(NOW).kid
    keys.rotate(by=None, now=NOW, at_once=True)
    keys.rotate_if_old(NOW + DAY)
    assert ToolKey.objects.get(kid=old).private_encrypted == ""
    assert ToolKey.objects.exclude(kid=old).get().private_encrypted


def test_change_of_the_secret_leaves_no_key_under_the_old_one(settings: Any) -> None:
    before = settings.SECRET_KEY
    kid = keys.signing_key(NOW).kid
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "quite another secret, long enough", [before]
    keys.rotate_if_old(NOW + HOUR)
    settings.SECRET_KEY_FALLBACKS = []
    signing.forget()
    assert keys.signing_key(NOW + HOUR).kid == kid


def test_signing_key_is_a_name_and_a_private_key() -> None:
    kid, private = keys.signing_key(NOW)
    assert isinstance(kid, str)
    assert isinstance(private, RSAPrivateKey)
