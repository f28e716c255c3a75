"""Takes tokens out of what is shown to an administrator: none belongs there, and a platform may echo what it was sent."""

from __future__ import annotations

import re
from typing import Any

NAMES = ("id_token", "access_token", "refresh_token", "client_assertion", "client_secret", "password")
# A signed JWT: header and payload in base64url, both JSON objects, and a signature.
TOKEN = re.compile(r"eyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?")
HIDDEN = "…"


def redact(value: Any) -> Any:
    """The same claims or text without values of these names and without anything built like a signed token."""
    if isinstance(value, dict):
        return {
            redact(key): HIDDEN if str(key).rpartition("/")[2] in NAMES else redact(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [redact(part) for part in value]
    return TOKEN.sub(HIDDEN, value) if isinstance(value, str) else value
