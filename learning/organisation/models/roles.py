"""Which role a person holds over which part of the tree, from when to when."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .accounts import User
from .units import Unit


class Role(models.TextChoices):
    MEMBER = "member", _("党员")
    INVIGILATOR = "invigilator", _("监考")
    AUTHOR = "author", _("出题人")
    REVIEWER = "reviewer", _("审题人")
    MARKER = "marker", _("阅卷人")
    RELEASER = "releaser", _("成绩发布人")
    TEACHER = "teacher", _("教师")
    SECRETARY = "secretary", _("书记")
    SCHOOL_OFFICE = "school_office", _("党校办公室")
    AUDITOR = "auditor", _("审计员")
    ADMINISTRATOR = "administrator", _("管理员")


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def on(self, day: date) -> RoleAssignmentQuerySet:
        return self.filter(Q(to_date=None) | Q(to_date__gt=day), from_date__lte=day)

    def from_day(self, day: date) -> RoleAssignmentQuerySet:
        """Those held on that day or on a later one."""
        return self.exclude(to_date__lte=day)


class RoleAssignment(models.Model):
    """A role over a unit and everything below it in [from_date, to_date). Everybody is a MEMBER without a row."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="role_assignments", verbose_name=_("人员")
    )
    role = models.CharField(_("角色"), max_length=16, choices=Role.choices)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="role_assignments", verbose_name=_("范围")
    )
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("角色分配")
        verbose_name_plural = _("角色分配")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "unit"], condition=Q(to_date=None), name="one_current_role_assignment"
            ),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="role_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} @ {self.unit_id}"
