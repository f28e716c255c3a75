"""What a training class asks for (培训计划), how its parts weigh, and what its graduation froze."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import ClassMember, TrainingClass, User
from learning.study.models import Activity
from question_bank.exams.models import Exam

from .reflections import ReflectionTask

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


class ClassPlan(models.Model):
    """The weights in percent of 综合成绩, which add to 100, and what graduation asks of each part and of the total."""

    training_class = models.OneToOneField(
        TrainingClass, on_delete=models.CASCADE, primary_key=True, related_name="plan"
    )
    w_exam = models.PositiveSmallIntegerField(_("考试（%）"), default=70)
    w_study = models.PositiveSmallIntegerField(_("学习完成（%）"), default=10)
    w_reflection = models.PositiveSmallIntegerField(_("心得体会（%）"), default=20)
    least_exam = models.DecimalField(
        _("考试最低分"), max_digits=5, decimal_places=2, default=60, validators=PERCENT
    )
    least_study = models.DecimalField(
        _("学习完成最低（%）"), max_digits=5, decimal_places=2, default=60, validators=PERCENT
    )
    least_reflection = models.DecimalField(
        _("心得体会最低分"), max_digits=5, decimal_places=2, default=60, validators=PERCENT
    )
    pass_total = models.DecimalField(
        _("综合成绩合格线"), max_digits=5, decimal_places=2, default=60,
        validators=[MinValueValidator(Decimal(60)), MaxValueValidator(Decimal(100))],
    )  # fmt: skip
    certificate = models.BooleanField(_("结业后发结业证书"), default=True)

    class Meta:
        verbose_name = _("结业规则")
        verbose_name_plural = _("结业规则")
        constraints = [
            models.CheckConstraint(
                condition=Q(w_exam=100 - F("w_study") - F("w_reflection")), name="class_weights_add_to_100"
            ),
            models.CheckConstraint(condition=Q(pass_total__range=(60, 100)), name="class_pass_total"),
        ]

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.w_exam}/{self.w_study}/{self.w_reflection}"


class PlanItem(models.Model):
    """One thing that the class asks for. `weight` counts among exams and among reflections (courses count by their
    lessons); a required item must be done to graduate: a course completed, an exam passed, a reflection marked, the
    hours earned."""

    class Kind(models.TextChoices):
        COURSE = "course", _("课程")
        EXAM = "exam", _("考试")
        REFLECTION = "reflection", _("心得体会")
        HOURS = "hours", _("最低学时")

    training_class = models.ForeignKey(TrainingClass, on_delete=models.CASCADE, related_name="plan_items")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items"
    )
    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items")
    task = models.ForeignKey(
        ReflectionTask, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items"
    )
    hours = models.DecimalField(_("学时"), max_digits=6, decimal_places=2, null=True, blank=True)
    required = models.BooleanField(_("必须完成"), default=True)
    due_at = models.DateTimeField(_("应完成时间"), null=True, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("权重"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("培训计划")
        verbose_name_plural = _("培训计划")
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(kind="course", activity__isnull=False, exam=None, task=None, hours=None)
                    | Q(kind="exam", activity=None, exam__isnull=False, task=None, hours=None)
                    | Q(kind="reflection", activity=None, exam=None, task__isnull=False, hours=None)
                    | Q(kind="hours", activity=None, exam=None, task=None, hours__gt=0)
                ),
                name="plan_item_is_of_its_kind",
            ),
            models.CheckConstraint(condition=Q(weight__range=(1, 100)), name="plan_item_weight"),
            models.UniqueConstraint(fields=["training_class", "activity"], name="course_once_in_plan"),
            models.UniqueConstraint(fields=["training_class", "exam"], name="exam_once_in_plan"),
            models.UniqueConstraint(fields=["training_class", "task"], name="task_once_in_plan"),
            models.UniqueConstraint(
                fields=["training_class"], condition=Q(kind="hours"), name="hours_once_in_plan"
            ),
        ]
        indexes = [models.Index(fields=["training_class", "position"], name="plan_by_class")]

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.kind}"


class Graduation(models.Model):
    """What graduation decided of one member, with the figures and rules of that moment; never changed."""

    member = models.OneToOneField(
        ClassMember, on_delete=models.PROTECT, primary_key=True, related_name="graduation"
    )
    graduated = models.BooleanField(_("结业"))
    exam = models.DecimalField(_("考试"), max_digits=5, decimal_places=2, null=True)
    study = models.DecimalField(_("学习完成"), max_digits=5, decimal_places=2, null=True)
    reflection = models.DecimalField(_("心得体会"), max_digits=5, decimal_places=2, null=True)
    total = models.DecimalField(_("综合成绩"), max_digits=5, decimal_places=2)
    hours = models.DecimalField(_("学时"), max_digits=7, decimal_places=2)
    reasons = models.JSONField(default=list)  # [{"code", …}] of graduating.Reason: what was missing
    rules = models.JSONField(default=dict)  # graduating.Rules as they stood
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("结业结果")
        verbose_name_plural = _("结业结果")

    def __str__(self) -> str:
        return f"{self.member_id}: {self.total}"
