"""What reports keep: folded item statistics, and the filters that people saved. Nothing else is stored."""

from .saved_filters import SavedFilter, SavedFilterQuerySet

__all__ = ["SavedFilter", "SavedFilterQuerySet"]
