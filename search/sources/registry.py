"""Every kind's source."""

from __future__ import annotations

from search.models import Kind

from .base import CHUNK, Draft, Source
from .courses import CourseSource, LessonSource
from .exams import ExamSource
from .members import MemberSource
from .questions import QuestionSource
from .topics import BookSource, TopicSource

__all__ = ["CHUNK", "Draft", "Source", "sources"]

SOURCES: tuple[Source, ...] = (
    CourseSource(),
    LessonSource(),
    TopicSource(),
    BookSource(),
    ExamSource(),
    QuestionSource(),
    MemberSource(),
)


def sources() -> dict[Kind, Source]:
    """The source of each kind."""
    return {source.kind: source for source in SOURCES}
