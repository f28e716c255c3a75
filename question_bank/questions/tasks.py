"""Background work of the question bank; each task is idempotent and carries an id only."""

from celery import shared_task
from django.utils import timezone

from .services import imports


@shared_task(name="questions.check_import")
def check_import(job_id: int) -> None:
    imports.check(job_id=job_id, now=timezone.now())


@shared_task(name="questions.sweep_imports")
def sweep_imports() -> None:
    for job_id in imports.waiting_jobs(now=timezone.now()):
        check_import.delay(job_id)
