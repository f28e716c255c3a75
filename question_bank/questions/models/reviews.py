"""What a reviewer had to say about a draft that is not yet good enough."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User

from .questions import QuestionVersion


class ReviewReturn(models.Model):
    """A draft sent back to its author. It is open until the author asks for another look at the same version
    (`resubmitted_at`); a newer version waits for review by itself."""

    version = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE, related_name="returns")
    comment = models.TextField(_("退回意见"))
    returned_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("退回人")
    )
    returned_at = models.DateTimeField(_("退回时间"))
    resubmitted_at = models.DateTimeField(_("再次送审时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("退回")
        verbose_name_plural = _("退回")
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(resubmitted_at=None), name="one_open_return_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.returned_at:%Y-%m-%d}"
