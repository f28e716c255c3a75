"""Who of a platform is whom here, and what they are in which of its courses."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User

from .contexts import Context
from .platforms import Platform


class PlatformUser(models.Model):
    """A person as one platform row knows them: (platform, sub). Never joined by e-mail or across platforms."""

    class LinkedBy(models.TextChoices):
        LAUNCH = "launch", _("首次进入时新建")
        OWN_LOGIN = "own_login", _("本人登录确认")
        NUMBER = "number", _("平台给出的学号/工号")
        ADMIN = "admin", _("管理员指定")

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="people")
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="platform_users")
    linked_by = models.CharField(max_length=10, choices=LinkedBy.choices)
    linked_at = models.DateTimeField()
    name = models.CharField(_("姓名"), max_length=255, blank=True)
    email = models.CharField(_("电子邮箱"), max_length=255, blank=True)
    number = models.CharField(_("学号/工号"), max_length=255, blank=True)
    created_at = models.DateTimeField()
    last_launch_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("平台人员")
        verbose_name_plural = _("平台人员")
        constraints = [models.UniqueConstraint(fields=["platform", "sub"], name="lti_person_once")]
        indexes = [models.Index(fields=["user"], name="lti_person_by_user")]

    def __str__(self) -> str:
        return f"{self.platform_id}: {self.sub[:20]}"


class ContextMember(models.Model):
    """What a person is in a course of the platform: by the latest launch or roster."""

    class Standing(models.TextChoices):
        LEARNER = "learner", _("学生")
        ASSISTANT = "assistant", _("助教")
        INSTRUCTOR = "instructor", _("教师")
        NONE = "none", _("无")

    context = models.ForeignKey(Context, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(PlatformUser, on_delete=models.CASCADE, related_name="places")
    standing = models.CharField(max_length=10, choices=Standing.choices)
    seen_at = models.DateTimeField()  # by launch or roster
    rostered_at = models.DateTimeField(null=True, blank=True)  # last time that a roster named them
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["context", "person"], name="lti_member_once"),
            models.CheckConstraint(
                condition=models.Q(removed_at=None) | models.Q(removed_at__gte=F("seen_at")),
                name="lti_member_removed_after_seen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.context_id}: {self.person_id} {self.standing}"
