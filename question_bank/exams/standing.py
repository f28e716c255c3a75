"""Where a member stands with each exam they are admitted to: the list of exams and the start page read
this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from learning.organisation.models import User
from question_bank.engine.timing import Entry, EntryCode

from .clock import OPEN_STATES
from .errors import NotFound
from .models import Attempt, Candidate, Exam, TimeAdjustment
from .taking.closing import settle
from .taking.start import entry_for


class ExamState(StrEnum):
    """As the API says it."""

    UPCOMING = "upcoming"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """One exam for one member. `entry` says whether an attempt may begin now, how long it would be
    (`entry.time`), or when to come back; `attempts` are all in order, void ones too."""

    candidate: Candidate
    attempts: list[Attempt]
    entry: Entry

    @property
    def exam(self) -> Exam:
        return self.candidate.exam

    @property
    def counted(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.state != Attempt.State.VOID]

    @property
    def open_attempt(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.state in OPEN_STATES), None)

    @property
    def attempts_left(self) -> int:
        return max(0, self.exam.max_attempts - len(self.counted))

    @property
    def state(self) -> ExamState:
        if self.open_attempt:
            return ExamState.IN_PROGRESS
        if self.entry.code in (EntryCode.OK, EntryCode.TOO_SOON):
            return ExamState.OPEN
        if self.counted:
            return ExamState.DONE
        return ExamState.UPCOMING if self.entry.code == EntryCode.NOT_YET else ExamState.CLOSED


def standings(*, user: User, now: datetime, exam_id: int | None = None) -> list[Standing]:
    """The member's exams, latest opening first; three queries, and a closing for each expired attempt met."""
    candidates = list(
        Candidate.objects.filter(user=user, exam__state=Exam.State.PUBLISHED)
        .filter(**({"exam": exam_id} if exam_id else {}))
        .select_related("exam")
        .defer("exam__plan", "exam__corrections")
        .order_by("-exam__opens_at", "-exam_id")
    )
    exams = [candidate.exam_id for candidate in candidates]
    attempts: dict[int, list[Attempt]] = {exam: [] for exam in exams}
    found = Attempt.objects.filter(user=user, exam__in=exams).defer("paper", "rules", "auto_marks")
    for attempt in found.order_by("no"):
        attempts[attempt.exam_id].append(settle(attempt, now=now))
    rows: dict[int, list[TimeAdjustment]] = {exam: [] for exam in exams}
    live = TimeAdjustment.objects.filter(exam__in=exams, attempt=None, revoked_at=None)
    for row in live.select_related("unit"):
        rows[row.exam_id].append(row)
    return [
        Standing(
            candidate,
            attempts[candidate.exam_id],
            entry_for(candidate, attempts[candidate.exam_id], rows[candidate.exam_id], now),
        )
        for candidate in candidates
    ]


def standing(*, user: User, exam_id: int, now: datetime) -> Standing:
    """The member's standing in one exam. Raises NotFound."""
    found = standings(user=user, now=now, exam_id=exam_id)
    if not found:
        raise NotFound
    return found[0]
