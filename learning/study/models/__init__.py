"""Everything study keeps, in one import."""

from .activities import Activity, ActivityQuerySet, CourseGroup, Enrolment, EnrolmentQuerySet
from .hours import CreditedHours
from .records import (
    Completion,
    CompletionQuerySet,
    Coverage,
    StudyPace,
    StudySession,
    StudySlice,
    StudySliceQuerySet,
)

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "Completion",
    "CompletionQuerySet",
    "CourseGroup",
    "Coverage",
    "CreditedHours",
    "Enrolment",
    "EnrolmentQuerySet",
    "StudyPace",
    "StudySession",
    "StudySlice",
    "StudySliceQuerySet",
]
