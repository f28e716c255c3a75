"""Courses, lessons and material with the least that they need; what matters is said in the test."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from courses.index import index_page
from courses.models import ChapterPage, CoursePage, LessonPage, Material, TopicPage
from courses.models.materials import new_folder
from learning.organisation.models import Unit
from learning.study.models import Activity
from tests.factories import NOW, make_unit

_numbers = count(1)
Blocks = list[tuple[str, dict[str, Any]]]


def make_course(
    unit: Unit | None = None, *, live: bool = False, lessons: int = 0, **fields: Any
) -> CoursePage:
    """A draft course; `live` publishes it, with so many lessons of one article each."""
    page = CoursePage(
        **{"title": f"课程{next(_numbers)}", "owner_unit": unit or make_unit(), "live": False, **fields}
    )
    index_page().add_child(instance=page)
    for _ in range(lessons):
        make_lesson(page, live=live)
    if live:
        publish(page)
    return page


def make_chapter(course: CoursePage, **fields: Any) -> ChapterPage:
    page = ChapterPage(**{"title": f"第{next(_numbers)}章", "live": False, **fields})
    course.add_child(instance=page)
    return page


def make_lesson(
    parent: CoursePage | ChapterPage, *, blocks: Blocks | None = None, live: bool = False, **fields: Any
) -> LessonPage:
    """A draft lesson of one article of 60 characters (6 s)."""
    if blocks is None:
        blocks = [("article", {"text": f"<p>{'学' * 60}</p>"})]
    body = [
        {"type": kind, "value": {"required": True, **value}, "id": str(uuid4())} for kind, value in blocks
    ]
    page = LessonPage(**{"title": f"课时{next(_numbers)}", "live": False, "body": body, **fields})
    parent.refresh_from_db()
    parent.add_child(instance=page)
    if live:
        publish(page)
    return page


def make_topic(unit: Unit | None = None, **fields: Any) -> TopicPage:
    page = TopicPage(
        **{"title": f"专题{next(_numbers)}", "owner_unit": unit or make_unit(), "live": False, **fields}
    )
    index_page().add_child(instance=page)
    return page


def publish(page: Any) -> None:
    page.save_revision().publish()
    page.refresh_from_db()


def make_material(
    unit: Unit | None = None, *, kind: str = "video", data: bytes = b"", pages: int = 0, **fields: Any
) -> Material:
    """Ready material; with `data` its file is in the storage."""
    ending = {"video": "mp4", "audio": "mp3", "pdf": "pdf"}[kind]
    name = f"{new_folder()}/original.{ending}"
    if data:
        default_storage.save(name, ContentFile(data))
    return Material.objects.create(
        **{
            "title": f"课件{next(_numbers)}",
            "kind": kind,
            "owner_unit": unit or make_unit(),
            "file": name,
            "original_name": f"课件.{ending}",
            "content_type": "video/mp4",
            "size": len(data),
            "duration_ms": 0 if kind == "pdf" else 600_000,
            "pages": [
                {"file": f"p{n}.webp", "width": 10, "height": 14, "text": "学" * 100} for n in range(pages)
            ],
            "state": Material.State.READY,
            "created_at": NOW,
            **fields,
        }
    )


def activity_of(page: Any) -> Activity:
    return Activity.objects.get(key=f"page:{page.pk}")
