"""The exams' background work: ids in, service out. Every task may run twice and lose nothing."""

from celery import shared_task
from django.utils import timezone

from .papers import fold_drawn
from .regrading import finish_regrades
from .taking.closing import close_expired
from .taking.leaving import submit_those_away


@shared_task(name="exams.close_expired_attempts")
def close_expired_attempts() -> int:
    now = timezone.now()
    return close_expired(now=now) + submit_those_away(now=now)


@shared_task(name="exams.fold_drawn")
def fold_drawn_questions() -> int:
    return fold_drawn(now=timezone.now())


@shared_task(name="exams.finish_regrades")
def finish_started_regrades() -> int:
    return finish_regrades(now=timezone.now())
