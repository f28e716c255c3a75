"""A token opens as it was signed, and no other text opens at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from learning.lane.token import BadToken, Claims, Signer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
fields = st.text("ABCXYZabcxyz0189_-", min_size=1, max_size=12)
claims_given = st.builds(
    Claims,
    kind=fields,
    id=fields,
    user=fields,
    expires_at=st.integers(1, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    extra=st.just("") | fields,
)
signer = Signer("secret", fallbacks=["older"])


def opens(token: str, kind: str) -> bool:
    try:
        signer.verify(token, kind=kind, now=NOW)
    except BadToken:
        return False
    return True


@given(claims_given)
def test_what_was_signed_comes_back(claims: Claims) -> None:
    assert signer.verify(signer.sign(claims), kind=claims.kind, now=NOW) == claims


@given(claims_given, st.data())
def test_no_changed_character_is_accepted(claims: Claims, data: st.DataObject) -> None:
    token = signer.sign(claims)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters() | st.sampled_from("Aa0_-.="))
    assume(other != token[at])
    assert not opens(token[:at] + other + token[at + 1 :], claims.kind)


@given(claims_given, st.data())
def test_no_shorter_or_longer_token_is_accepted(claims: Claims, data: st.DataObject) -> None:
    token = signer.sign(claims)
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, len(token)))
    assume(end - start < len(token))
    assert not opens(token[start:end], claims.kind)
    assert not opens(token + data.draw(st.text(min_size=1)), claims.kind)


@given(claims_given, claims_given)
def test_the_signature_of_one_token_does_not_fit_another(one: Claims, other: Claims) -> None:
    assume(one != other)
    said = signer.sign(one).rpartition(".")[0]
    signature = signer.sign(other).rpartition(".")[2]
    assert not opens(f"{said}.{signature}", one.kind)


@given(claims_given, fields)
def test_a_token_serves_no_other_purpose(claims: Claims, kind: str) -> None:
    assume(kind != claims.kind)
    assert not opens(signer.sign(claims), kind)
    assert not opens(Signer("secret", salt="other purpose").sign(claims), claims.kind)
