"""Which key of a platform is taken, how often it is asked, and what holds while it does not answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.cache import cache
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from lti.core.refusals import Refusal, Refused
from lti.http import fetching, jwks
from lti.http.fetching import Answer, Reach, Unreachable, Why
from tests.factories import NOW

URL = "https://lms.example.edu/jwks"
REACH = Reach(("https://lms.example.edu",))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Platform:
    """Publishes `keys`, or what `says` says; None = it is down."""

    def __init__(self) -> None:
        self.keys: list[Any] | None = []
        self.says: str | None = None
        self.status = 200
        self.asked = 0

    def fetch(self, method: str, url: str, *, reach: Reach, now: datetime, accept: str) -> Answer:
        self.asked += 1
        assert (method, url, reach) == ("GET", URL, REACH)
        if self.keys is None:
            raise Unreachable(Why.TIMED_OUT, "no answer")
        text = self.says if self.says is not None else fetching.json_text.dumps({"keys": self.keys})
        return Answer(self.status, {}, text)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    made = Platform()
    monkeypatch.setattr(jwks, "fetch", made.fetch)
    return made


def jwk(pair: rsa.RSAPrivateKey, kid: str = "a", **more: Any) -> dict[str, Any]:
    public: dict[str, Any] = RSAAlgorithm.to_jwk(pair.public_key(), as_dict=True)
    public.pop("key_ops", None)
    return {name: value for name, value in {**public, "kid": kid, **more}.items() if value is not None}


def find(kid: str = "a", now: datetime = NOW) -> jwt.PyJWK:
    return jwks.find_key(jwks_url=URL, kid=kid, reach=REACH, now=now)


def refusal(kid: str = "a", now: datetime = NOW) -> Refusal:
    with pytest.raises(Refused) as caught:
        find(kid, now)
    return caught.value.code


def test_key_is_read_once_an_hour_and_parsed_once(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair)]
    key = find()
    assert find(now=NOW + HOUR - timedelta(seconds=1)) is key
    assert platform.asked == 1
    find(now=NOW + HOUR)
    assert platform.asked == 2


def test_found_key_verifies_what_the_platform_signed(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair)]
    token = jwt.encode({"sub": "1"}, pair, algorithm="RS256")
    assert jwt.decode(token, find(), algorithms=["RS256"]) == {"sub": "1"}


def test_other_process_reads_the_shared_set(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair)]
    find()
    jwks.forget()
    find()
    assert platform.asked == 1


def test_hundred_launches_at_once_ask_once(
    platform: Platform, pair: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.keys = [jwk(pair)]
    gate, answer = threading.Event(), platform.fetch

    def slow(*args: Any, **kwargs: Any) -> Answer:
        gate.wait(5)
        return answer(*args, **kwargs)

    monkeypatch.setattr(jwks, "fetch", slow)
    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(find) for _ in range(100)]
        gate.set()
        assert len({id(each.result()) for each in found}) == 1
    assert platform.asked == 1


def test_new_key_of_a_rotation_is_found_at_once(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair, "a")]
    find("a")
    platform.keys = [jwk(pair, "a"), jwk(pair, "b")]
    assert find("b").key_id == "b"
    assert platform.asked == 2


def test_unknown_key_is_looked_for_once_a_minute(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair)]
    find()
    for second in range(0, 60, 10):
        assert refusal("x", NOW + timedelta(seconds=second)) is Refusal.UNKNOWN_KID
    assert platform.asked == 2
    assert refusal("x", NOW + MINUTE) is Refusal.UNKNOWN_KID
    assert platform.asked == 3


def test_strangers_who_invent_ids_cannot_make_us_flood_the_platform(
    platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [jwk(pair)]
    find()
    for n in range(50):
        refusal(f"x{n}")
    assert platform.asked == 1 + jwks.REFETCHES_A_MINUTE


def test_withdrawn_key_is_gone_with_the_next_answer(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair, "a")]
    find("a")
    platform.keys = [jwk(pair, "b")]
    find("b")
    assert refusal("a", NOW + MINUTE) is Refusal.UNKNOWN_KID


def test_last_good_set_holds_for_a_week_while_the_platform_is_down(
    platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [jwk(pair)]
    key = find()
    platform.keys = None
    for hours in (1, 2, 167):
        assert find(now=NOW + hours * HOUR) is key
    assert refusal(now=NOW + 168 * HOUR) is Refusal.KEYS_UNREACHABLE


def test_platform_that_is_down_is_asked_once_a_minute(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [jwk(pair)]
    find()
    platform.keys = None
    for second in range(60):
        find(now=NOW + HOUR + timedelta(seconds=second))
    assert platform.asked == 2
    platform.keys = [jwk(pair), jwk(pair, "b")]
    assert find("b", NOW + HOUR + MINUTE).key_id == "b"


def test_key_that_the_last_set_lacks_is_unreachable_and_not_unknown(
    platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [jwk(pair)]
    find()
    platform.keys = None
    assert refusal("b") is Refusal.KEYS_UNREACHABLE


def test_first_failure_is_not_repeated_by_every_launch(platform: Platform) -> None:
    platform.keys = None
    for _ in range(5):
        assert refusal() is Refusal.KEYS_UNREACHABLE
    assert platform.asked == 1


@pytest.mark.parametrize(
    "says", ["<!doctype html>", "[]", "null", '{"keys": {}}', "{}", '{"keys": [' + "[" * 9000]
)
def test_what_is_no_key_set_keeps_the_last_good_one(
    says: str, platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [jwk(pair)]
    key = find()
    platform.says = says
    assert find(now=NOW + HOUR) is key
    jwks.forget()
    cache.clear()
    assert refusal() is Refusal.KEYS_UNREACHABLE


def test_error_page_with_keys_is_no_answer(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys, platform.status = [jwk(pair)], 500
    assert refusal() is Refusal.KEYS_UNREACHABLE


@pytest.mark.parametrize("more", [{"alg": None}, {"use": None}, {"use": "sig", "alg": "RS256"}])
def test_key_without_alg_or_use_is_taken(
    more: dict[str, Any], platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [jwk(pair, **more)]
    assert find().key_id == "a"


def _weak() -> dict[str, Any]:
    return jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def _elliptic() -> dict[str, Any]:
    made: dict[str, Any] = ECAlgorithm.to_jwk(
        ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True
    )
    return {**made, "kid": "a"}


def test_weak_key_is_refused_as_weak(platform: Platform) -> None:
    platform.keys = [_weak()]
    assert refusal() is Refusal.WEAK_KEY


def test_key_of_another_kind_is_refused(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    unusable: list[dict[str, Any]] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
        _elliptic(),
        jwk(pair, use="enc"),
        jwk(pair, alg="HS256"),
        jwk(pair, alg="none"),
        jwk(pair, n="AQAB" * 5000),
        jwk(pair, n=7),
        jwk(pair, e=None),
        {"kid": "a"},
    ]
    for said in unusable:
        jwks.forget()
        cache.clear()
        platform.keys = [said]
        assert refusal() in (Refusal.UNKNOWN_KID, Refusal.WEAK_KEY)


def test_entries_that_are_no_keys_do_not_hide_the_good_one(
    platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [
        None,
        "key",
        7,
        [],
        {},
        {"kid": 3},
        _elliptic(),
        jwk(pair, "b"),
        jwk(pair, "b", use="enc"),
    ]
    assert find("b").key_id == "b"


def test_only_so_many_keys_are_looked_at(platform: Platform, pair: rsa.RSAPrivateKey) -> None:
    platform.keys = [{"kid": str(n)} for n in range(jwks.MOST_KEYS)] + [jwk(pair, "late")]
    assert refusal("late") is Refusal.UNKNOWN_KID


def test_private_part_that_a_platform_publishes_by_mistake_is_not_kept(
    platform: Platform, pair: rsa.RSAPrivateKey
) -> None:
    platform.keys = [{**RSAAlgorithm.to_jwk(pair, as_dict=True), "kid": "a"}]
    find()
    kept = cache.get(jwks._name(URL))["keys"][0]
    assert set(kept) <= {"kty", "kid", "use", "alg", "n", "e"}
