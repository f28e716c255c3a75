"""A roster file between its preview and its confirmation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .accounts import User


class RosterImport(models.Model):
    """`rows` are personal data: all of them until the import is confirmed, afterwards only the rejected ones with their
    reason, until the same person uploads again. `created_ids` name the people made, so that their activation codes can
    be issued afterwards."""

    file_name = models.CharField(_("文件"), max_length=200)
    rows = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    created_ids = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("上传人"))
    created_at = models.DateTimeField(_("上传时间"))
    applied_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("花名册导入")
        verbose_name_plural = _("花名册导入")

    def __str__(self) -> str:
        return self.file_name
