"""What the rooms below tell search: that something changed which may be found. Each costs one INSERT in the transaction of
the change; the work is done by a worker afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished

from courses.models import CoursePage, LessonPage, Material, TopicBook, TopicCourse, TopicPage
from courses.signals import course_synced, materials_processed
from learning.organisation.models import Membership, User
from learning.organisation.signals import people_changed, units_changed
from question_bank.exams.models import Exam, ExamGroup
from question_bank.questions.models import Question
from question_bank.questions.signals import chapters_changed, questions_changed

from .models import Kind, Reach
from .services.noting import note
from .tasks import index_pending

# What an entry is made of; a save of other fields only (a log-in, a regrade) says nothing new.
FIELDS: dict[type[Model], set[str]] = {
    Exam: {"title", "kind", "state", "owner_unit", "instructions", "opens_at"},
    Question: {"bank", "chapter", "latest", "retired_at"},
    User: {"full_name", "number", "is_active"},
    Material: {"title", "subtitles"},
}
DELETED: dict[type[Model], Kind] = {
    CoursePage: Kind.COURSE,
    LessonPage: Kind.LESSON,
    TopicPage: Kind.TOPIC,
    TopicBook: Kind.BOOK,
    Exam: Kind.EXAM,
    Question: Kind.QUESTION,
    User: Kind.MEMBER,
}


def connect() -> None:
    """Called once, from the app's `ready`."""
    course_synced.connect(on_course_synced, dispatch_uid="search.course")
    materials_processed.connect(on_materials_processed, dispatch_uid="search.materials")
    page_published.connect(on_topic, sender=TopicPage, dispatch_uid="search.topic_published")
    page_unpublished.connect(on_topic, sender=TopicPage, dispatch_uid="search.topic_unpublished")
    people_changed.connect(on_people_changed, dispatch_uid="search.people")
    units_changed.connect(on_units_changed, dispatch_uid="search.units")
    questions_changed.connect(on_questions_changed, dispatch_uid="search.questions")
    chapters_changed.connect(on_chapters_changed, dispatch_uid="search.chapters")
    post_save.connect(on_exam_saved, sender=Exam, dispatch_uid="search.exam")
    post_save.connect(on_question_saved, sender=Question, dispatch_uid="search.question")
    post_save.connect(on_user_saved, sender=User, dispatch_uid="search.user")
    post_save.connect(on_material_saved, sender=Material, dispatch_uid="search.material")
    for changed in (post_save, post_delete):
        changed.connect(on_exam_group, sender=ExamGroup, dispatch_uid="search.exam_group")
        changed.connect(on_membership, sender=Membership, dispatch_uid="search.membership")
    post_delete.connect(on_course_unlisted, sender=TopicCourse, dispatch_uid="search.unlisted")
    for model in DELETED:
        post_delete.connect(on_deleted, sender=model, dispatch_uid=f"search.deleted.{model.__name__}")


def tell(kind: Kind | Reach, ids: Iterable[int], now: datetime | None = None) -> None:
    """Notes it, and wakes a worker once the transaction is committed: one, whatever the transaction notes."""
    if note(kind, ids, now=now or timezone.now()) and not _wakes():
        transaction.on_commit(wake, robust=True)  # without a broker the sweep does it


def wake() -> None:
    index_pending.delay()


def on_course_synced(course_id: int, now: datetime, **_: Any) -> None:
    tell(Reach.OUTLINE, [course_id], now)


def on_materials_processed(material_ids: list[int], now: datetime, **_: Any) -> None:
    tell(Reach.MATERIAL, material_ids, now)


def on_material_saved(
    instance: Material, created: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """A new one is in no lesson yet."""
    if not created and _says_something(Material, update_fields):
        tell(Reach.MATERIAL, [instance.pk])


def on_topic(instance: Page, **_: Any) -> None:
    tell(Reach.LISTING, [instance.pk])


def on_course_unlisted(instance: TopicCourse, **_: Any) -> None:
    tell(Reach.OUTLINE, [instance.course_id])


def on_units_changed(unit_ids: list[int], now: datetime, **_: Any) -> None:
    tell(Reach.UNIT, unit_ids, now)


def on_people_changed(user_ids: list[int], now: datetime, **_: Any) -> None:
    tell(Kind.MEMBER, user_ids, now)


def on_user_saved(instance: User, created: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """A new one is found once they belong somewhere."""
    if not created and _says_something(User, update_fields):
        tell(Kind.MEMBER, [instance.pk])


def on_membership(instance: Membership, **_: Any) -> None:
    tell(Kind.MEMBER, [instance.user_id])


def on_exam_saved(instance: Exam, update_fields: Collection[str] | None, **_: Any) -> None:
    if _says_something(Exam, update_fields):
        tell(Kind.EXAM, [instance.pk])


def on_exam_group(instance: ExamGroup, **_: Any) -> None:
    tell(Kind.EXAM, [instance.exam_id])


def on_question_saved(instance: Question, update_fields: Collection[str] | None, **_: Any) -> None:
    """One without a version yet is about to get it."""
    if instance.latest_id and _says_something(Question, update_fields):
        tell(Kind.QUESTION, [instance.pk])


def on_questions_changed(question_ids: list[int], now: datetime, **_: Any) -> None:
    tell(Kind.QUESTION, question_ids, now)


def on_chapters_changed(chapter_ids: list[int], now: datetime, **_: Any) -> None:
    tell(Reach.CHAPTER, chapter_ids, now)


def on_deleted(sender: type[Model], instance: Model, **_: Any) -> None:
    tell(DELETED[sender], [instance.pk])


def _says_something(model: type[Model], update_fields: Collection[str] | None) -> bool:
    return update_fields is None or not FIELDS[model].isdisjoint(update_fields)


def _wakes() -> bool:
    """Whether this transaction wakes a worker already. A savepoint that is rolled back takes its callbacks along."""
    return any(entry[1] is wake for entry in connection.run_on_commit)
