"""What the inspector keeps of launches that were refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.cache import cache

from lti.core.claims import Message
from lti.core.hashing import hashed
from lti.core.refusals import Refused
from lti.core.typed import storable
from lti.models import Launch, Platform

from .redacting import redact

RECORDED_EVERY_S = 3600  # one row an hour for each issuer that nobody registered
# Rows an hour for what nobody has signed: of all issuers that nobody registered together, and of each platform.
STRANGERS_RECORDED, UNSIGNED_RECORDED = 100, 200

log = logging.getLogger("dangxiao.lti")


def shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The claims as the inspector may show them: without what would let somebody answer a log-in."""
    return {name: value for name, value in raw.items() if name != "nonce"}


def keep_refusal(
    refused: Refused,
    *,
    now: datetime,
    platform: Platform | None = None,
    issuer: str = "",
    message: Message | None = None,
) -> Launch | None:
    """Writes down why, for the inspector. What the platform has signed always; of the rest a few rows an hour, lest
    strangers fill the table: anybody may invent issuers, and read a client id in their browser."""
    if message is None and not _worth_a_row(platform, issuer):
        return None
    launch = Launch.objects.create(
        platform=platform,
        at=now,
        code=refused.code.value,
        detail=redact(refused.detail)[:500] if storable(refused.detail) else "",
        issuer=issuer[:255] if storable(issuer) else "",
        message_type=message.message_type if message else "",
        claims=shown(message.raw) if message else {},
    )
    log.info("launch %s refused: %s", launch.pk, refused.code)
    return launch


def _worth_a_row(platform: Platform | None, issuer: str) -> bool:
    if platform is not None:
        return _within(f"lti:unsigned:{platform.pk}", UNSIGNED_RECORDED)
    name = f"lti:refused:{hashed(issuer)}"
    if cache.get(name) or not _within("lti:strangers", STRANGERS_RECORDED):
        return False
    return cache.add(name, 1, RECORDED_EVERY_S)


def _within(counter: str, most: int) -> bool:
    """Counts one more of this hour; whether it is among the first."""
    cache.add(counter, 0, RECORDED_EVERY_S)
    try:
        return cache.incr(counter) <= most
    except ValueError:  # it lapsed between the two
        return True
