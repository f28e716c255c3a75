"""A report with its filters under a name, kept by one person for themselves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def of(self, user: User) -> SavedFilterQuerySet:
        """The person's own, by report and name; nobody reads another's."""
        return self.filter(user=user).order_by("report", "name")


class SavedFilter(models.Model):
    """`report` is the report's path inside the reports ("units/17/"), `query` its query string. Opening it asks for the
    rights anew: a saved address gives none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_reports", db_index=False)
    report = models.CharField(_("报告"), max_length=120)
    name = models.CharField(_("名称"), max_length=60)
    query = models.CharField(_("筛选条件"), max_length=500, blank=True)
    created_at = models.DateTimeField()

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("保存的筛选")
        verbose_name_plural = _("保存的筛选")
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_report_name")]

    def __str__(self) -> str:
        return self.name
