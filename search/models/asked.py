"""What people searched for: counts by day and unit, never by person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit

WORDS_LENGTH = 64


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

    class Meta:
        verbose_name = _("搜索词")
        verbose_name_plural = _("搜索词")
        # Two, for SQLite has no "nulls not distinct".
        constraints = [
            models.UniqueConstraint(fields=["day", "unit", "words"], name="asked_once"),
            models.UniqueConstraint(
                fields=["day", "words"], condition=models.Q(unit=None), name="asked_once_of_no_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.words
