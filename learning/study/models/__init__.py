"""Everything study keeps, in one import."""

from .activities import Activity, ActivityQuerySet, Enrolment, EnrolmentQuerySet
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
    "Coverage",
    "CreditedHours",
    "Enrolment",
    "EnrolmentQuerySet",
    "StudyPace",
    "StudySession",
    "StudySlice",
    "StudySliceQuerySet",
]
