"""Marks given or changed by a person, what is released to whom, and the outcome of a candidate in an exam."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from question_bank.questions.models import QuestionVersion

from .attempts import Attempt
from .exams import Candidate, Exam


class Mark(models.Model):
    """One manual or changed marking; an item's mark is its latest Mark, else its entry in `Attempt.auto_marks`."""

    class Source(models.TextChoices):
        MANUAL = "manual", _("人工")
        REGRADE = "regrade", _("重评")

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="marks")
    slot = models.PositiveSmallIntegerField()
    value = models.DecimalField(max_digits=6, decimal_places=2)
    source = models.CharField(max_length=8, choices=Source.choices)
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(value__gte=0), name="mark_not_negative")]
        indexes = [models.Index(fields=["attempt", "slot"], name="mark_by_slot")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.slot}: {self.value}"


class RegradeRun(models.Model):
    """A question of a published exam put right, and the answers to it marked anew in batches: attempts up to `done_to`
    are done. What it changed stands in Marks; `before` is the question's entry in `Exam.corrections` until then."""

    class Remedy(models.TextChoices):
        KEY = "key", _("按改正后的答案重评")
        VOID = "void", _("此题作废，人人满分")
        UNDO = "undo", _("恢复发布时的答案")

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="regrades")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    remedy = models.CharField(_("处理办法"), max_length=8, choices=Remedy.choices)
    corrected = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, null=True, related_name="+")
    only_up = models.BooleanField(_("只升不降"), default=False)
    reason = models.CharField(_("原因"), max_length=200)
    before = models.JSONField(default=dict)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    done_to = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    raised = models.PositiveIntegerField(default=0)
    lowered = models.PositiveIntegerField(default=0)
    gained = models.PositiveIntegerField(default=0)  # attempts that pass now and did not
    lost = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["exam"], condition=Q(finished_at=None), name="one_regrade_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(remedy="key", corrected__isnull=False) | (~Q(remedy="key") & Q(corrected=None)),
                name="corrected_where_the_key_is",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.version_id} {self.remedy}"


class SavedComment(models.Model):
    """A marker's own phrase for a question, to be used again."""

    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_comments")
    version = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "version", "text"], name="saved_comment_once")]

    def __str__(self) -> str:
        return self.text


class Release(models.Model):
    """From `at` on, this part of the outcome may be seen by the candidates of the exam (or of one unit and below)."""

    class What(models.TextChoices):
        SCORE = "score", _("成绩")
        ANSWERS = "answers", _("作答与对错")
        KEY = "key", _("答案与解析")
        COMMENTS = "comments", _("评语")

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="releases")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.what}"


class Result(models.Model):
    """The outcome of a candidate by the exam's score policy, over marked attempts; rewritten by the service that marks."""

    candidate = models.OneToOneField(
        Candidate, on_delete=models.CASCADE, primary_key=True, related_name="result"
    )
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, related_name="+")
    score = models.DecimalField(max_digits=7, decimal_places=2)
    max_score = models.DecimalField(max_digits=7, decimal_places=2)
    passed = models.BooleanField()
    band = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.score}"
