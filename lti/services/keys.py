"""When our own keys come and go: published a day before they sign, and a day longer than what they signed lives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.db.models import Q

from learning.organisation.models import User
from learning.organisation.services.audit import record
from lti.http.signing import BITS, SigningKey, keep, making, reseal, signing_key
from lti.models import ToolKey

__all__ = [
    "LEAD",
    "LIFE",
    "LONGEST_TOKEN",
    "SigningKey",
    "public_set",
    "rotate",
    "rotate_if_old",
    "signing_key",
]

LEAD = timedelta(hours=24)  # platforms may keep our JWKS for as long
LONGEST_TOKEN = timedelta(hours=1)  # of what we sign: assertions 5 min, deep-linking answers less than this
LIFE = timedelta(days=180)


def public_set(now: datetime) -> dict[str, Any]:
    """Our JWKS at `now`: every key that signs, signed lately or will sign soon, the newest first."""
    signing_key(now)  # the first is made by whoever asks first
    rows = ToolKey.objects.published(now).order_by("-active_from", "-pk")
    return {"keys": [row.public_jwk for row in rows]}


def rotate(*, by: User | None, now: datetime, at_once: bool = False) -> ToolKey:
    """The key that signs next: a new one in 24 hours, or the one that already waits; the others leave 24 hours and a
    token's life after. `at_once`, for a key that leaked: a new one signs now and all others are gone now."""
    private = generate_private_key(public_exponent=65537, key_size=BITS)
    with making():
        published = ToolKey.objects.published(now)
        waiting = published.filter(active_from__gt=now).order_by("active_from", "pk").first()
        if waiting is not None and not at_once:
            return waiting
        signs_from = now + LEAD if published.exists() and not at_once else now
        leaves_at = now if at_once else signs_from + LEAD + LONGEST_TOKEN
        _keep_readable()
        published.filter(Q(retires_at=None) | Q(retires_at__gt=leaves_at)).update(retires_at=leaves_at)
        made = keep(private, by=by, now=now, active_from=signs_from)
        record(actor=by, action="tool_key.rotated", obj=made, data={"at_once": at_once}, now=now)
    return made


def rotate_if_old(now: datetime) -> ToolKey | None:
    """For once a day: a new key when the newest has signed for 180 days, else None. Keys that have left lose their
    private part; those under an old SECRET_KEY are encrypted anew."""
    with making():
        _keep_readable()
        ToolKey.objects.filter(retires_at__lte=now).exclude(private_encrypted="").update(private_encrypted="")
        newest = ToolKey.objects.published(now).order_by("-active_from").first()
    if newest is None or newest.active_from + LIFE > now:
        return None
    return rotate(by=None, now=now)


def _keep_readable() -> None:
    """Encrypts under today's SECRET_KEY what one of its fallbacks encrypted, so that the fallback may go."""
    for row in ToolKey.objects.exclude(private_encrypted=""):
        sealed = reseal(row)
        if sealed is not None:
            ToolKey.objects.filter(pk=row.pk).update(private_encrypted=sealed)
