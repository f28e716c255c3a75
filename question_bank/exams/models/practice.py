"""Free practice over a bank and the wrong-answer notebook (错题本)."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from question_bank.questions.models import Bank, Chapter, Question, QuestionVersion

from .attempts import Attempt


class PracticeRun(models.Model):
    """One going through some questions; `paper` is a list of engine.kinds.PaperItem as JSON, fixed at the
    start."""

    class Mode(models.TextChoices):
        ORDER = "order", _("顺序练习")
        RANDOM = "random", _("随机练习")
        CHAPTER = "chapter", _("章节练习")
        WRONG = "wrong", _("错题重做")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="practice_runs", db_index=False)
    bank = models.ForeignKey(
        Bank, on_delete=models.PROTECT, null=True, related_name="+"
    )  # null: a redo from the notebook
    chapter = models.ForeignKey(Chapter, on_delete=models.SET_NULL, null=True, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    seed = models.BigIntegerField()
    paper = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "finished_at"], name="practice_run_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.mode}"


class PracticeAnswer(models.Model):
    run = models.ForeignKey(PracticeRun, on_delete=models.CASCADE, related_name="answers", db_index=False)
    slot = models.PositiveSmallIntegerField()
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(null=True)  # null: gave up and looked at the key
    correct = models.BooleanField(null=True)  # null: a short answer that the member has not judged yet
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "slot"], name="practice_answer_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.slot}"


class NotebookEntryQuerySet(models.QuerySet["NotebookEntry"]):
    def of(self, user: User) -> NotebookEntryQuerySet:
        """The member's entries, those that left included. One whose wrong answers are all hidden again is
        not."""
        return self.filter(user=user, wrong_count__gt=0)

    def active(self) -> NotebookEntryQuerySet:
        return self.filter(left_at=None)

    def due(self, day: date) -> NotebookEntryQuerySet:
        return self.active().filter(due_date__lte=day)


class NotebookEntry(models.Model):
    """A question the member got wrong. All but `kept`, `taken_out_at` and `note` is derived from the tries by
    practising.notebook, which alone writes it."""

    class SourceKind(models.TextChoices):
        EXAM = "exam", _("考试")
        PRACTICE = "practice", _("练习")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notebook", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")  # last wrong
    wrong_count = models.PositiveIntegerField(_("做错次数"), default=0)
    right_streak = models.PositiveSmallIntegerField(_("连续做对"), default=0)
    last_answer = models.JSONField(null=True)  # the member's own last wrong answer
    source_kind = models.CharField(max_length=8, choices=SourceKind.choices)
    source = models.CharField(max_length=120)  # the exam's or the bank's name, as the member knew it
    first_wrong_at = models.DateTimeField(null=True)
    last_wrong_at = models.DateTimeField(null=True)
    last_try_at = models.DateTimeField(null=True)
    due_date = models.DateField(null=True)
    left_at = models.DateTimeField(null=True)  # got right N times in a row, or taken out by the member
    taken_out_at = models.DateTimeField(null=True)
    kept = models.BooleanField(default=False)  # the member keeps it, whatever the streak
    note = models.CharField(_("笔记"), max_length=500, blank=True)

    objects = NotebookEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "question"], name="once_in_notebook"),
            models.CheckConstraint(condition=Q(kept=False) | Q(left_at=None), name="kept_entry_stays"),
        ]
        indexes = [models.Index(fields=["user", "left_at"], name="notebook_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.question_id}"


class NotebookTry(models.Model):
    """An answer to an entry's question that the member may know the verdict of: of a practice, or of a
    released exam. Right answers are kept from the first wrong one on."""

    entry = models.ForeignKey(NotebookEntry, on_delete=models.CASCADE, related_name="tries", db_index=False)
    at = models.DateTimeField()
    correct = models.BooleanField()
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(null=True)
    source_kind = models.CharField(max_length=8, choices=NotebookEntry.SourceKind.choices)
    source = models.CharField(max_length=120)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, null=True, related_name="+")
    practice = models.OneToOneField(PracticeAnswer, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "attempt"], condition=~Q(attempt=None), name="one_try_per_attempt"
            ),
            models.CheckConstraint(
                condition=Q(attempt=None, practice__isnull=False) | Q(attempt__isnull=False, practice=None),
                name="try_has_one_source",
            ),
        ]
        indexes = [models.Index(fields=["entry", "at"], name="tries_by_entry")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.correct}"


class CollectedAttempt(models.Model):
    """An attempt whose outcome is in the notebook. `marks` says from which marks it was taken (the receipt
    and the latest Mark), so that a regrade or a reopening is noticed."""

    attempt = models.OneToOneField(
        Attempt, on_delete=models.CASCADE, primary_key=True, related_name="collected"
    )
    marks = models.CharField(max_length=60)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.attempt_id}"
