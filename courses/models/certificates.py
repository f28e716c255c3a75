"""Certificates: what was attested to whom, frozen; a wrong one is revoked, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import TrainingClass, User
from learning.study.models import Activity


class Certificate(models.Model):
    """Of a completed course or of a class. The number names it to everybody who is shown it (/verify/)."""

    class Kind(models.TextChoices):
        COURSE = "course", _("课程")
        CLASS = "class", _("培训班")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="certificates")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, null=True, related_name="certificates")
    training_class = models.ForeignKey(
        TrainingClass, on_delete=models.PROTECT, null=True, related_name="certificates"
    )
    holder_name = models.CharField(_("姓名"), max_length=80)
    subject_title = models.CharField(_("内容"), max_length=200)
    credit_hours = models.DecimalField(_("学时"), max_digits=7, decimal_places=2)
    # What else is printed: {"unit", "from_date", "to_date", "code", "site"}, dates ISO.
    content = models.JSONField(default=dict)
    issued_at = models.DateTimeField(_("签发时间"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoke_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("结业证书")
        verbose_name_plural = _("结业证书")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="course", activity__isnull=False, training_class=None)
                | Q(kind="class", activity=None, training_class__isnull=False),
                name="certificate_is_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=["user", "activity"],
                condition=Q(revoked_at=None),
                name="one_valid_certificate_a_course",
            ),
            models.UniqueConstraint(
                fields=["user", "training_class"],
                condition=Q(revoked_at=None),
                name="one_valid_certificate_a_class",
            ),
        ]

    def __str__(self) -> str:
        return self.number
