"""What reports keep: folded item statistics, and the filters that people saved. Nothing else is stored."""

from .item_statistics import FoldedAttempt, FoldedExam, FoldRequest, ItemStatistics
from .saved_filters import SavedFilter, SavedFilterQuerySet

__all__ = [
    "FoldRequest",
    "FoldedAttempt",
    "FoldedExam",
    "ItemStatistics",
    "SavedFilter",
    "SavedFilterQuerySet",
]
