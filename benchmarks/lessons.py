"""Courses of the bench: pages as an organiser makes them, and the activities that publishing makes of them."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from courses.index import index_page
from courses.models import CoursePage, LessonPage, Material
from courses.publishing import sync_course
from learning.organisation.models import Unit
from learning.study.models import Activity

VIDEO_MS = 20 * 60_000
ARTICLE = "".join(f"<h2>第{n}节</h2><p>{'党员学习的内容。' * 40}</p>" for n in range(1, 6))


def make_courses(unit: Unit, *, courses: int, lessons: int, now: datetime) -> list[Activity]:
    """The lessons, course by course; each has a video of 20 minutes and an article that need not be read."""
    video = Material.objects.create(
        owner_unit=unit, kind="video", title="视频", file="materials/bench/video.mp4", content_type="video/mp4",
        duration_ms=VIDEO_MS, size=1, state="ready", created_at=now,
    )  # fmt: skip
    index, made = index_page(), []
    for c in range(courses):
        course = CoursePage(title=f"第{c + 1}门课程", owner_unit=unit, summary="党的基本知识。")
        index.add_child(instance=course)
        for n in range(lessons):
            body = [
                _block("video", {"material": video.pk, "required": True}),
                _block("article", {"text": ARTICLE, "required": False}),
            ]
            course.add_child(instance=LessonPage(title=f"第{n + 1}课", nominal_minutes=20, body=body))
        activity = sync_course(course=course, now=now)
        if activity is None:
            raise RuntimeError("A live course was not opened.")
        made += activity.children.order_by("position")
    return made


def _block(kind: str, value: dict[str, object]) -> dict[str, object]:
    return {"type": kind, "value": value, "id": str(uuid4())}
