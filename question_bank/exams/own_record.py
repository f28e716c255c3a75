"""The exams' part of a person's own record (the copy of one's data at /me/export/)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from learning.organisation.models import User

from .errors import iso
from .models import Attempt, Candidate, NotebookEntry, PracticeAnswer
from .outcome import attempt_json


def exams_of(user: User) -> dict[str, Any]:
    """Admissions; every attempt with its answers, and its result as far as released; practice answers; the notebook."""
    now = timezone.now()
    attempts = Attempt.objects.filter(user=user).select_related("exam", "candidate").order_by("started_at")
    notebook = NotebookEntry.objects.filter(user=user).select_related("version").order_by("pk")
    practice = PracticeAnswer.objects.filter(run__user=user).select_related("version", "run").order_by("at")
    return {
        "admissions": [
            {"exam": each.exam.title, "state": each.state, "person_status": each.person_status}
            for each in Candidate.objects.filter(user=user).select_related("exam").order_by("admitted_at")
        ],
        "attempts": [
            {
                "exam": each.exam.title,
                "no": each.no,
                "started_at": iso(each.started_at),
                "submitted_at": iso(each.submitted_at) if each.submitted_at else None,
                **attempt_json(each, now=now),
                "away_count": each.away_count,
                "away_ms": each.away_ms,
            }
            for each in attempts
        ],
        "practice": [
            {
                "question": each.version.stem,
                "answer": each.answer,
                "correct": each.correct,
                "at": iso(each.at),
            }
            for each in practice
        ],
        "notebook": [
            {
                "question": each.version.stem,
                "source": each.source,
                "wrong_count": each.wrong_count,
                "note": each.note,
            }
            for each in notebook
        ],
    }
