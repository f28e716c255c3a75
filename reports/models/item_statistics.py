"""Sums over the marked attempts of an exam, by question version, and the bookkeeping that keeps them exact. All of it
can be made anew from the attempts: `manage.py rebuild_reports`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from question_bank.exams.models import Attempt, Exam
from question_bank.questions.models import QuestionVersion


class ItemStatistics(models.Model):
    """engine.item_statistics.Tally as a row; the lists are sorted, so equal tallies are equal rows. `totals`: [[total, n,
    marks]]; `options`: {option: [n, rest, [[total, n]]]}; `seconds`: [[seconds, n]]."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    n = models.PositiveIntegerField(_("人次"))
    blank = models.PositiveIntegerField()
    correct = models.PositiveIntegerField()
    to_right = models.PositiveIntegerField()
    to_wrong = models.PositiveIntegerField()
    estimated = models.PositiveIntegerField()
    full_marks = models.BigIntegerField()  # marks are hundredths of a point
    marks = models.BigIntegerField()
    marks2 = models.BigIntegerField()
    rest = models.BigIntegerField()
    rest2 = models.BigIntegerField()
    marks_rest = models.BigIntegerField()
    totals = models.JSONField()
    options = models.JSONField()
    seconds = models.JSONField()

    class Meta:
        verbose_name = _("试题统计")
        verbose_name_plural = _("试题统计")
        constraints = [models.UniqueConstraint(fields=["exam", "version"], name="one_tally_per_item")]

    def __str__(self) -> str:
        return f"{self.exam_id}: {self.version_id}"


class FoldedExam(models.Model):
    """An exam whose attempts are folded; its row is the lock under which its sums change. `corrections`: those of the
    exam when it was folded, for what an answer was worth before it was changed depends on the key."""

    exam = models.OneToOneField(Exam, on_delete=models.CASCADE, primary_key=True, related_name="+")
    corrections = models.JSONField(default=dict)
    folded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.exam_id}"


class FoldedAttempt(models.Model):
    """What an attempt put into the sums, as JSON text: [version, mark, full, chosen, blank, seconds, estimated, change]
    by slot. It is taken out again exactly when its marks change or it is made void; figures of some of the people are
    made of it. Text, because no query looks inside, and converting it took longer than counting it."""

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, primary_key=True, related_name="folded")
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="+")
    outcomes = models.TextField()

    def __str__(self) -> str:
        return f"{self.attempt_id}"


class FoldRequest(models.Model):
    """An attempt whose marks changed, written in the transaction that changed them and removed by the worker that has
    folded it. No foreign key is checked: the row is inserted on the path of a submission."""

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    failed = models.BooleanField(default=False)  # kept aside: one that cannot be folded holds nobody else up

    class Meta:
        indexes = [models.Index(fields=["failed", "id"], name="fold_requests_waiting")]

    def __str__(self) -> str:
        return f"{self.attempt_id}"
