"""A question file on its way in: the job and a row per verdict, kept until confirmed so that the preview can be left."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User

from .banks import Bank
from .questions import Question


class ImportJob(models.Model):
    class State(models.TextChoices):
        UPLOADED = "uploaded", _("等待读取")
        CHECKED = "checked", _("等待确认")
        CONFIRMED = "confirmed", _("已导入")
        FAILED = "failed", _("无法读取")
        DISCARDED = "discarded", _("已放弃")

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="import_jobs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200)
    filename = models.CharField(_("文件"), max_length=200)
    settings = models.JSONField(default=dict)
    header = models.JSONField(default=dict)  # tables as they were understood, notes on the file
    counts = models.JSONField(default=dict)  # read, accepted, warned, rejected, duplicates
    progress = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(
        null=True, blank=True
    )  # a check that began long ago has died and is begun again
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("导入")
        verbose_name_plural = _("导入")

    def __str__(self) -> str:
        return self.filename


class ImportRow(models.Model):
    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("可导入")
        WARNED = "warned", _("可导入，有提示")
        REJECTED = "rejected", _("不能导入")
        DUPLICATE = "duplicate", _("重复")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    position = (
        models.PositiveIntegerField()
    )  # order in the report; unique also where sheets repeat row numbers
    sheet = models.CharField(max_length=80, blank=True)
    row = models.PositiveIntegerField(_("行"))
    verdict = models.CharField(_("判定"), max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    content = models.JSONField()  # the parsed question as exchange gives it
    raw = models.JSONField(default=list)  # the source cells, for the error sheet
    mended = models.BooleanField(default=False)
    question = models.ForeignKey(Question, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="row_position_in_job")]
        indexes = [models.Index(fields=["job", "verdict"], name="import_row_by_verdict")]

    def __str__(self) -> str:
        return f"{self.job_id}:{self.row} {self.verdict}"
