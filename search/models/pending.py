"""What changed and is not yet in the index: written in the transaction that changed it, done by a worker."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

from .entries import Kind


class Pending(models.Model):
    """One row an object. A new change of the same object gives it a new `ticket`, so that a worker that saw the old one
    leaves the row. `stage` BUILD: the entry is to be built and put (or dropped); SEND: the database has it, the remote
    engine not yet."""

    class Stage(models.TextChoices):
        BUILD = "build"
        SEND = "send"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    object_id = models.BigIntegerField()
    stage = models.CharField(max_length=5, choices=Stage.choices, default=Stage.BUILD)
    ticket = models.UUIDField(default=uuid4)
    asked_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="pending_once")]
        indexes = [models.Index(fields=["stage", "asked_at"], name="pending_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
