"""How a paper is made: sections of fixed questions and of quota cells."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, scope_q
from question_bank.questions.models import Bank, Chapter, KnowledgePoint, QuestionVersion


class BlueprintQuerySet(models.QuerySet["Blueprint"]):
    def allowing(self, user: User, action: Action) -> BlueprintQuerySet:
        return self.filter(scope_q(user, action, "owner_unit"))


class Blueprint(models.Model):
    name = models.CharField(_("名称"), max_length=120)
    owner_unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="blueprints", verbose_name=_("所属党组织")
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BlueprintQuerySet.as_manager()

    class Meta:
        verbose_name = _("组卷规则")
        verbose_name_plural = _("组卷规则")

    def __str__(self) -> str:
        return self.name


class Section(models.Model):
    blueprint = models.ForeignKey(Blueprint, on_delete=models.CASCADE, related_name="sections")
    order = models.PositiveSmallIntegerField(_("次序"))
    title = models.CharField(_("标题"), max_length=80)
    instructions = models.TextField(_("说明"), blank=True)
    shuffle_questions = models.BooleanField(_("打乱题序"), default=True)
    shuffle_options = models.BooleanField(_("打乱选项"), default=True)
    rule = models.JSONField(
        _("计分规则"), default=dict, blank=True
    )  # overrides the version's rule; engine.marking

    class Meta:
        verbose_name = _("大题")
        constraints = [
            models.UniqueConstraint(fields=["blueprint", "order"], name="section_order_in_blueprint")
        ]

    def __str__(self) -> str:
        return self.title


class Cell(models.Model):
    """Draw `n` questions of `mark` points each that fit all the filters given (an empty filter fits everything;
    a chapter stands for itself and all chapters below it)."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="cells")
    order = models.PositiveSmallIntegerField(_("次序"))
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="+", verbose_name=_("题库"))
    kind = models.CharField(_("题型"), max_length=12, choices=QuestionVersion.Kind.choices, blank=True)
    chapters = models.ManyToManyField(Chapter, blank=True, related_name="+", verbose_name=_("章节"))
    knowledge_points = models.ManyToManyField(
        KnowledgePoint, blank=True, related_name="+", verbose_name=_("知识点")
    )
    difficulty_min = models.PositiveSmallIntegerField(_("难度从"), default=1)
    difficulty_max = models.PositiveSmallIntegerField(_("难度到"), default=5)
    tags = models.JSONField(_("标签"), default=list, blank=True)
    n = models.PositiveSmallIntegerField(_("题数"), validators=[MinValueValidator(1)])
    mark = models.DecimalField(_("每题分值"), max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = _("抽题规则")
        constraints = [
            models.UniqueConstraint(fields=["section", "order"], name="cell_order_in_section"),
            models.CheckConstraint(condition=Q(n__gte=1, mark__gt=0), name="cell_draws_something"),
            models.CheckConstraint(
                condition=Q(difficulty_min__lte=F("difficulty_max")), name="cell_difficulty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} × {self.n}"


class FixedItem(models.Model):
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="fixed_items")
    order = models.PositiveSmallIntegerField(_("次序"))
    version = models.ForeignKey(
        QuestionVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("试题")
    )
    mark = models.DecimalField(_("分值"), max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = _("固定试题")
        constraints = [
            models.UniqueConstraint(fields=["section", "version"], name="fixed_once_in_section"),
            models.CheckConstraint(condition=Q(mark__gt=0), name="fixed_item_has_marks"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}"
