"""Notices of the platform (PNS) that were handled: each is acted upon once."""

from __future__ import annotations

from django.db import models

from .platforms import Platform


class Notice(models.Model):
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="notices")
    notice_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=80)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "notice_id"], name="lti_notice_once")]

    def __str__(self) -> str:
        return self.notice_id
