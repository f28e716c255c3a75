"""A question and its versions. A version that was used is never changed: an edit makes the next one."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from learning.organisation.permissions import Action

from .banks import Bank, Chapter, KnowledgePoint


class QuestionQuerySet(models.QuerySet["Question"]):
    def allowing(self, user: User, action: Action) -> QuestionQuerySet:
        return self.filter(bank__in=Bank.objects.allowing(user, action))

    def usable(self) -> QuestionQuerySet:
        """Questions with a ready version, not retired."""
        return self.filter(current__isnull=False, retired_at=None)

    def with_returned(self) -> QuestionQuerySet:
        """Each with `returned`: its newest version is a draft that its author is asked to mend."""
        return self.annotate(returned=asked_to_mend())

    def returned(self) -> QuestionQuerySet:
        return self.filter(asked_to_mend(), retired_at=None)

    def awaiting_review(self) -> QuestionQuerySet:
        """Questions whose newest version is a draft that nobody is asked to mend first."""
        drafts = self.filter(latest__status=QuestionVersion.Status.DRAFT, retired_at=None)
        return drafts.filter(~asked_to_mend(), bank__archived_at=None)


def asked_to_mend() -> Exists:
    drafts = QuestionVersion.objects.filter(pk=OuterRef("latest"), status=QuestionVersion.Status.DRAFT)
    return Exists(drafts.filter(returns__isnull=False, returns__resubmitted_at=None))


class Question(models.Model):
    """What stays when the wording changes: place in the bank and history. `current` is the newest ready version (what
    exams draw), `latest` the newest of all (what editors see)."""

    class Difficulty(models.IntegerChoices):
        VERY_EASY = 1, _("很易")
        EASY = 2, _("易")
        MIDDLE = 3, _("中")
        HARD = 4, _("难")
        VERY_HARD = 5, _("很难")

    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="questions", verbose_name=_("题库"))
    chapter = models.ForeignKey(Chapter, on_delete=models.PROTECT, null=True, blank=True, related_name="questions",
                                verbose_name=_("章节"))  # fmt: skip
    knowledge_points = models.ManyToManyField(
        KnowledgePoint, blank=True, related_name="questions", verbose_name=_("知识点")
    )
    difficulty = models.PositiveSmallIntegerField(
        _("难度"), choices=Difficulty.choices, default=Difficulty.MIDDLE
    )
    tags = models.JSONField(_("标签"), default=list, blank=True)
    current = models.ForeignKey("QuestionVersion", on_delete=models.PROTECT, null=True, related_name="+")
    latest = models.ForeignKey("QuestionVersion", on_delete=models.PROTECT, null=True, related_name="+")
    fingerprint = models.CharField(
        max_length=64, editable=False
    )  # of the newest version; exchange.duplicates
    key_fingerprint = models.CharField(max_length=64, editable=False, blank=True)
    valid_until_date = models.DateField(_("有效期至"), null=True, blank=True)
    retired_at = models.DateTimeField(_("停用时间"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("试题")
        verbose_name_plural = _("试题")
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "fingerprint"], condition=Q(retired_at=None), name="one_stem_per_bank"
            ),
            models.CheckConstraint(condition=Q(difficulty__range=(1, 5)), name="difficulty_1_to_5"),
        ]
        indexes = [models.Index(fields=["bank", "chapter", "difficulty"], name="question_by_cell")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class QuestionVersion(models.Model):
    """The wording, options, key and marking rule of a question at one time. Shapes of body, key and rule:
    docs/formats.md; options carry opaque ids, so neither letters nor order ever decide a mark."""

    class Kind(models.TextChoices):
        SINGLE = "single", _("单选题")
        MULTIPLE = "multiple", _("多选题")
        TRUE_FALSE = "true_false", _("判断题")
        FILL = "fill", _("填空题")
        SHORT = "short", _("简答题")
        ESSAY = "essay", _("论述题")
        ORDER = "order", _("排序题")
        MATCH = "match", _("匹配题")

    class Status(models.TextChoices):
        DRAFT = "draft", _("草稿")
        READY = "ready", _("可用")
        RETIRED = "retired", _("停用")

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="versions")
    no = models.PositiveIntegerField(_("版本"))
    status = models.CharField(_("状态"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    kind = models.CharField(_("题型"), max_length=12, choices=Kind.choices)
    stem = models.TextField(_("题干"))  # sanitised HTML
    body = models.JSONField(default=dict)
    key = models.JSONField(null=True)
    rule = models.JSONField(default=dict, blank=True)
    explanation = models.TextField(_("解析"), blank=True)
    citation = models.TextField(_("依据"), blank=True)
    change_note = models.CharField(_("修改说明"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("试题版本")
        verbose_name_plural = _("试题版本")
        constraints = [models.UniqueConstraint(fields=["question", "no"], name="version_no_in_question")]

    def __str__(self) -> str:
        return f"#{self.question_id} v{self.no}"
