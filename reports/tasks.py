"""The reports' background work. Every task may run twice and lose nothing."""

import logging

from celery import shared_task
from django.utils import timezone

from learning.study.services.hours import mend_hours, wrong_hours

from .exporting import later
from .folding.rebuilding import differences, exams_to_fold, rebuild_exam
from .folding.worker import fold_requests, refold_corrected

log = logging.getLogger("dangxiao.reports")


@shared_task(name="reports.fold_items")
def fold_items() -> int:
    now = timezone.now()
    return refold_corrected(now=now) + fold_requests(now=now)


@shared_task(name="reports.check_items")
def check_items() -> int:
    """Every night: what differs from the records is logged as an error and made anew, the sums of credit hours as well;
    returns how many exams differed."""
    now = timezone.now()
    differing = 0
    for exam_id in exams_to_fold():
        found = differences(exam_id=exam_id, now=now)
        if found:
            differing += 1
            log.error("folded item statistics differ from the records: %s", "; ".join(found[:20]))
            rebuild_exam(exam_id=exam_id, now=now)
    wrong = wrong_hours()
    if wrong:
        log.error("sums of credit hours differ from the completions: %s", "; ".join(wrong[:20]))
        mend_hours()
    return differing


@shared_task(name="reports.make_file")
def make_file(user_id: int, token: str) -> None:
    later.make(user_id=user_id, token=token)


@shared_task(name="reports.drop_files")
def drop_files() -> int:
    return later.drop_old(now=timezone.now())
