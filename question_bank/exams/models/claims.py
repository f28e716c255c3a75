"""Who has which answer before them at the marking desk; short-lived, and never part of the record."""

from __future__ import annotations

from django.db import models

from learning.organisation.models import User

from .attempts import Attempt


class MarkClaim(models.Model):
    """Until `until` nobody else is given this answer to mark; after that the claim may be taken over."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="mark_claims", db_index=False)
    slot = models.PositiveSmallIntegerField()
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mark_claims")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "slot"], name="one_claim_per_answer")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.slot}: {self.by_id}"
