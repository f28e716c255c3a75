"""Background work of courses; each task is idempotent and carries an id only."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from . import examining, processing


@shared_task(name="courses.process_material")
def process_material(material_id: int) -> None:
    processing.process(material_id=material_id, now=timezone.now())


@shared_task(name="courses.sweep_materials")
def sweep_materials() -> None:
    for material_id in processing.waiting(now=timezone.now()):
        process_material.delay(material_id)


@shared_task(name="courses.publish_scheduled")
def publish_scheduled() -> None:
    """What Wagtail's own command does: pages whose time has come go live, those whose time is over are withdrawn."""
    call_command("publish_scheduled", verbosity=0)


@shared_task(name="courses.finish_released")
def finish_released(exam_id: int | None = None) -> None:
    """Of one exam that was released just now; without one of all, for releases of which nobody tells: those that were
    made for later, and the end of an exam."""
    examining.finish_by_releases(now=timezone.now(), exams=None if exam_id is None else [exam_id])
