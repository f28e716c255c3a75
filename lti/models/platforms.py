"""Campus platforms that may open us, their deployments, and one-time invitations to register one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User

# A name, or an address of either kind: nothing that a content policy or a second parser of URLs could read otherwise.
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


def origin_of(url: str) -> str:
    """scheme://host[:port] of an absolute URL, as browsers write an origin; "" for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or not HOST.fullmatch(host):
        return ""
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


class PlatformQuerySet(models.QuerySet["Platform"]):
    def active(self) -> PlatformQuerySet:
        return self.filter(state=Platform.State.ACTIVE)


class Platform(models.Model):
    """One registration: an issuer with one client id. Several may share an issuer (Canvas, Blackboard)."""

    class State(models.TextChoices):
        PENDING = "pending", _("待批准")
        ACTIVE = "active", _("启用")
        OFF = "off", _("已停用")

    name = models.CharField(_("名称"), max_length=120)
    dialect = models.CharField(_("平台种类"), max_length=20, default="other")
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.PENDING)
    issuer = models.URLField(_("平台标识（issuer）"), max_length=255)
    client_id = models.CharField(_("客户端标识（client_id）"), max_length=255)
    auth_url = models.URLField(_("登录地址（OIDC authentication）"), max_length=500)
    token_url = models.URLField(_("令牌地址（access token）"), max_length=500)
    jwks_url = models.URLField(_("公钥地址（JWKS）"), max_length=500)
    token_audience = models.CharField(
        _("令牌的接收方（audience）"),
        max_length=500,
        blank=True,
        help_text=_("留空则用令牌地址；D2L 另有规定。"),
    )
    origins = models.TextField(
        _("平台的其他网址"),
        blank=True,
        help_text=_("每行一个来源，如 https://lms.example.edu 或 https://*.example.edu。"),
    )
    # Whose exams and courses teachers of the platform may link, and where people whom nobody knows are put.
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
                             verbose_name=_("可引用的考试与课程"))  # fmt: skip
    default_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
                                     verbose_name=_("新来人员所在党组织"))  # fmt: skip
    trusts_numbers = models.BooleanField(
        _("信任平台给出的学号/工号"),
        default=False,
        help_text=_("勾选后，平台给出的学号/工号与本站人员相同，即视为同一人。"),
    )
    trusts_units = models.BooleanField(_("信任平台给出的党组织代码"), default=False)
    allow_insecure_loopback = models.BooleanField(
        _("允许本机的非加密地址"), default=False, help_text=_("只用于在同一台机器上试验。")
    )
    # How far the platform's clock is ahead of ours, from the Date of its answers; null = not yet known.
    clock_ahead_s = models.FloatField(null=True, editable=False)
    # How often in a row no answer came to a grade, and until when we therefore leave it alone.
    silent_times = models.PositiveSmallIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    # When the platform last took our address for its notices (PNS); null = it has none of it.
    notices_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = PlatformQuerySet.as_manager()

    class Meta:
        verbose_name = _("校园平台")
        verbose_name_plural = _("校园平台")
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="lti_platform_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def service_origins(self) -> tuple[str, ...]:
        """The origins at which the platform's services may be: those of its registered URLs, and the administrator's
        lines (a line may begin with https://*. for all names below)."""
        urls = (self.issuer, self.auth_url, self.token_url, self.jwks_url)
        lines = (line.strip().rstrip("/") for line in self.origins.splitlines())
        return tuple(dict.fromkeys(origin for origin in (*map(origin_of, urls), *lines) if origin))

    def frame_origins(self) -> tuple[str, ...]:
        """The origins whose pages may show us in a frame: those of issuer and log-in address, and the administrator's
        lines."""
        lines = (line.strip().rstrip("/") for line in self.origins.splitlines())
        own = (origin_of(self.issuer), origin_of(self.auth_url))
        return tuple(dict.fromkeys(origin for origin in (*own, *lines) if origin))


class Deployment(models.Model):
    """A place of the platform where we were put; an unknown one is written down at its first launch and waits."""

    class State(models.TextChoices):
        PENDING = "pending", _("待批准")
        ACTIVE = "active", _("启用")
        OFF = "off", _("已停用")

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(_("部署标识（deployment_id）"), max_length=255)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.PENDING)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("部署")
        verbose_name_plural = _("部署")
        constraints = [
            models.UniqueConstraint(fields=["platform", "deployment_id"], name="lti_deployment_once")
        ]

    def __str__(self) -> str:
        return self.deployment_id


class Invitation(models.Model):
    """A one-time link for Dynamic Registration; only its hash is kept. What it brings waits for approval."""

    token_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("给谁"), max_length=120, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    allow_insecure_loopback = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    platform = models.ForeignKey(Platform, on_delete=models.SET_NULL, null=True, related_name="invitations")

    def __str__(self) -> str:
        return self.name or str(self.pk)
