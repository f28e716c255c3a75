"""SEARCH_URL, taken apart: elasticsearch://[user:password@]host[:9200][/index-prefix][?https=on&ca=/path], and the same
with opensearch://."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = ("elasticsearch", "opensearch")
PORT = 9200
PREFIX = "dangxiao"
# What servers allow in the name of an index.
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_SWITCH = {"on": True, "off": False}


class BadAddress(ValueError):
    """Says what is wrong, never the password."""


@dataclass(frozen=True, slots=True)
class Address:
    """`user` "" asks without signing in; `ca` "" trusts what the system trusts."""

    engine: str
    host: str
    port: int = PORT
    user: str = ""
    password: str = field(default="", repr=False)
    prefix: str = PREFIX
    https: bool = False
    ca: str = ""

    @property
    def node(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.https else 'http'}://{host}:{self.port}"


def address_of(url: str) -> Address:
    """BadAddress where it is not of the form above."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        # Its own words may hold a piece of the password (one with a raw "/" or "[").
        raise BadAddress("host or port cannot be read; are signs in the password %-encoded?") from None
    if parts.scheme not in ENGINES:
        raise BadAddress("it must begin with elasticsearch:// or opensearch://")
    if not parts.hostname or re.search(r"[^\w.:%-]", parts.hostname):
        raise BadAddress("the host is missing or no name of one; are signs in the password %-encoded?")
    if port == 0 or parts.fragment or "#" in url:
        raise BadAddress("host or port cannot be read; are signs in the password %-encoded?")
    prefix = parts.path.strip("/") or PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise BadAddress("the index prefix may hold small letters, digits, - and _ only")
    options = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(options)
    if len(given) < len(options) or given.keys() - {"https", "ca"}:
        raise BadAddress("after the question mark only https=on and ca=/path are known, each once")
    if given.get("https", "off") not in _SWITCH:
        raise BadAddress("https is on or off")
    https = _SWITCH[given.get("https", "off")]
    if given.get("ca") and not https:
        raise BadAddress("ca needs https=on")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise BadAddress("a user needs a password, and a password a user")
    return Address(
        engine=parts.scheme,
        host=parts.hostname,
        port=port or PORT,
        user=user,
        password=password,
        prefix=prefix,
        https=https,
        ca=given.get("ca", ""),
    )
