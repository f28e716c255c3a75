"""The tool's own signing keys: several at a time, so that a change never meets a platform that has not read the new one."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q


class ToolKeyQuerySet(models.QuerySet["ToolKey"]):
    def published(self, now: datetime) -> ToolKeyQuerySet:
        """Those that stand in our JWKS."""
        return self.filter(Q(retires_at=None) | Q(retires_at__gt=now))


class ToolKey(models.Model):
    """An RSA key: published at once, signs from active_from on, leaves the JWKS at retires_at. The private part is
    kept encrypted with a key that is derived from SECRET_KEY."""

    kid = models.CharField(max_length=43, unique=True)
    private_encrypted = models.TextField()
    public_jwk = models.JSONField()
    created_at = models.DateTimeField()
    active_from = models.DateTimeField()
    retires_at = models.DateTimeField(null=True, blank=True)

    objects = ToolKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.kid
