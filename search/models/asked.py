"""What people searched for: counts by day and unit, never by person."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Max, Q, Sum
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit

WORDS_LENGTH = 64


class AskedQuerySet(models.QuerySet["Asked"]):
    def between(self, first: date, last: date) -> AskedQuerySet:
        """Both days included."""
        return self.filter(day__gte=first, day__lte=last)

    def by_words(self, *, missed: bool) -> models.QuerySet[Any, Any]:
        """A row for each words: `asked`, `nothing` (found), `near` (only similar things found), `last_day`; what was
        missed most often comes first. With `missed` only what was missed at least once."""
        rows = self.values("words").annotate(
            asked=Sum("times"), nothing=Sum("zero"), near=Sum("similar"), last_day=Max("day")
        )
        if missed:
            rows = rows.filter(Q(nothing__gt=0) | Q(near__gt=0))
        return rows.order_by("-nothing", "-near", "-asked", "words")


class Asked(models.Model):
    """`words` as the analyser folds them. `zero`: how often nothing was found, `similar`: only similar things."""

    day = models.DateField(_("日期"))
    unit = models.ForeignKey(
        Unit, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("党组织")
    )
    words = models.CharField(_("搜索词"), max_length=WORDS_LENGTH)
    times = models.PositiveIntegerField(_("次数"), default=0)
    similar = models.PositiveIntegerField(_("只有相近结果"), default=0)
    zero = models.PositiveIntegerField(_("没有结果"), default=0)

    objects = AskedQuerySet.as_manager()

    class Meta:
        verbose_name = _("搜索词")
        verbose_name_plural = _("搜索词")
        # Two, for SQLite has no "nulls not distinct".
        constraints = [
            models.UniqueConstraint(fields=["day", "unit", "words"], name="asked_once"),
            models.UniqueConstraint(
                fields=["day", "words"], condition=Q(unit=None), name="asked_once_of_no_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.words
