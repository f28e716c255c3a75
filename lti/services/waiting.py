"""A launch whose browser brings no cookie: it waits until the platform's storage has told the browser's secret, and goes on
in a window of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from lti.core.hashing import hashed
from lti.core.reading import read_message
from lti.core.refusals import Refusal, Refused
from lti.models import Launch

from .launching import Landing, Received, land
from .logins import held_by_browser, login_of
from .recording import shown
from .windows import make_ticket

WAITING = "waiting"  # the launch's code until then
TICKET_LIFE = timedelta(minutes=2)


def wait_for_storage(received: Received, *, in_frame: bool, now: datetime) -> tuple[Launch, str]:
    """Keeps a launch whose browser must still be told by the platform's storage: (row, one-time ticket)."""
    ticket = secrets.token_urlsafe(32)
    launch = Launch.objects.create(
        platform=received.login.platform,
        login=received.login,
        at=now,
        code=WAITING,
        message_type=received.message.message_type,
        issuer=received.login.platform.issuer,
        claims=shown(received.message.raw),
        in_frame=in_frame,
        ticket_hash=hashed(ticket),
    )
    return launch, ticket


def finish_by_storage(
    *, ticket: str, secret: str, ours: Callable[[str], bool], now: datetime
) -> tuple[Landing, str]:
    """Lands a waiting launch once the browser has shown the secret out of the platform's storage: where to, and the
    one-time ticket that opens it in a window of its own. Raises Refused."""
    launch = _ticketed(ticket, now=now)
    login = launch.login
    if launch.code != WAITING or login is None:
        raise Refused(Refusal.TICKET_USED, "the ticket was used")
    login_of(login.state, now=now)
    if not held_by_browser(login, secret):
        raise Refused(Refusal.STORAGE_MISMATCH, "the platform's storage holds no secret of this log-in")
    message = read_message(launch.claims, ours=ours)
    landing = land(
        Received(login, message), bound_by=Launch.BoundBy.STORAGE, in_frame=False, now=now, launch=launch
    )
    ticket = make_ticket(
        by=landing.person.user,
        platform_id=login.platform_id,
        launch=launch.pk,
        address=landing.address,
        now=now,
    )
    return landing, ticket


def _ticketed(ticket: str, *, now: datetime) -> Launch:
    rows = Launch.objects.select_related("login")
    launch = rows.filter(ticket_hash=hashed(ticket)).first() if ticket else None
    if launch is None:
        raise Refused(Refusal.TICKET_UNKNOWN, "no launch waits for this ticket")
    if launch.at + TICKET_LIFE <= now:
        raise Refused(Refusal.TICKET_EXPIRED, "the ticket is older than two minutes")
    return launch
