"""Everything courses keep, in one import."""

from .materials import Material, MaterialQuerySet, MaterialUse
from .pages import ChapterPage, CoursePage, CoursesPage, LessonPage, StudyPage
from .topics import TopicBook, TopicCourse, TopicPage

__all__ = [
    "ChapterPage",
    "CoursePage",
    "CoursesPage",
    "LessonPage",
    "Material",
    "MaterialQuerySet",
    "MaterialUse",
    "StudyPage",
    "TopicBook",
    "TopicCourse",
    "TopicPage",
]
