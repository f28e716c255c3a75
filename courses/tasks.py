"""Background work of courses; each task is idempotent and carries an id only."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from . import processing


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
