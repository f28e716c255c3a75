"""What changed and is not yet in the index: rows are only added by whoever changes something, so that no act ever waits
for another one's, and taken away by the one indexer."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .entries import Kind


class Reach(models.TextChoices):
    """Changes that concern many entries: the indexer finds out which ones."""

    # id of a unit: what it and those below it own, what is meant for them, and their members
    UNIT = "unit", _("党组织")
    CHAPTER = "chapter", _("章节")  # id of a chapter: the questions of it and of those below it
    OUTLINE = "outline", _("课程大纲")  # id of a course's page: the course and its lessons
    # id of a topic's page: the topic, its books, its courses with their lessons
    LISTING = "listing", _("专题内容")
    MATERIAL = "material", _("课件")  # id of a material: the lessons that show it


class PendingQuerySet(models.QuerySet["Pending"]):
    def due(self, now: datetime) -> PendingQuerySet:
        """Without those that failed and wait for their next try."""
        return self.filter(Q(again_at=None) | Q(again_at__lte=now))


class Pending(models.Model):
    """The same thing may be here more than once. `stage` BUILD: the entry is to be built and put (or dropped); SEND: the
    database has it, the remote engine not yet; such rows only the indexer writes."""

    class Stage(models.TextChoices):
        BUILD = "build"
        SEND = "send"

    kind = models.CharField(max_length=8, choices=[*Kind.choices, *Reach.choices])
    object_id = models.BigIntegerField()
    stage = models.CharField(max_length=5, choices=Stage.choices, default=Stage.BUILD)
    asked_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)  # that failed
    again_at = models.DateTimeField(null=True, blank=True)  # after a failure: not before
    problem = models.CharField(max_length=300, blank=True)

    objects = PendingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "id"], name="pending_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
