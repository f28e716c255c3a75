"""Everything courses keep, in one import."""

from .certificates import Certificate
from .exams import ExamUse
from .materials import Material, MaterialQuerySet, MaterialUse
from .pages import ChapterPage, CoursePage, CoursesPage, LessonPage, StudyPage
from .plans import ClassPlan, Graduation, PlanItem
from .reflections import Reflection, ReflectionTask, ReflectionTaskQuerySet
from .topics import TopicBook, TopicCourse, TopicPage

__all__ = [
    "Certificate",
    "ChapterPage",
    "ClassPlan",
    "CoursePage",
    "CoursesPage",
    "ExamUse",
    "Graduation",
    "LessonPage",
    "Material",
    "MaterialQuerySet",
    "MaterialUse",
    "PlanItem",
    "Reflection",
    "ReflectionTask",
    "ReflectionTaskQuerySet",
    "StudyPage",
    "TopicBook",
    "TopicCourse",
    "TopicPage",
]
