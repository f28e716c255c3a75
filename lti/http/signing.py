"""Our own key for what we sign: kept encrypted under SECRET_KEY, the first made when it is first wanted. When keys come
and go is services/keys.py."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, cast

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction
from jwt.algorithms import RSAAlgorithm

from learning.organisation.models import User
from learning.organisation.services.audit import record
from lti.models import ToolKey

logger = logging.getLogger(__name__)

BITS = 2048
MAKING = 6210  # names the lock under which one process at a time makes and retires keys
MOST_PARSED = 20


class SigningKey(NamedTuple):
    kid: str
    private: RSAPrivateKey


_parsed: OrderedDict[str, RSAPrivateKey] = OrderedDict()  # ciphertext → the key


def signing_key(now: datetime) -> SigningKey:
    """The newest key that may sign at `now`. Where there is none that can be read (none at all, or SECRET_KEY was
    replaced without its fallback), one is made and signs at once."""
    found = _newest(now)
    if found is not None:
        return found
    private = generate_private_key(public_exponent=65537, key_size=BITS)  # slow, so before the lock
    with making():
        return _newest(now) or _opened(keep(private, by=None, now=now, active_from=now))


def keep(private: RSAPrivateKey, *, by: User | None, now: datetime, active_from: datetime) -> ToolKey:
    """A new key of ours, encrypted, published from now on; the audit log says so. Inside `making` only."""
    public = public_jwk(private)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    made = ToolKey.objects.create(
        kid=public["kid"],
        private_encrypted=_sealer().encrypt(pem).decode(),
        public_jwk=public,
        created_at=now,
        active_from=active_from,
    )
    record(actor=by, action="tool_key.made", obj=made, now=now)
    return made


def reseal(row: ToolKey) -> str | None:
    """The ciphertext under today's SECRET_KEY, where another of SECRET_KEY_FALLBACKS made it; None where nothing is to
    do or nothing can be done."""
    sealed = row.private_encrypted.encode()
    try:
        _sealers()[0].decrypt(sealed)
    except InvalidToken:
        try:
            return _sealer().rotate(sealed).decode()
        except InvalidToken:
            return None
    return None


@contextmanager
def making() -> Iterator[None]:
    """One transaction at a time makes or retires keys. SQLite's writers stand in line anyway."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
        yield


def public_jwk(private: RSAPrivateKey) -> dict[str, Any]:
    """The public part as platforms read it; its kid is the key's thumbprint."""
    made = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    numbers = {"n": made["n"], "e": made["e"]}
    return {"kty": "RSA", **numbers, "kid": thumbprint(numbers), "use": "sig", "alg": "RS256"}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638 §3: SHA-256 of the required members of an RSA key, in this order and without blanks."""
    bare = orjson.dumps({"e": jwk["e"], "kty": "RSA", "n": jwk["n"]})
    return urlsafe_b64encode(sha256(bare).digest()).rstrip(b"=").decode()


def forget() -> None:
    """Drops what this process holds of private keys."""
    _parsed.clear()


def _newest(now: datetime) -> SigningKey | None:
    for row in ToolKey.objects.published(now).filter(active_from__lte=now).order_by("-active_from", "-pk"):
        try:
            return _opened(row)
        except InvalidToken:
            logger.error("Tool key %s cannot be read: SECRET_KEY was changed without its fallback", row.kid)
    return None


def _opened(row: ToolKey) -> SigningKey:
    private = _parsed.get(row.private_encrypted)
    if private is None:
        pem = _sealer().decrypt(row.private_encrypted.encode())
        private = cast("RSAPrivateKey", serialization.load_pem_private_key(pem, None))
        _parsed[row.private_encrypted] = private
        while len(_parsed) > MOST_PARSED:
            _parsed.popitem(last=False)
    return SigningKey(row.kid, private)


def _sealer() -> MultiFernet:
    return MultiFernet(_sealers())


def _sealers() -> list[Fernet]:
    return [_fernet(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"dangxiao lti tool key")
    return Fernet(urlsafe_b64encode(derived.derive(secret.encode())))
