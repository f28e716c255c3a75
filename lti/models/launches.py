"""Log-ins begun and launches received: what binds a launch to its browser, and what the inspector shows."""

from __future__ import annotations

import uuid

from django.db import models

from learning.organisation.models import User

from .contexts import Context, ResourceLink
from .platforms import Platform


class Login(models.Model):
    """One OIDC log-in: good for ten minutes and for one launch, in the browser that holds its secret."""

    state = models.CharField(max_length=43, unique=True)
    nonce = models.CharField(max_length=43)
    # SHA-256 (hex) of what the browser holds, in a cookie of ours or in the platform's storage.
    browser_hash = models.CharField(max_length=64)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    deployment_hint = models.CharField(max_length=255, blank=True)
    target_link_uri = models.CharField(max_length=2000, blank=True)
    storage_target = models.CharField(max_length=100, blank=True)  # lti_storage_target; "" = none offered
    # The request as it came, to begin again in a new window.
    asked = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.state[:8]


class Launch(models.Model):
    """A launch as it ended, good or refused; its claims without the token. Kept for thirty days."""

    class BoundBy(models.TextChoices):
        COOKIE = "cookie"
        STORAGE = "storage"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, null=True, related_name="launches")
    login = models.OneToOneField(Login, on_delete=models.SET_NULL, null=True, related_name="launch")
    at = models.DateTimeField(db_index=True)
    message_type = models.CharField(max_length=60, blank=True)
    code = models.CharField(
        max_length=40, default="ok"
    )  # "ok", or why it was refused: core.verifying.Refusal
    detail = models.CharField(max_length=500, blank=True)
    issuer = models.CharField(max_length=255, blank=True)  # as the token says, for launches of nobody we know
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    context = models.ForeignKey(Context, on_delete=models.CASCADE, null=True, related_name="launches")
    resource_link = models.ForeignKey(ResourceLink, on_delete=models.SET_NULL, null=True, related_name="+")
    claims = models.JSONField(default=dict)
    bound_by = models.CharField(max_length=8, choices=BoundBy.choices, blank=True)
    in_frame = models.BooleanField(default=False)
    # A launch that waits for the platform's storage is finished by this.
    ticket_hash = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["platform", "-at"], name="lti_launch_by_platform")]

    def __str__(self) -> str:
        return str(self.pk)


class WindowTicket(models.Model):
    """Opens one page in a window of its own, once, for whoever is signed in inside a frame: the window has no cookie of
    the frame's. Deleted when used."""

    token_hash = models.CharField(max_length=64, unique=True)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    launch = models.UUIDField()  # the one that opened the session
    address = models.CharField(max_length=500)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.address
