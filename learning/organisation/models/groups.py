"""Teaching groups (教学班): people taught together on a campus platform, and those who teach them. Who keeps a group
in step with its platform stands above this room; here are only the people, since when, and until when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .accounts import User


class GroupRole(models.TextChoices):
    TEACHER = "teacher", _("任课教师")
    ASSISTANT = "assistant", _("助教")


class TeachingGroup(models.Model):
    title = models.CharField(_("名称"), max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("教学班")
        verbose_name_plural = _("教学班")

    def __str__(self) -> str:
        return self.title


class GroupMember(models.Model):
    """A person of a group in [since, removed_at); who left and came back has a second row."""

    group = models.ForeignKey(
        TeachingGroup, on_delete=models.PROTECT, related_name="members", verbose_name=_("教学班")
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="group_memberships", verbose_name=_("人员")
    )
    since = models.DateTimeField(_("起"))
    removed_at = models.DateTimeField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = _("教学班成员")
        verbose_name_plural = _("教学班成员")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], condition=Q(removed_at=None), name="one_current_group_member"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(removed_at__gte=F("since")), name="group_member_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.user_id}"


class GroupStaff(models.Model):
    """Who teaches a group in [since, removed_at), as what; permissions.GROUP_MATRIX says what that allows."""

    group = models.ForeignKey(
        TeachingGroup, on_delete=models.PROTECT, related_name="staff", verbose_name=_("教学班")
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="groups_taught", verbose_name=_("人员")
    )
    role = models.CharField(_("角色"), max_length=10, choices=GroupRole.choices)
    since = models.DateTimeField(_("起"))
    removed_at = models.DateTimeField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = _("教学班教师")
        verbose_name_plural = _("教学班教师")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "user"], condition=Q(removed_at=None), name="one_current_group_staff"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(removed_at__gte=F("since")), name="group_staff_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.user_id} {self.role}"
