"""From the frame into a window of its own: a one-time ticket, because the window has none of the frame's cookies."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import Resolver404, get_script_prefix, resolve

from learning.organisation.models import User
from lti.core.hashing import hashed
from lti.core.refusals import Refusal, Refused
from lti.models import Platform, WindowTicket

TICKET_LIFE = timedelta(minutes=2)  # to find the button and press it
ADDRESS_LENGTH = 500


def own_page(address: str) -> bool:
    """Whether it is the path of a page of ours, with or without a query: nothing that a browser could read as another
    site's, nothing that leads nowhere."""
    prefix = get_script_prefix()
    path = address.partition("?")[0].partition("#")[0]
    if len(address) > ADDRESS_LENGTH or not path.startswith(prefix) or path.startswith("//"):
        return False
    if any(ord(char) <= ord(" ") or char == "\\" for char in address):
        return False
    try:
        resolve("/" + path.removeprefix(prefix))
    except Resolver404:
        return False
    return True


def make_ticket(*, by: User, platform_id: int, launch: UUID, address: str, now: datetime) -> str:
    """The ticket that opens this page of ours in a new window as `by`, within two minutes. Raises Refused."""
    if not own_page(address):
        raise Refused(Refusal.BAD_TARGET, "the page to open in a new window is none of ours")
    ticket = secrets.token_urlsafe(32)
    WindowTicket.objects.filter(expires_at__lte=now).delete()
    WindowTicket.objects.create(
        token_hash=hashed(ticket),
        platform_id=platform_id,
        user=by,
        launch=launch,
        address=address,
        expires_at=now + TICKET_LIFE,
    )
    return ticket


def take_ticket(*, ticket: str, now: datetime) -> WindowTicket:
    """What the ticket opens, with user and platform; it is good for once. Raises Refused."""
    found = _waiting(ticket)
    if found is None or not _taken(found):
        raise Refused(Refusal.TICKET_UNKNOWN, "no window waits for this ticket, or it was opened")
    if found.expires_at <= now:
        raise Refused(Refusal.TICKET_EXPIRED, "the ticket is older than two minutes")
    if found.platform.state != Platform.State.ACTIVE:
        raise Refused(Refusal.INACTIVE_PLATFORM, "the platform was switched off meanwhile")
    if not found.user.is_active:
        raise Refused(Refusal.ACCOUNT_INACTIVE, "the account was switched off meanwhile")
    return found


def _waiting(ticket: str) -> WindowTicket | None:
    rows = WindowTicket.objects.select_related("user", "platform")
    return rows.filter(token_hash=hashed(ticket)).first() if ticket else None


def _taken(found: WindowTicket) -> bool:
    """Of several that come at once one deletes the row."""
    return bool(WindowTicket.objects.filter(pk=found.pk).delete()[0])
