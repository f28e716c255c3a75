"""Free practice over a bank and the wrong-answer notebook (错题本)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from question_bank.questions.models import Bank, Chapter, Question, QuestionVersion


class PracticeRun(models.Model):
    class Mode(models.TextChoices):
        ORDER = "order", _("顺序练习")
        RANDOM = "random", _("随机练习")
        CHAPTER = "chapter", _("章节练习")
        WRONG = "wrong", _("错题重做")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="practice_runs")
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, null=True, related_name="+")
    chapter = models.ForeignKey(Chapter, on_delete=models.PROTECT, null=True, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    seed = models.BigIntegerField()
    paper = models.JSONField()  # as Attempt.paper, fixed at start
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} {self.mode}"


class PracticeAnswer(models.Model):
    run = models.ForeignKey(PracticeRun, on_delete=models.CASCADE, related_name="answers")
    slot = models.PositiveSmallIntegerField()
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(null=True)
    correct = models.BooleanField(null=True)  # null: a short answer, judged by the member
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "slot"], name="practice_answer_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.slot}"


class NotebookEntry(models.Model):
    """A question the member got wrong and has not yet got right N times in a row."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notebook")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    wrong_count = models.PositiveIntegerField(_("做错次数"), default=0)
    right_streak = models.PositiveSmallIntegerField(_("连续做对"), default=0)
    last_answer = models.JSONField(null=True)  # the member's own wrong answer
    source = models.CharField(max_length=120)  # the exam's or the practice's name, as the member knew it
    first_wrong_at = models.DateTimeField()
    last_wrong_at = models.DateTimeField()
    left_at = models.DateTimeField(
        null=True, blank=True
    )  # got right N times in a row, or taken out by the member
    kept = models.BooleanField(default=False)  # the member keeps it, whatever the streak
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "question"], name="once_in_notebook")]
        indexes = [models.Index(fields=["user", "left_at"], name="notebook_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.question_id}"
