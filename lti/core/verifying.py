"""Whether an id_token may be believed: signature, issuer, audience, times, nonce; the strictest reading.

Only RS256, the default of 1EdTech's Security Framework 1.0 (§5.1.3 step 6) and all that its certification knows:
one algorithm leaves nothing to confuse. The moment is an argument; PyJWT checks the signature and nothing else.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWS
from jwt.exceptions import InvalidSignatureError, InvalidTokenError

from lti.core import claims
from lti.core.reading import read_message, read_notice
from lti.core.refusals import Refusal, Refused
from lti.core.typed import check_storable

__all__ = [
    "ALGORITHM",
    "Header",
    "Peeked",
    "Refusal",
    "Refused",
    "peek",
    "read_header",
    "read_message",
    "read_notice",
    "verify",
]

ALGORITHM: Final = "RS256"
LONGEST_TOKEN: Final = 64 * 1024  # characters; a launch has 2 to 6 thousand
SMALLEST_KEY: Final = 2048  # bits; 1EdTech Security Framework 1.0 §6.1
_LONGEST_KID: Final = 255
_JWS = PyJWS(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class Header:
    """Which key a token says it is signed with."""

    kid: str
    alg: str


@dataclass(frozen=True, slots=True)
class Peeked:
    """What an unverified token says of its origin: enough to look the platform up, and for nothing else."""

    iss: str
    aud: tuple[str, ...]
    azp: str
    deployment_id: str


def read_header(token: str) -> Header:
    """The header of a token, unverified. Raises Refused: malformed, bad_alg (anything but RS256), no_kid.

    The JWK itself may be without `alg`, as those of Open edX are.
    """
    header = _segment(token, 0)
    alg, kid = header.get("alg"), header.get("kid")
    if alg != ALGORITHM:
        raise Refused(Refusal.BAD_ALG, f"the token is signed with {str(alg)[:20]!r}, not {ALGORITHM}")
    if "crit" in header or header.get("b64", True) is not True:
        raise Refused(Refusal.MALFORMED, "the header asks for an extension that we do not know")
    if kid is None or kid == "":
        raise Refused(Refusal.NO_KID, "the header names no key (kid)")
    if not isinstance(kid, str) or len(kid) > _LONGEST_KID:
        raise Refused(Refusal.MALFORMED, "the kid of the header is no short string")
    check_storable(kid)
    return Header(kid=kid, alg=ALGORITHM)


def peek(token: str) -> Peeked:
    """Whom an unverified token says it is from and for. Raises Refused(malformed).

    Members of the wrong type read as empty: `verify` will refuse them by name.
    """
    payload = _segment(token, 1)
    aud = payload.get("aud")
    audience = [aud] if isinstance(aud, str) else aud if isinstance(aud, list) else []

    def text(name: str) -> str:
        value = payload.get(name)
        return value if isinstance(value, str) else ""

    peeked = Peeked(
        iss=text("iss"),
        aud=tuple(item for item in audience if isinstance(item, str)),
        azp=text("azp"),
        deployment_id=text(claims.DEPLOYMENT_ID),
    )
    check_storable([peeked.iss, *peeked.aud, peeked.azp, peeked.deployment_id])
    return peeked


def verify(
    token: str,
    *,
    key: PyJWK | RSAPublicKey,
    issuer: str,
    client_id: str,
    nonce: str | None,
    now: datetime,
    skew: timedelta = timedelta(seconds=60),
    oldest: timedelta = timedelta(hours=1),
) -> Mapping[str, Any]:
    """The claims of `token`, believed (1EdTech Security Framework 1.0 §5.1.3). Raises Refused.

    `nonce` is that of the login which this token answers; None for a notice, which answers none: then it must
    have a nonce, and the caller sees that it is new. `skew` is how far the platform's clock may differ from
    ours, `oldest` how long ago the token may have been issued.
    """
    read_header(token)
    payload = _signed(token, _rsa(key))
    check_storable(payload)
    _check_parties(payload, issuer=issuer, client_id=client_id)
    _check_times(payload, now=now.timestamp(), skew=skew.total_seconds(), oldest=oldest.total_seconds())
    given = payload.get("nonce")
    if not isinstance(given, str) or not given:
        raise Refused(Refusal.BAD_NONCE, "the nonce claim is missing or no string")
    if nonce is not None and not hmac.compare_digest(given.encode(), nonce.encode()):
        raise Refused(Refusal.BAD_NONCE, "the nonce is not that of this login")
    return payload


def _segment(token: str, index: int) -> dict[str, Any]:
    """The JSON object in one segment of a compact JWS (RFC 7515 §3.1)."""
    if len(token) > LONGEST_TOKEN:
        raise Refused(Refusal.MALFORMED, f"the token is longer than {LONGEST_TOKEN} characters")
    segments = token.split(".")
    if len(segments) != 3:
        raise Refused(Refusal.MALFORMED, "the token has not three segments")
    text = segments[index]
    try:
        decoded = json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Refused(Refusal.MALFORMED, f"segment {index} is no JSON ({type(error).__name__})") from None
    if not isinstance(decoded, dict):
        raise Refused(Refusal.MALFORMED, f"segment {index} is no JSON object")
    return decoded


def _rsa(key: PyJWK | RSAPublicKey) -> RSAPublicKey:
    if isinstance(key, PyJWK):
        if key.algorithm_name != ALGORITHM or key.public_key_use not in {None, "sig"}:
            raise Refused(Refusal.BAD_ALG, "the platform's key is not for signing with RS256")
        key = key.key
    if not isinstance(key, RSAPublicKey):
        raise Refused(Refusal.BAD_ALG, "the platform's key is no public RSA key")
    if key.key_size < SMALLEST_KEY:
        raise Refused(Refusal.WEAK_KEY, f"the platform's key has {key.key_size} bits, not {SMALLEST_KEY}")
    return key


def _signed(token: str, key: RSAPublicKey) -> dict[str, Any]:
    try:
        body = _JWS.decode_complete(token, key, algorithms=[ALGORITHM])["payload"]
    except InvalidSignatureError:
        raise Refused(Refusal.BAD_SIGNATURE, "the signature does not hold under the platform's key") from None
    except InvalidTokenError as error:
        raise Refused(Refusal.MALFORMED, f"the token cannot be read ({type(error).__name__})") from None
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(Refusal.MALFORMED, f"the claims are no JSON ({type(error).__name__})") from None
    if not isinstance(payload, dict):
        raise Refused(Refusal.MALFORMED, "the claims are no JSON object")
    return payload


def _check_parties(payload: Mapping[str, Any], *, issuer: str, client_id: str) -> None:
    if payload.get("iss") != issuer:
        raise Refused(Refusal.BAD_ISSUER, "iss is not the issuer of this platform")
    aud, azp = payload.get("aud"), payload.get("azp")
    audience = [aud] if isinstance(aud, str) else aud
    if not isinstance(audience, list) or not all(isinstance(item, str) for item in audience):
        raise Refused(Refusal.BAD_AUDIENCE, "aud is missing, or neither a string nor a list of strings")
    if client_id not in audience:
        raise Refused(Refusal.BAD_AUDIENCE, "aud does not name our client_id")
    if azp is None and len(audience) > 1:
        raise Refused(Refusal.BAD_AZP, "aud names several, and no azp says who is meant")
    if azp is not None and azp != client_id:
        raise Refused(Refusal.BAD_AZP, "azp is not our client_id")


def _check_times(payload: Mapping[str, Any], *, now: float, skew: float, oldest: float) -> None:
    issued, expires = _instant(payload, "iat", Refusal.BAD_IAT), _instant(payload, "exp", Refusal.BAD_EXP)
    if issued > now + skew:
        raise Refused(Refusal.NOT_YET, f"iat is {issued - now:.0f} s ahead of our clock")
    if issued < now - oldest:
        raise Refused(Refusal.OLD_IAT, f"the token was issued {now - issued:.0f} s ago")
    if expires <= now - skew:
        raise Refused(Refusal.EXPIRED, f"the token expired {now - expires:.0f} s ago")
    if payload.get("nbf") is not None and _instant(payload, "nbf", Refusal.NOT_YET) > now + skew:
        raise Refused(Refusal.NOT_YET, "nbf is ahead of our clock")


def _instant(payload: Mapping[str, Any], name: str, refusal: Refusal) -> float:
    """A NumericDate (RFC 7519 §2) in seconds; a boolean is none, although Python counts with it."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise Refused(refusal, f"{name} is missing or no date in seconds")
    return float(value)
