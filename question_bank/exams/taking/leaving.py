"""Leaving the page more often than allowed: handed in where the organiser switched that on, only there."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from question_bank.exams.errors import AttemptClosed
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.taking.adjusting import force_submit


def leaving_is_told(*, kind: str, action: str) -> bool:
    """Whether members are told that leaving the page is counted: not in practice, unless it ends the attempt there
    too."""
    return kind != Exam.Kind.PRACTICE or action == Exam.AwayAction.SUBMIT


def left_too_often(attempt: Attempt) -> bool:
    """Whether the attempt was left more often than its rules allow, in an exam that hands in then. Such an
    attempt is finished as forced, whoever sends it in: the page does so itself, in the member's name."""
    rules = attempt.rules
    forces: bool = rules["away_action"] == Exam.AwayAction.SUBMIT
    return forces and attempt.away_count > rules["away_allowed"]


def submit_those_away(*, now: datetime) -> int:
    """Forces in the running attempts that were left more often than their rules allow, and returns how
    many. A reopening (taking.adjusting) allows as many again."""
    running = Attempt.objects.filter(
        state=Attempt.State.IN_PROGRESS, away_count__gt=0, rules__away_action=Exam.AwayAction.SUBMIT
    )
    done = 0
    for attempt in running.only("away_count", "rules"):
        if left_too_often(attempt):
            reason = _("离开页面 %(count)s 次，超过允许的 %(allowed)s 次") % {
                "count": attempt.away_count,
                "allowed": attempt.rules["away_allowed"],
            }
            try:
                force_submit(attempt_id=attempt.pk, reason=reason, by=None, now=now)
            except AttemptClosed:
                continue  # handed in meanwhile
            done += 1
    return done
