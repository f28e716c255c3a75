"""Which view shows which page; called once, when the app is ready."""

from __future__ import annotations

from courses.serving import show_with
from learning.organisation.admin.doors import open_doors

from .lesson import lesson
from .pages import catalogue, chapter, course, topic


def show_pages() -> None:
    open_doors("wagtail_serve")  # Wagtail's name for the addresses of pages
    show_with("CoursesPage", catalogue)
    show_with("CoursePage", course)
    show_with("ChapterPage", chapter)
    show_with("LessonPage", lesson)
    show_with("TopicPage", topic)
