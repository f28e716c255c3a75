"""The public keys of platforms. A set is kept for an hour: raw in Django's cache for all processes, parsed in this one
(a launch parses no RSA key). While a platform's keys cannot be read, the last good set goes on holding."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.cache import cache
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from lti.core.refusals import Refusal, Refused

from .fetching import Reach, Unreachable, Why, fetch

FRESH = timedelta(hours=1)
# A certificate that lapses over a holiday must not stop an exam; a key that was withdrawn goes with the next answer.
LAST_GOOD = timedelta(days=7)
TRY_AGAIN = timedelta(minutes=1)  # after a platform did not answer, and for a key it did not have
REFETCHES_A_MINUTE = 10  # for unknown keys of one URL, over all processes: strangers can invent key ids
MOST_KEYS = 100
SMALLEST_KEY, LARGEST_KEY = 2048, 16384  # bits
ALGORITHMS = (None, "RS256")  # Open edX names none


@dataclass(frozen=True)
class _Set:
    """A platform's keys as they were read at `at`, and why those that are not usable are not."""

    at: datetime
    keys: dict[str, PyJWK]
    unusable: dict[str, Refused]


_sets: dict[str, _Set] = {}
_missed: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # (url, kid) → when it was looked for in vain
_failed: dict[str, datetime] = {}  # url → when it did not answer
_one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def find_key(*, jwks_url: str, kid: str, reach: Reach, now: datetime) -> PyJWK:
    """The platform's RSA key of that id. Raises Refused: unknown_kid, weak_key, keys_unreachable. May ask the platform
    (up to five seconds): never inside a transaction."""
    kept = _sets.get(jwks_url)
    known = kept.keys.get(kid) if kept is not None and now - kept.at < LAST_GOOD else None
    if kept is not None and known is not None and now - kept.at < FRESH:
        return known
    lock = _one_at_a_time[jwks_url]
    # While one asks, the others go on with the last good set; those who have nothing wait for what it brings.
    if known is None:
        lock.acquire()
    elif not lock.acquire(blocking=False):
        return known
    try:
        kept = _current(jwks_url, kid, reach=reach, now=now)
    finally:
        lock.release()
    if kid in kept.keys:
        return kept.keys[kid]
    if kid in kept.unusable:
        raise kept.unusable[kid]
    if jwks_url in _failed:
        raise Refused(Refusal.KEYS_UNREACHABLE, "the last set lacks the key, and no newer one can be read")
    raise Refused(Refusal.UNKNOWN_KID, "the platform publishes no key of this id")


def _current(url: str, kid: str, *, reach: Reach, now: datetime) -> _Set:
    kept = _newest(url)
    if kept is None or now - kept.at >= FRESH:
        return _renewed(url, kept, reach=reach, now=now)
    if kid not in kept.keys and _may_look_again(url, kid, now):
        return _renewed(url, kept, reach=reach, now=now)
    return kept


def forget() -> None:
    """Drops what this process holds; the shared cache stays."""
    for remembered in (_sets, _missed, _failed, _one_at_a_time):
        remembered.clear()


def _name(url: str) -> str:
    return f"lti:jwks:{sha256(url.encode()).hexdigest()}"


def _newest(url: str) -> _Set | None:
    """The set of this process, or that of another process that read a newer one."""
    kept, shared = _sets.get(url), cache.get(_name(url))
    if shared is not None:
        at = datetime.fromisoformat(shared["at"])
        if kept is None or at > kept.at:
            kept = _sets[url] = _parsed(shared["keys"], at)
    return kept


def _renewed(url: str, kept: _Set | None, *, reach: Reach, now: datetime) -> _Set:
    """The set as the platform publishes it now; the last good one where it does not answer. Raises Refused
    (keys_unreachable) where there is none, or none young enough."""
    holding = kept if kept is not None and now - kept.at < LAST_GOOD else None
    failed_at = _failed.get(url)
    if failed_at is not None and timedelta(0) <= now - failed_at < TRY_AGAIN:
        if holding is None:
            raise Refused(Refusal.KEYS_UNREACHABLE, "the platform's keys could not be read a moment ago")
        return holding
    try:
        raw = _read(url, reach=reach, now=now)
    except Unreachable as error:
        _failed[url] = now
        if holding is None:
            raise Refused(Refusal.KEYS_UNREACHABLE, f"the platform's keys: {error}") from error
        return holding
    _failed.pop(url, None)
    cache.set(_name(url), {"at": now.isoformat(), "keys": raw}, LAST_GOOD.total_seconds())
    renewed = _sets[url] = _parsed(raw, now)
    return renewed


def _read(url: str, *, reach: Reach, now: datetime) -> list[dict[str, Any]]:
    answer = fetch("GET", url, reach=reach, now=now, accept="application/jwk-set+json, application/json")
    if not answer.ok:
        raise Unreachable(Why.BAD_STATUS, f"the answer is HTTP {answer.status}", status=answer.status)
    said = answer.json()
    keys = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(keys, list):
        raise Unreachable(Why.NOT_JSON, "the answer is no JWK set", status=answer.status)
    # Public parts alone: a platform that publishes a private key by mistake shall not have it in our cache.
    names = ("kty", "kid", "use", "alg", "n", "e")
    return [
        {name: key[name] for name in names if isinstance(key.get(name), str)}
        for key in keys[:MOST_KEYS]
        if isinstance(key, dict)
    ]


def _may_look_again(url: str, kid: str, now: datetime) -> bool:
    """Whether an id that the set lacks is worth a question: once a minute each, and few of one URL in all."""
    tried = _missed.get((url, kid))
    if tried is not None and timedelta(0) <= now - tried < TRY_AGAIN:
        return False
    _missed[url, kid] = now
    while len(_missed) > 1000:
        _missed.popitem(last=False)
    spent = f"{_name(url)}:{int(now.timestamp()) // 60}"
    cache.add(spent, 0, 120)
    try:
        return cache.incr(spent) <= REFETCHES_A_MINUTE
    except ValueError:  # it lapsed between the two
        return True


def _parsed(raw: list[dict[str, Any]], at: datetime) -> _Set:
    keys: dict[str, PyJWK] = {}
    unusable: dict[str, Refused] = {}
    for said in raw:
        kid = said.get("kid", "")
        if not kid or kid in keys:
            continue
        try:
            keys[kid] = _key(said)
        except Refused as fault:
            unusable[kid] = fault
    return _Set(at, keys, unusable)


def _key(said: dict[str, Any]) -> PyJWK:
    if said.get("kty") != "RSA" or said.get("use", "sig") != "sig" or said.get("alg") not in ALGORITHMS:
        raise Refused(Refusal.UNKNOWN_KID, "the key of this id is not one for RS256 signatures")
    if len(said.get("n", "")) > LARGEST_KEY // 6 + 4:  # six bits a character
        raise Refused(Refusal.UNKNOWN_KID, f"the key of this id is longer than {LARGEST_KEY} bits")
    try:
        key = PyJWK(said, algorithm="RS256")
    except (PyJWTError, ValueError, TypeError) as error:
        raise Refused(Refusal.UNKNOWN_KID, "the key of this id cannot be read") from error
    if not isinstance(key.key, RSAPublicKey):
        raise Refused(Refusal.UNKNOWN_KID, "the key of this id is no public key")
    if key.key.key_size < SMALLEST_KEY:
        raise Refused(Refusal.WEAK_KEY, f"the key has {key.key.key_size} bits, not {SMALLEST_KEY}")
    return key
