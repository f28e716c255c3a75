"""Background work with campus platforms; each task is idempotent and carries ids only."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from learning.organisation.models import User
from lti.models import Context, LineItem, Platform

from .services import columns, copying, delivering, keys, outbox, retention, rosters

# One worker at a time talks to gradebooks, and not for long: the others go on closing attempts whatever platforms do.
AT_WORK, ASKING_FOR = "lti:grades-under-way", timedelta(seconds=20)


@shared_task(name="lti.deliver_grades")
def deliver_grades() -> int:
    began = timezone.now()
    if not cache.add(AT_WORK, 1, timeout=3 * ASKING_FOR.seconds):
        return 0
    try:
        return delivering.send_due(clock=timezone.now, until=began + ASKING_FOR)
    finally:
        cache.delete(AT_WORK)


@shared_task(name="lti.fill_column")
def fill_column(line_item_id: int) -> None:
    """Outcomes that were there before the column."""
    line_item = LineItem.objects.filter(pk=line_item_id).first()
    if line_item is not None and outbox.deliver_to_column(line_item=line_item, now=timezone.now()):
        deliver_grades.delay()


@shared_task(name="lti.look_again")
def look_again_at_column(line_item_id: int) -> None:
    """Outcomes that changed while other workers did not know the column."""
    line_item = LineItem.objects.filter(pk=line_item_id).first()
    if line_item is not None:
        outbox.look_again(line_item=line_item, now=timezone.now())


@shared_task(name="lti.find_column")
def find_column(link_id: int) -> None:
    columns.column_for(link_id=link_id, now=timezone.now())


@shared_task(name="lti.mend_grades")
def mend_grades() -> None:
    """What lost messages, late comers and the study lane left: columns not asked for, outcomes never told, completions that
    came or went."""
    began = timezone.now()
    for link_id in columns.wanting(now=began):
        if timezone.now() < began + ASKING_FOR:
            columns.column_for(link_id=link_id, now=timezone.now())
    now = timezone.now()
    if outbox.put_missing(now=now) + outbox.put_completions(now=now):
        deliver_grades.delay()


@shared_task(name="lti.sync_roster")
def sync_roster(context_id: int, by_id: int | None = None) -> None:
    """One course's roster; `by_id` is the teacher who asked."""
    context = Context.objects.filter(pk=context_id).first()
    if context is not None:
        by = User.objects.filter(pk=by_id).first() if by_id else None
        rosters.sync(context, now=timezone.now(), by=by)


@shared_task(name="lti.sync_rosters")
def sync_rosters() -> None:
    """Nightly: those of all courses that are in use."""
    for context_id in rosters.due_for_sync(now=timezone.now()):
        sync_roster.delay(context_id)


@shared_task(name="lti.ask_for_notices")
def ask_for_notices(platform_id: int, service_url: str, handler_url: str) -> None:
    """The platform is to tell us of copied courses. One that cannot be asked is asked again by a later launch."""
    platform = Platform.objects.active().filter(pk=platform_id).first()
    if platform is not None:
        copying.ask_for_notices(
            platform, service_url=service_url, handler_url=handler_url, now=timezone.now()
        )


@shared_task(name="lti.drop_old")
def drop_old() -> None:
    """Hourly: log-ins and launches that nobody needs any more."""
    retention.drop_old(now=timezone.now())


@shared_task(name="lti.rotate_keys")
def rotate_keys() -> None:
    keys.rotate_if_old(timezone.now())
