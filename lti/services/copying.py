"""A course that the platform copied: its links find what they opened before, by their history, or because a notice said
of which course this one is the copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from learning.organisation.services import groups
from lti.core.claims import SCOPE_NOTICES, Message
from lti.core.notices import CopyNotice, handler_body, read_copy_notice
from lti.core.reading import read_notice
from lti.core.verifying import Refusal, Refused, peek, read_header, verify
from lti.http.fetching import Unreachable, reach_of
from lti.http.jwks import find_key
from lti.http.tokens import call
from lti.models import Context, Deployment, Notice, Platform, ResourceLink

from . import targets

# Custom parameters of ours that the platform fills in: $ResourceLink.id.history and $Context.id.history.
LINK_HISTORY, CONTEXT_HISTORY = "link_history", "context_history"
HISTORY = {LINK_HISTORY: "$ResourceLink.id.history", CONTEXT_HISTORY: "$Context.id.history"}
MOST_ORIGINS = 20
ASKED_EVERY = timedelta(days=30)


def target_before(context: Context, message: Message) -> targets.Target | None:
    """What the link of the message opened in the course that this one is a copy of; None where nothing tells."""
    known = ResourceLink.objects.filter(context__deployment=context.deployment_id)
    known = known.exclude(exam=None, page=None).select_related("context__platform")
    for link_id in _history(message, LINK_HISTORY):
        link = known.filter(link_id=link_id).order_by("pk").first()
        if link is not None:
            return targets.target_of(link)
    if message.link is None or not message.link.title:
        return None
    origins = list(known.none())
    if context.copied_from_id:
        origins = list(known.filter(context=context.copied_from_id, title=message.link.title)[:2])
    else:
        for context_id in _history(message, CONTEXT_HISTORY):
            origins = list(known.filter(context__context_id=context_id, title=message.link.title)[:2])
            if origins:
                break
    # Two links of one name: nobody can tell which of them this is the copy of.
    return targets.target_of(origins[0]) if len(origins) == 1 else None


def _history(message: Message, name: str) -> list[str]:
    """The ids of a history, the nearest first; none where the platform left the variable as it stood."""
    said = message.custom.get(name, "")
    if said.startswith("$"):
        return []
    return [part for each in said.split(",") if (part := each.strip())][:MOST_ORIGINS]


def follow_copy(deployment: Deployment, notice: CopyNotice, *, title: str, now: datetime) -> str:
    """Remembers of which course the new one is the copy; returns what became of it, for the list of notices. The same
    notice again changes nothing."""
    try:
        with transaction.atomic():
            row = Notice.objects.create(
                platform=deployment.platform, notice_id=notice.notice_id, kind="LtiContextCopyNotice", at=now
            )
    except IntegrityError:
        return "seen"
    origin = _nearest(deployment, notice.origin_contexts)
    if origin is None:
        row.outcome = "unknown_origin"
    elif origin.context_id == notice.context_id:
        row.outcome = "itself"
    else:
        context = Context.objects.filter(deployment=deployment, context_id=notice.context_id).first()
        if context is None:
            context = Context.objects.create(
                platform=deployment.platform,
                deployment=deployment,
                context_id=notice.context_id,
                title=title[:255],
                group=groups.create_group(title=title or notice.context_id, now=now),
                created_at=now,
            )
        context.copied_from = origin
        context.save(update_fields=["copied_from"])
        row.outcome = "copied"
    row.save(update_fields=["outcome"])
    return row.outcome


def receive_notice(token: str, *, now: datetime) -> str:
    """Believes one notice of a platform and acts on it; returns what became of it. Raises Refused."""
    named = peek(token)
    rows = Platform.objects.active().filter(issuer=named.iss, client_id__in=named.aud)
    platform = rows.first()
    if platform is None:
        raise Refused(Refusal.UNKNOWN_PLATFORM, "no active platform has this issuer and audience")
    header = read_header(token)
    key = find_key(jwks_url=platform.jwks_url, kid=header.kid, reach=reach_of(platform), now=now)
    payload = verify(
        token, key=key, issuer=platform.issuer, client_id=platform.client_id, nonce=None, now=now
    )
    message = read_notice(payload)
    deployment = Deployment.objects.filter(
        platform=platform, deployment_id=message.deployment_id, state=Deployment.State.ACTIVE
    ).first()
    if deployment is None:
        raise Refused(Refusal.UNKNOWN_DEPLOYMENT, "the notice is of a deployment that is not approved")
    notice = read_copy_notice(message)
    title = message.context.title if message.context else ""
    return follow_copy(deployment, notice, title=title, now=now)


def wants_asking(platform: Platform, message: Message, *, now: datetime) -> str:
    """The address at which the platform takes handlers of notices, where it is time to give it ours; else ""."""
    if message.pns is None or message.standing not in targets.TEACHING:
        return ""
    known = platform.notices_at is not None and now - platform.notices_at < ASKED_EVERY
    return "" if known else message.pns.url


def ask_for_notices(platform: Platform, *, service_url: str, handler_url: str, now: datetime) -> None:
    """Gives the platform our address for its copy notices (PNS 1.0). A refusal is no harm: links also carry what they
    open, and are asked for their history."""
    body = handler_body(handler_url=handler_url)
    try:
        answer = call(platform, "PUT", service_url, scopes=[SCOPE_NOTICES], json=body, now=now)
    except Unreachable:
        return
    if answer.ok:
        Platform.objects.filter(pk=platform.pk).update(notices_at=now)


def _nearest(deployment: Deployment, origins: Iterable[str]) -> Context | None:
    """The first of these courses that we know."""
    wanted = list(origins)[:MOST_ORIGINS]
    known = {
        row.context_id: row for row in Context.objects.filter(deployment=deployment, context_id__in=wanted)
    }
    return next((known[each] for each in wanted if each in known), None)
