"""Which tokens a lane takes, from where, and for which object."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from learning.lane.guard import Guard, token_in_body
from learning.lane.http import Request
from learning.lane.problems import Problem
from learning.lane.token import Claims, Signer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = Signer("secret")
CLAIMS = Claims("attempt", "41", "7", NOON + timedelta(hours=1))
TOKEN = SIGNER.sign(CLAIMS)


def guard(keep: int = 10) -> Guard:
    return Guard(SIGNER, kind="attempt", header="X-Attempt-Token", keep=keep)


def claims(
    of: Guard, token: object, id_: str = "41", *, now: datetime = NOON, header: bool = False
) -> Claims:
    headers = {b"x-attempt-token": str(token).encode("latin-1")} if header else {}
    return of.claims(Request(id_, headers, b""), {} if header else {"token": token}, now=now)


@pytest.mark.parametrize("header", [True, False])
def test_good_token_is_taken_from_header_and_body_again_and_again(header: bool) -> None:
    taker = guard()
    assert [claims(taker, TOKEN, header=header) for _ in range(3)] == [CLAIMS] * 3


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("token", "id_", "now"),
    [
        (TOKEN, "42", NOON),
        (TOKEN, "041", NOON),
        (TOKEN, "abc", NOON),
        (TOKEN, "41", CLAIMS.expires_at),
        (SIGNER.sign(replace(CLAIMS, kind="study")), "41", NOON),
        (Signer("other").sign(CLAIMS), "41", NOON),
        (TOKEN[:-1], "41", NOON),
        ("", "41", NOON),
        (None, "41", NOON),
        (41, "41", NOON),
    ],
)
def test_any_other_is_a_bad_token_also_where_the_good_one_is_known(
    known: bool, token: object, id_: str, now: datetime
) -> None:
    taker = guard()
    if known:
        claims(taker, TOKEN)
    with pytest.raises(Problem) as refused:
        claims(taker, token, id_, now=now)
    assert refused.value.code == "bad_token"
    assert claims(taker, TOKEN) == CLAIMS


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (b'{"token": "a.b"}', "a.b"),
        (b'{"token": 7}', ""),
        (b'{"ops": [{"token": "a.b"}]}', ""),
        (b"", ""),
        (b"no JSON", ""),
    ],
)
def test_a_beacons_token_is_in_its_body(body: bytes, token: str) -> None:
    assert token_in_body(body, most=99) == token


@pytest.mark.parametrize(("body", "code"), [(b'"token"', "malformed"), (b'{"token": "a.b"} ', "too_large")])
def test_a_body_that_cannot_be_read_has_no_token(body: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        token_in_body(body, most=16)
    assert refused.value.code == code


def test_what_was_forgotten_is_read_again() -> None:
    taker = guard(keep=1)
    other = Claims("attempt", "42", "7", NOON + timedelta(hours=1))
    for _ in range(2):
        assert claims(taker, TOKEN) == CLAIMS
        assert claims(taker, SIGNER.sign(other), "42") == other
