"""Signed tokens: what they carry, when they end, and what is refused. Tampering is in tests/properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from learning.lane.token import BadToken, Claims, Signer, signer_from

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
CLAIMS = Claims("attempt", "41", "7", NOON + timedelta(hours=1), "viewer")


def test_a_token_gives_its_claims_back() -> None:
    signer = Signer("secret")
    assert signer.verify(signer.sign(CLAIMS), kind="attempt", now=NOON) == CLAIMS


def test_a_token_is_good_until_its_expiry_and_not_at_it() -> None:
    signer = Signer("secret")
    token = signer.sign(CLAIMS)
    signer.verify(token, kind="attempt", now=CLAIMS.expires_at - timedelta(microseconds=1))
    with pytest.raises(BadToken):
        signer.verify(token, kind="attempt", now=CLAIMS.expires_at)


def test_a_token_of_another_kind_salt_or_secret_is_refused() -> None:
    token = Signer("secret").sign(CLAIMS)
    for signer, kind in (
        (Signer("secret"), "study"),
        (Signer("secret", salt="other"), "attempt"),
        (Signer("other"), "attempt"),
    ):
        with pytest.raises(BadToken):
            signer.verify(token, kind=kind, now=NOON)


def test_a_rotated_secret_still_opens_old_tokens_until_it_is_dropped() -> None:
    old = Signer("old").sign(CLAIMS)
    assert Signer("new", fallbacks=["old"]).verify(old, kind="attempt", now=NOON) == CLAIMS
    assert Signer("new", fallbacks=["old"]).sign(CLAIMS) == Signer("new").sign(CLAIMS)
    with pytest.raises(BadToken):
        Signer("new").verify(old, kind="attempt", now=NOON)


def test_a_token_is_refused_for_another_object_than_it_names() -> None:
    signer = Signer("secret")
    token = signer.sign(CLAIMS)
    assert signer.verify(token, kind="attempt", of="41", now=NOON) == CLAIMS
    for other in ("42", "4", "041", ""):
        with pytest.raises(BadToken):
            signer.verify(token, kind="attempt", of=other, now=NOON)


def test_the_sites_signer_takes_its_secret_and_those_it_had() -> None:
    site = SimpleNamespace(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"])
    assert signer_from(site).sign(CLAIMS) == Signer("new").sign(CLAIMS)
    assert signer_from(site).verify(Signer("old").sign(CLAIMS), kind="attempt", now=NOON) == CLAIMS
    assert signer_from(site, salt="other").sign(CLAIMS) == Signer("new", salt="other").sign(CLAIMS)


@pytest.mark.parametrize("field", ["kind", "id", "user", "extra"])
@pytest.mark.parametrize("text", ["a.b", "a b", "党", "a\n"])
def test_a_field_that_could_be_read_two_ways_is_never_signed(field: str, text: str) -> None:
    fields = {"kind": "attempt", "id": "1", "user": "1", "extra": ""} | {field: text}
    with pytest.raises(ValueError, match="not a token field"):
        Signer("secret").sign(Claims(expires_at=NOON, **fields))


@pytest.mark.parametrize("field", ["kind", "id", "user"])
def test_only_extra_may_be_empty(field: str) -> None:
    fields = {"kind": "attempt", "id": "1", "user": "1"} | {field: ""}
    with pytest.raises(ValueError, match="not a token field"):
        Signer("secret").sign(Claims(expires_at=NOON, **fields))


@pytest.mark.parametrize(
    "token", ["", ".", ".....", "attempt.41.7.9999999999.", "令牌", "\udcff", "a" * 10_000]
)
def test_rubbish_is_a_bad_token_and_no_other_error(token: str) -> None:
    with pytest.raises(BadToken):
        Signer("secret").verify(token, kind="attempt", now=NOON)
