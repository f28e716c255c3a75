"""Training classes (培训班): people from many units, a period, and what became of each of them."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .accounts import User
from .units import PersonStatus, Unit


class TrainingClassQuerySet(models.QuerySet["TrainingClass"]):
    def of_member(self, user: User) -> TrainingClassQuerySet:
        """Classes that have begun and that the person belongs to or belonged to the end."""
        return self.exclude(state=TrainingClass.State.DRAFT).filter(
            pk__in=ClassMember.objects.filter(user=user)
            .exclude(state=ClassMember.State.WITHDRAWN)
            .values("training_class")
        )


class TrainingClass(models.Model):
    """A class of one term in [from_date, to_date]: both days belong to it. What it asks for stands in courses' plan."""

    class State(models.TextChoices):
        DRAFT = "draft", _("筹备中")
        RUNNING = "running", _("进行中")
        CLOSED = "closed", _("已结束")

    name = models.CharField(_("名称"), max_length=120)
    code = models.CharField(_("期次"), max_length=40, unique=True)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="training_classes", verbose_name=_("所属党组织")
    )
    from_date = models.DateField(_("开始日期"))
    to_date = models.DateField(_("结束日期"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.DRAFT)
    rules = models.TextField(_("班级要求"), max_length=4000, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        verbose_name = _("培训班")
        verbose_name_plural = _("培训班")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="class_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None)),
                name="closed_class_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def lasts_on(self, day: date) -> bool:
        return self.from_date <= day <= self.to_date


class ClassMember(models.Model):
    """A person of a class, with unit, ancestors' keys and person status at admission."""

    class State(models.TextChoices):
        ACTIVE = "active", _("在班")
        WITHDRAWN = "withdrawn", _("已退出")
        GRADUATED = "graduated", _("已结业")
        NOT_GRADUATED = "failed", _("未结业")

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="class_memberships")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("党组织"))
    unit_ancestors = models.JSONField(default=list)  # unit keys, the unit's own first, the root's last
    person_status = models.CharField(_("人员状态"), max_length=14, choices=PersonStatus.choices)
    state = models.CharField(_("状态"), max_length=9, choices=State.choices, default=State.ACTIVE)
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    left_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("培训班学员")
        verbose_name_plural = _("培训班学员")
        constraints = [
            models.UniqueConstraint(fields=["training_class", "user"], name="class_member_once"),
            models.CheckConstraint(
                condition=Q(state="active", left_at=None) | (~Q(state="active") & Q(left_at__isnull=False)),
                name="only_the_active_have_not_left",
            ),
        ]
        indexes = [models.Index(fields=["user", "state"], name="class_member_by_user")]

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.user_id}"
