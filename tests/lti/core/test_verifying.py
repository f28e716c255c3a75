"""Whether an id_token may be believed: each line of the conformance list that a token decides, good and bad."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from lti.core.verifying import Peeked, Refusal, Refused, peek, read_header, verify
from tests.lti.platforms.signing import SigningPlatform, rsa_key

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLATFORM = SigningPlatform()


def verified(
    token: str, *, now: datetime = NOW, key: Any = None, nonce: str | None = "nonce-1"
) -> Mapping[str, Any]:
    return verify(
        token,
        key=jwt.PyJWK(PLATFORM.jwk()) if key is None else key,
        issuer=PLATFORM.issuer,
        client_id=PLATFORM.client_id,
        nonce=nonce,
        now=now,
    )


def refusal(run: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as refused:
        run()
    assert "eyJ" not in str(refused.value), "the token must not reach the log"
    return refused.value.code


def launch(**overrides: Any) -> str:
    return PLATFORM.id_token(now=NOW, **overrides)


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_plain_launch_is_believed() -> None:
    assert verified(launch())["sub"] == "user-1"


def test_key_without_alg_is_believed_as_open_edx_publishes_it() -> None:
    bare = SigningPlatform(names_alg=False)
    assert "alg" not in bare.jwk()
    assert verified(bare.id_token(now=NOW), key=jwt.PyJWK(bare.jwk()))


def test_public_key_object_serves_as_well_as_a_jwk() -> None:
    assert verified(launch(), key=rsa_key(1).public_key())


@pytest.mark.parametrize(
    "aud",
    ["client-1", ["client-1"]],
)
def test_audience_is_a_string_or_a_list_of_one(aud: object) -> None:
    assert verified(launch(aud=aud))


@pytest.mark.parametrize("aud", [["client-1", "other"], ["other", "client-1"]])
def test_audience_list_names_us_anywhere_when_azp_says_so(aud: list[str]) -> None:
    assert verified(launch(aud=aud, azp="client-1"))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"iss": "https://evil.example"}, Refusal.BAD_ISSUER),
        ({"iss": "https://platform.example.edu/"}, Refusal.BAD_ISSUER),
        ({"iss": None}, Refusal.BAD_ISSUER),
        ({"aud": None}, Refusal.BAD_AUDIENCE),
        ({"aud": "other"}, Refusal.BAD_AUDIENCE),
        ({"aud": []}, Refusal.BAD_AUDIENCE),
        ({"aud": ["other"]}, Refusal.BAD_AUDIENCE),
        ({"aud": {"client-1": 1}}, Refusal.BAD_AUDIENCE),
        ({"aud": ["client-1", 7]}, Refusal.BAD_AUDIENCE),
        ({"aud": "client-1 other"}, Refusal.BAD_AUDIENCE),
        ({"aud": ["client-1", "other"]}, Refusal.BAD_AZP),
        ({"aud": ["client-1", "other"], "azp": "other"}, Refusal.BAD_AZP),
        ({"azp": "other"}, Refusal.BAD_AZP),
        ({"azp": ""}, Refusal.BAD_AZP),
        ({"iat": None}, Refusal.BAD_IAT),
        ({"iat": "1772352000"}, Refusal.BAD_IAT),
        ({"iat": True}, Refusal.BAD_IAT),
        ({"iat": -1}, Refusal.BAD_IAT),
        ({"iat": 1e300}, Refusal.BAD_IAT),
        ({"exp": None}, Refusal.BAD_EXP),
        ({"exp": False}, Refusal.BAD_EXP),
        ({"exp": [1]}, Refusal.BAD_EXP),
        ({"nonce": None}, Refusal.BAD_NONCE),
        ({"nonce": ""}, Refusal.BAD_NONCE),
        ({"nonce": 1}, Refusal.BAD_NONCE),
        ({"nonce": "nonce of another login"}, Refusal.BAD_NONCE),
        ({"nonce": "nonce-1é"}, Refusal.BAD_NONCE),
        ({"nbf": "soon"}, Refusal.NOT_YET),
        ({"name": "a\0b"}, Refusal.MALFORMED),
        ({"extra": {"x": {"y": [float("nan")]}}}, Refusal.MALFORMED),
        ({"extra": {"\ud800": 1}}, Refusal.MALFORMED),
    ],
)
def test_claim_that_does_not_hold_is_refused_by_its_name(
    overrides: dict[str, Any], expected: Refusal
) -> None:
    assert refusal(lambda: verified(launch(**overrides))) is expected


@pytest.mark.parametrize(
    ("seconds", "overrides", "expected"),
    [
        (-60, {}, None),
        (-61, {}, Refusal.NOT_YET),
        (3600, {"exp": int(NOW.timestamp()) + 9999}, None),
        (3601, {"exp": int(NOW.timestamp()) + 9999}, Refusal.OLD_IAT),
        (119, {"exp": int(NOW.timestamp()) + 60}, None),
        (120, {"exp": int(NOW.timestamp()) + 60}, Refusal.EXPIRED),
        (0, {"nbf": int(NOW.timestamp()) + 60}, None),
        (0, {"nbf": int(NOW.timestamp()) + 61}, Refusal.NOT_YET),
        (0, {"iat": NOW.timestamp() + 0.5}, None),
    ],
)
def test_clocks_may_differ_by_a_minute_and_no_more(
    seconds: int, overrides: dict[str, Any], expected: Refusal | None
) -> None:
    def run() -> object:
        return verified(launch(**overrides), now=NOW + seconds * SECOND)

    if expected is None:
        assert run()
    else:
        assert refusal(run) is expected


def test_notice_needs_a_nonce_but_not_that_of_a_login() -> None:
    assert verified(launch(nonce="theirs"), nonce=None)
    assert refusal(lambda: verified(launch(nonce=None), nonce=None)) is Refusal.BAD_NONCE
    assert refusal(lambda: verified(launch(nonce=""), nonce=None)) is Refusal.BAD_NONCE


def test_token_without_kid_is_refused() -> None:
    token = PLATFORM.sign(PLATFORM.payload(now=NOW), kid=None)
    assert refusal(lambda: read_header(token)) is Refusal.NO_KID


@pytest.mark.parametrize("kid", ["x" * 256, "a\0b"])
def test_kid_that_no_column_holds_is_refused(kid: str) -> None:
    token = PLATFORM.sign(PLATFORM.payload(now=NOW), kid=kid)
    assert refusal(lambda: read_header(token)) is Refusal.MALFORMED


def test_header_names_the_key() -> None:
    assert read_header(launch()).kid == "key-1"


def unsigned(alg: str, payload: dict[str, Any]) -> str:
    return f"{segment({'alg': alg, 'kid': 'key-1'})}.{segment(payload)}."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "RS512", "ES256", "PS256", ""])
def test_any_other_algorithm_is_refused(alg: str) -> None:
    token = unsigned(alg, PLATFORM.payload(now=NOW))
    assert refusal(lambda: read_header(token)) is Refusal.BAD_ALG
    assert refusal(lambda: verified(token)) is Refusal.BAD_ALG


def test_public_key_used_as_hmac_secret_is_refused() -> None:
    pem = (
        rsa_key(1)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    for alg in ("HS256", "RS256"):
        signed = f"{segment({'alg': alg, 'kid': 'key-1'})}.{segment(PLATFORM.payload(now=NOW))}"
        mac = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), hashlib.sha256)).rstrip(b"=")
        token = f"{signed}.{mac.decode()}"
        assert refusal(lambda token=token: verified(token)) in {Refusal.BAD_ALG, Refusal.BAD_SIGNATURE}


def test_key_in_the_header_is_not_used() -> None:
    stranger = SigningPlatform(first_key=2)
    token = jwt.encode(
        PLATFORM.payload(now=NOW),
        rsa_key(2),
        algorithm="RS256",
        headers={"kid": "key-1", "jwk": stranger.jwk()},
    )
    assert refusal(lambda: verified(token)) is Refusal.BAD_SIGNATURE


def test_signature_of_another_platform_is_refused() -> None:
    token = SigningPlatform(first_key=2).id_token(now=NOW)
    assert refusal(lambda: verified(token)) is Refusal.BAD_SIGNATURE


def test_changed_claim_breaks_the_signature() -> None:
    header, _, signature = launch().split(".")
    forged = f"{header}.{segment(PLATFORM.payload(now=NOW, sub='somebody else'))}.{signature}"
    assert refusal(lambda: verified(forged)) is Refusal.BAD_SIGNATURE


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
def test_small_rsa_key_is_refused() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    token = PLATFORM.sign(PLATFORM.payload(now=NOW), key=weak)
    assert refusal(lambda: verified(token, key=weak.public_key())) is Refusal.WEAK_KEY


def test_key_that_is_no_rsa_key_for_signing_is_refused() -> None:
    curve = json.loads(
        jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
    )
    secret = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    for jwk in (curve, secret, PLATFORM.jwk() | {"use": "enc"}, PLATFORM.jwk() | {"alg": "RS512"}):
        key = jwt.PyJWK(jwk)
        assert refusal(lambda key=key: verified(launch(), key=key)) is Refusal.BAD_ALG


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "....",
        "é.b.c",
        f"{segment([1])}.{segment({})}.x",
        f"{segment('x')}.{segment({})}.x",
        "x" * (64 * 1024 + 1),
        base64.urlsafe_b64encode(b"[" * 30_000).decode() + ".e30.x",
        base64.urlsafe_b64encode(b'{"alg":"RS256","kid":' + b"9" * 5000 + b"}").decode() + ".e30.x",
        f"{segment({'alg': 'RS256', 'kid': 'k', 'crit': ['b64'], 'b64': False})}.e30.x",
        f"{segment({'alg': 'RS256', 'kid': 7})}.e30.x",
    ],
)
def test_what_is_no_token_is_malformed(token: str) -> None:
    assert refusal(lambda: read_header(token)) is Refusal.MALFORMED


def test_token_of_absurd_length_is_not_even_decoded() -> None:
    token = launch(extra={"long": "x" * 50_000})
    assert len(token) > 64 * 1024
    for run in (read_header, peek, verified):
        assert refusal(lambda run=run: run(token)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"x"', b"{", b"\xff", b"[" * 20_000, b'{"a":' * 50 + b"1" + b"}" * 50]
)
def test_signed_nonsense_is_malformed(body: bytes) -> None:
    token = jwt.PyJWS().encode(body, rsa_key(1), algorithm="RS256", headers={"kid": "key-1"})
    assert refusal(lambda: verified(token)) is Refusal.MALFORMED


@given(st.text(max_size=200))
def test_no_text_at_all_ends_in_another_error_than_a_refusal(token: str) -> None:
    for run in (lambda: read_header(token), lambda: peek(token), lambda: verified(token)):
        with pytest.raises(Refused):
            run()


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "azp", "iat", "exp", "nbf", "nonce"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=5,
        ),
        min_size=1,
    )
)
def test_signed_claims_of_any_shape_are_believed_or_refused_and_nothing_else(wild: dict[str, Any]) -> None:
    payload = PLATFORM.payload(now=NOW) | wild
    try:
        believed = verified(PLATFORM.sign(payload))
    except Refused:
        return
    assert believed["iss"] == PLATFORM.issuer
    assert believed["nonce"] == "nonce-1"


def test_peeking_tells_the_origin_without_believing_it() -> None:
    token = launch(aud=["client-1", "other"], azp="client-1")
    assert peek(token) == Peeked(PLATFORM.issuer, ("client-1", "other"), "client-1", "deployment-1")
    assert peek(launch(aud="client-1")).aud == ("client-1",)


@pytest.mark.parametrize("wrong", [7, None, {"a": 1}, [1, 2]])
def test_peeking_reads_wrong_types_as_empty(wrong: object) -> None:
    token = PLATFORM.sign({"aud": wrong, "azp": wrong})
    assert peek(token) == Peeked("", (), "", "")


def test_rotation_makes_the_old_key_fail_and_the_new_one_hold() -> None:
    platform = SigningPlatform()
    old = jwt.PyJWK(platform.jwk())
    platform.rotate()
    token = platform.id_token(now=NOW)
    assert read_header(token).kid == "key-2"
    assert refusal(lambda: verified(token, key=old)) is Refusal.BAD_SIGNATURE
    assert verified(token, key=jwt.PyJWK(platform.jwks()["keys"][0]))
