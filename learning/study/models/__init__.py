"""Everything study keeps, in one import."""

from .activities import Activity, ActivityQuerySet, Enrolment, EnrolmentQuerySet
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
    "Coverage",
    "Enrolment",
    "EnrolmentQuerySet",
    "StudyPace",
    "StudySession",
    "StudySlice",
    "StudySliceQuerySet",
]
