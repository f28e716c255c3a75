"""The lanes; and for the embedded default, where one process does both, the site behind them in a thread pool.

Production: nginx sends /api/attempts/*/ops and /api/study/*/beats here and everything else to wsgi.py."""

from __future__ import annotations

import gc
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.project.settings.production")
django.setup()

from a2wsgi import WSGIMiddleware  # noqa: E402 — what follows needs Django set up
from django.conf import settings  # noqa: E402

from learning.lane.http import Lanes, Receive, Scope, Send  # noqa: E402
from learning.study.lane import make_lane as make_study_lane  # noqa: E402
from question_bank.exams.lane import make_lane as make_exam_lane  # noqa: E402

from .wsgi import application as site  # noqa: E402

SITE_THREADS = 8

database = settings.DATABASES["default"]
lanes = Lanes(make_exam_lane(database), make_study_lane(database))
pages: Any = WSGIMiddleware(site, workers=SITE_THREADS)  # type: ignore[arg-type]  # its own narrower WSGI types


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Lifespan and what the lanes own to the lanes, the rest to the site."""
    await (lanes.owner(scope) or pages)(scope, receive, send)


# What is loaded by now stays: walking it in every full collection held up all pages for 0.1 s. A batch makes
# thousands of small objects and drops them again, which is no reason to look for circles either.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
