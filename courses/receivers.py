"""What the rest of the house tells courses: Wagtail of pages, the exams of marked attempts and of releases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from learning.study.services.publishing import close_activity
from question_bank.exams.models import Release
from question_bank.exams.signals import attempts_marked, release_changed

from .examining import exams_in_lessons, finish_by_attempts
from .models import ChapterPage, CoursePage, LessonPage, StudyPage
from .publishing import course_of, key_of, sync_course
from .tasks import finish_released


def connect() -> None:
    page_published.connect(on_published, dispatch_uid="courses.published")
    page_unpublished.connect(on_changed, dispatch_uid="courses.unpublished")
    post_page_move.connect(on_changed, dispatch_uid="courses.moved")
    for model in (CoursePage, LessonPage):
        post_delete.connect(on_deleted, sender=model, dispatch_uid=f"courses.deleted.{model.__name__}")
    attempts_marked.connect(on_marked, dispatch_uid="courses.marked")
    release_changed.connect(on_released, dispatch_uid="courses.released")


def on_published(instance: Page, **_kwargs: Any) -> None:
    parent = instance.get_parent().specific if isinstance(instance, LessonPage) else None
    if isinstance(parent, ChapterPage) and not parent.first_published_at:
        revision = parent.get_latest_revision() or parent.save_revision(log_action=False)
        revision.publish(log_action=False)  # tells us again, and then the lesson is open too
        return
    on_changed(instance)


def on_changed(instance: Page, **_kwargs: Any) -> None:
    # After a move Wagtail sends a bare Page.
    ours = instance.specific_class and issubclass(instance.specific_class, StudyPage)
    course = course_of(instance) if ours else None
    if course:
        sync_course(course=course, now=timezone.now())


def on_deleted(instance: Page, **_kwargs: Any) -> None:
    close_activity(key=key_of(instance), now=timezone.now())


def on_marked(closed: Sequence[Any], now: datetime, **_kwargs: Any) -> None:
    finish_by_attempts(attempts=[each.attempt for each in closed], now=now)


def on_released(release: Release, now: datetime, **_kwargs: Any) -> None:
    """Thousands may have passed: a worker goes through them. A release for later is found by the sweep."""
    shown = release.what == Release.What.SCORE and release.revoked_at is None and release.at <= now
    if shown and release.exam_id in exams_in_lessons(now=now):
        transaction.on_commit(lambda: finish_released.delay(release.exam_id))
