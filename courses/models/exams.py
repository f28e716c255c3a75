"""Which exams the open lessons ask for."""

from __future__ import annotations

from django.db import models

from learning.study.models import Activity
from question_bank.exams.models import Exam


class ExamUse(models.Model):
    """A part of a published lesson is done by an exam: handed in, or passed; written when the lesson is published."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="lesson_uses")
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="exam_uses")
    part = models.CharField(max_length=40)
    must_pass = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity", "part"], name="exam_of_a_part")]

    def __str__(self) -> str:
        return f"{self.exam_id} @ {self.activity_id}/{self.part}"
