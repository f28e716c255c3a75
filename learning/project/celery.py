"""Celery: Redis in production, Kombu's filesystem transport by default. Every task is idempotent, its work is a row,
and the beat schedule sweeps up what a lost message left."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import celeryd_init, setup_logging
from kombu.transport import TRANSPORT_ALIASES

from learning.project.switches import LTI_ENABLED

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.demo")

TRANSPORT_ALIASES["filesystem"] = "learning.project.queue:Transport"
app = Celery("dangxiao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "learning.organisation",
        "learning.study",
        "question_bank.questions",
        "question_bank.exams",
        "courses",
        "reports",
        "search",
        *(["lti"] if LTI_ENABLED else []),
    ]
)
app.conf.beat_schedule = {
    "close-expired-attempts": {"task": "exams.close_expired_attempts", "schedule": 15.0},
    "fold-drawn": {"task": "exams.fold_drawn", "schedule": 60.0},
    "finish-regrades": {"task": "exams.finish_regrades", "schedule": 60.0},
    "sweep-materials": {"task": "courses.sweep_materials", "schedule": 60.0},
    "finish-released": {"task": "courses.finish_released", "schedule": 60.0},
    "publish-scheduled": {"task": "courses.publish_scheduled", "schedule": 60.0},
    "sweep-imports": {"task": "questions.sweep_imports", "schedule": 60.0},
    "fold-items": {"task": "reports.fold_items", "schedule": 5.0},
    "search-keep-up": {"task": "search.keep_up", "schedule": 15.0},
    # 03:10 in Shanghai; the schedule is kept in UTC.
    "sweep-enrolments": {"task": "study.sweep_enrolments", "schedule": crontab(hour=19, minute=10)},
    "drop-report-files": {"task": "reports.drop_files", "schedule": crontab(hour=18, minute=40)},
    "check-items": {"task": "reports.check_items", "schedule": crontab(hour=19, minute=40)},
    "search-turn-day": {"task": "search.turn_day", "schedule": crontab(hour=16, minute=5)},  # 00:05
    "search-drop-asked": {"task": "search.drop_asked", "schedule": crontab(hour=18, minute=50)},
    "search-sweep": {"task": "search.sweep", "schedule": crontab(hour=20, minute=30)},
}
if LTI_ENABLED:
    app.conf.beat_schedule |= {
        "deliver-grades": {"task": "lti.deliver_grades", "schedule": 15.0},
        "mend-grades": {"task": "lti.mend_grades", "schedule": 60.0},
        "sync-rosters": {"task": "lti.sync_rosters", "schedule": crontab(hour=20, minute=10)},
        "rotate-tool-keys": {"task": "lti.rotate_keys", "schedule": crontab(hour=19, minute=35)},
        "drop-old-launches": {"task": "lti.drop_old", "schedule": crontab(minute=25)},
    }


@celeryd_init.connect
def make_queue_folders(**_: Any) -> None:
    """The filesystem transport expects its folders to be there."""
    from django.conf import settings  # settings are configured only once Celery has loaded

    for key in ("data_folder_in", "processed_folder", "control_folder"):
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(key)
        if folder:
            os.makedirs(folder, exist_ok=True)


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Django's LOGGING stands; Celery's own set-up would replace it."""
