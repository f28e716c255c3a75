"""Signed tokens that need no table: who may write to which object, until when; HMAC-SHA256.

A token can be read by its holder and cannot be revoked: the state of the object decides, not the token's age.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SALT = "learning.lane.token"
_FIELD = re.compile(r"[A-Za-z0-9_-]+")


class BadToken(Exception):
    """Forged, cut, expired, or made for another purpose: the holder is never told which."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, in A-Z a-z 0-9 _ - only; `extra` may be empty, `expires_at` is cut to seconds."""

    kind: str
    id: str
    user: str
    expires_at: datetime
    extra: str = ""


class Signer:
    """Signs with a key derived from `secret`; accepts those of `fallbacks` too: a secret can be rotated."""

    def __init__(self, secret: str, *, fallbacks: Sequence[str] = (), salt: str = SALT) -> None:
        self._keys = [hmac.digest(each.encode(), salt.encode(), "sha256") for each in (secret, *fallbacks)]

    def sign(self, claims: Claims) -> str:
        """`kind.id.user.expiry.extra.signature`, safe in URLs and headers.

        ValueError if a field has a character outside the alphabet.
        """
        for name in (claims.kind, claims.id, claims.user, claims.extra or "-"):
            if not _FIELD.fullmatch(name):
                raise ValueError(f"not a token field: {name!r}")
        expiry_s = int(claims.expires_at.timestamp())
        said = f"{claims.kind}.{claims.id}.{claims.user}.{expiry_s}.{claims.extra}"
        return f"{said}.{_signature(self._keys[0], said)}"

    def verify(self, token: str, *, kind: str, now: datetime, of: str | None = None) -> Claims:
        """The claims of a token of this kind that has not expired at `now`, and is for the object with the id `of` if
        one is given; BadToken otherwise."""
        if not token.isascii():
            raise BadToken
        said, _, signature = token.rpartition(".")
        # The signature's text is compared, not its bytes: base64 has several spellings of the same bytes.
        if not any(hmac.compare_digest(_signature(key, said), signature) for key in self._keys):
            raise BadToken
        found, id_, user, expiry_s, extra = said.split(".")
        if found != kind or of not in (None, id_) or now.timestamp() >= int(expiry_s):
            raise BadToken
        return Claims(found, id_, user, datetime.fromtimestamp(int(expiry_s), UTC), extra)


def signer_from(settings: Any, *, salt: str = SALT) -> Signer:
    """The signer of a site with Django's settings of secrets; imports no Django."""
    return Signer(
        settings.SECRET_KEY, fallbacks=[str(old) for old in settings.SECRET_KEY_FALLBACKS], salt=salt
    )


def _signature(key: bytes, said: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, said.encode(), "sha256")).rstrip(b"=").decode()
