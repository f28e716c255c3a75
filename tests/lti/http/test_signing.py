"""Our own key: encrypted in the database, made once, read again by every process."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import jwt
import pytest

from learning.organisation.models import AuditEntry
from lti.http import signing
from lti.http.signing import signing_key
from lti.models import ToolKey
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_first_key_is_made_once_and_signs_at_once() -> None:
    kid, private = signing_key(NOW)
    assert signing_key(NOW).kid == kid
    row = ToolKey.objects.get()
    assert (row.kid, row.created_at, row.active_from, row.retires_at) == (kid, NOW, NOW, None)
    token = jwt.encode({"a": 1}, private, algorithm="RS256")
    assert jwt.decode(token, jwt.PyJWK(row.public_jwk), algorithms=["RS256"]) == {"a": 1}
    entry = AuditEntry.objects.get(action="tool_key.made")
    assert (entry.actor, entry.object_name) == (None, kid)


def test_name_of_a_key_is_its_thumbprint() -> None:
    # RFC 7638 §3.1
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    assert signing.thumbprint({"n": n, "e": "AQAB"}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    public = signing.public_jwk(signing_key(NOW).private)
    assert set(public) == {"kty", "n", "e", "kid", "use", "alg"}
    assert public["kid"] == signing.thumbprint(public)


def test_key_is_parsed_once_by_a_process() -> None:
    assert signing_key(NOW).private is signing_key(NOW + timedelta(days=1)).private


def test_database_holds_nothing_readable(settings: Any) -> None:
    signing_key(NOW)
    row = ToolKey.objects.get()
    assert "PRIVATE" not in row.private_encrypted
    assert "d" not in row.public_jwk
    signing.forget()
    settings.SECRET_KEY = "quite another secret, long enough for the purpose"
    assert signing.reseal(row) is None


def test_key_is_read_under_an_old_secret_and_sealed_anew(settings: Any) -> None:
    old = settings.SECRET_KEY
    kid = signing_key(NOW).kid
    signing.forget()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "quite another secret, long enough", [old]
    assert signing_key(NOW).kid == kid
    row = ToolKey.objects.get()
    sealed = signing.reseal(row)
    assert sealed is not None
    row.private_encrypted = sealed
    assert signing.reseal(row) is None
    row.save()
    signing.forget()
    settings.SECRET_KEY_FALLBACKS = []
    assert signing_key(NOW).kid == kid


def test_secret_that_was_lost_means_a_new_key_and_a_word_in_the_log(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    lost = signing_key(NOW).kid
    signing.forget()
    settings.SECRET_KEY = "quite another secret, long enough"
    with caplog.at_level(logging.ERROR):
        found = signing_key(NOW + timedelta(hours=1)).kid
    assert found != lost
    assert lost in caplog.text
    assert ToolKey.objects.count() == 2


def test_key_that_does_not_sign_yet_or_is_retired_is_not_taken() -> None:
    first = signing_key(NOW).kid
    ToolKey.objects.update(retires_at=NOW + timedelta(days=2))
    with signing.making():
        later = signing.keep(
            signing.generate_private_key(public_exponent=65537, key_size=2048),
            by=None,
            now=NOW,
            active_from=NOW + timedelta(days=1),
        )
    assert signing_key(NOW + timedelta(hours=23)).kid == first
    assert signing_key(NOW + timedelta(days=1)).kid == later.kid
    ToolKey.objects.filter(pk=later.pk).update(retires_at=NOW + timedelta(days=1))
    assert signing_key(NOW + timedelta(days=1)).kid == first
