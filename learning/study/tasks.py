"""Study's background work: ids in, service out. Every task may run twice and lose nothing."""

from celery import shared_task
from django.utils import timezone

from .models import Activity
from .services.enrolling import sweep_audiences
from .services.finishing import complete_courses
from .services.hours import tidy_hours


@shared_task(name="study.sweep_enrolments")
def sweep_enrolments() -> int:
    """Nightly: whoever joined an audience is expected; whoever waited for nothing any more has completed the course. And
    the day's additions to the sums of credit hours become one row each."""
    now = timezone.now()
    tidy_hours()
    complete_courses(courses=Activity.objects.courses().filter(is_open=True), now=now)
    return sweep_audiences(now=now)
