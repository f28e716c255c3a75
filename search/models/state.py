"""How the index stands: one row."""

from __future__ import annotations

from django.db import models


class IndexState(models.Model):
    """Who indexes now (`lease_until`, `holder`: one indexer at a time), when everything was last compared or rebuilt,
    and how the remote engine does as far as indexing met it."""

    holder = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    indexed_at = models.DateTimeField(null=True, blank=True)  # something was put or dropped
    swept_at = models.DateTimeField(null=True, blank=True)  # everything was compared with its origin
    rebuilt_at = models.DateTimeField(null=True, blank=True)
    remote_failed_at = models.DateTimeField(null=True, blank=True)  # null: the last sending went well
    remote_problem = models.CharField(max_length=300, blank=True)
    # Whose index was filled whole: its address without the password. Of any other one nothing is sent before that.
    remote_filled = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return "IndexState"
