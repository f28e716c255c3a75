"""What a gradebook may be told of somebody at this moment, or when to look again: the score of an exam, or that a course is
completed. The rule of what is released is the exams' own, that of what is completed the study room's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from courses.reading.places import page_id
from learning.study.models import Completion
from lti.models import LineItem
from question_bank.engine.timing import AdjustmentKind
from question_bank.exams.models import Attempt, Candidate, Exam, Release, Result, TimeAdjustment
from question_bank.exams.releasing import parts_released, visible_parts

LOOK_AGAIN = timedelta(hours=1)
COMPLETED = Decimal(100)  # what a completed course counts, of as many
CLOSER = timedelta(seconds=15)  # the job that closes expired attempts comes this often


@dataclass(frozen=True, slots=True)
class Seat:
    """A person, by id, before an exam or a course; the course by the id of its page."""

    user: int
    exam: int | None = None
    page: int | None = None

    @classmethod
    def at(cls, column: LineItem, user_id: int) -> Seat:
        return cls(user_id, column.exam_id, column.page_id)


@dataclass(frozen=True, slots=True)
class Told:
    """A score that may be seen, out of `maximum`."""

    score: Decimal
    maximum: Decimal
    comment: str
    started_at: datetime | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unreleased:
    """There is an outcome, and nobody may see it yet."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Nothing:
    """No outcome: not sat, not marked, not completed, taken back."""


Outcome = Told | Unreleased | Nothing


def outcomes(seats: Collection[Seat], *, now: datetime) -> dict[Seat, Outcome]:
    """By seat; at most ten queries whatever their number."""
    found: dict[Seat, Outcome] = dict.fromkeys(seats, Nothing())
    if exams := [seat for seat in seats if seat.exam is not None]:
        found |= _of_exams(exams, now)
    if courses := [seat for seat in seats if seat.page is not None]:
        found |= _of_courses(courses)
    return found


def _of_courses(seats: Collection[Seat]) -> dict[Seat, Outcome]:
    """Those who have completed their course by its rule. How far anybody else has come is nobody's business there."""
    completions = Completion.objects.filter(
        activity__key__in={f"page:{seat.page}" for seat in seats}, user__in={seat.user for seat in seats}
    ).select_related("activity")
    done = {Seat(row.user_id, page=page_id(row.activity)): row.completed_at for row in completions}
    return {
        seat: Told(COMPLETED, COMPLETED, _("已学完"), started_at=None, submitted_at=done[seat])
        for seat in seats
        if seat in done
    }


def _of_exams(seats: Collection[Seat], now: datetime) -> dict[Seat, Outcome]:
    results = {
        Seat(row.candidate.user_id, exam=row.candidate.exam_id): row
        for row in Result.objects.filter(
            candidate__exam__in={seat.exam for seat in seats},
            candidate__user__in={seat.user for seat in seats},
        ).select_related("candidate")
    }
    counted = _counted([results[seat] for seat in seats if seat in results])
    visible = visible_parts(attempts=list(counted.values()), now=now)
    found: dict[Seat, Outcome] = {}
    hidden: dict[Seat, Attempt] = {}
    for seat in seats:
        attempt = counted.get(results[seat].pk) if seat in results else None
        if attempt is None:
            continue
        if visible[attempt.pk].score:
            found[seat] = _told(results[seat], attempt)
        else:
            hidden[seat] = attempt
    if hidden:
        when = _Moments({attempt.exam_id: attempt.exam for attempt in hidden.values()}, now)
        for seat, attempt in hidden.items():
            found[seat] = Unreleased(when.of(attempt.exam, attempt.candidate))
    return found


def _counted(results: Collection[Result]) -> dict[int, Attempt]:
    """The attempt that counts, by candidate; the last one where several make up the score."""
    rows: QuerySet[Attempt] = Attempt.objects.filter(state=Attempt.State.MARKED)
    rows = rows.select_related("exam", "candidate").defer("paper", "rules", "auto_marks", "exam__plan")
    found = {
        row.candidate_id: row for row in rows.filter(pk__in=[r.attempt_id for r in results if r.attempt_id])
    }
    averaged = [result.pk for result in results if result.attempt_id is None]
    if averaged:
        found |= {row.candidate_id: row for row in rows.filter(candidate__in=averaged).order_by("no")}
    return found


def _told(result: Result, attempt: Attempt) -> Told:
    return Told(
        score=result.score,
        maximum=result.max_score,
        comment=result.band or (_("合格") if result.passed else _("不合格")),
        started_at=attempt.started_at,
        submitted_at=attempt.submitted_at,
    )


class _Moments:
    """When a score that is hidden at `now` may be shown, as far as that can be known; four queries."""

    def __init__(self, exams: Mapping[int, Exam], now: datetime) -> None:
        self.now = now
        self.releases: dict[int, list[Release]] = {}
        later = Release.objects.filter(exam__in=exams, what=Release.What.SCORE, revoked_at=None, at__gt=now)
        for row in later.select_related("unit"):
            self.releases.setdefault(row.exam_id, []).append(row)
        by_end = [pk for pk, e in exams.items() if e.score_release == Exam.ReleasePolicy.AT_CLOSE]
        self.ends = {pk: exams[pk].closes_at for pk in by_end}
        if not by_end:
            return
        moved = TimeAdjustment.objects.filter(
            exam__in=by_end, kind=AdjustmentKind.WINDOW.value, revoked_at=None, attempt=None, value__gt=0
        )
        for exam_id, seconds in moved.values_list("exam", "value"):
            self.ends[exam_id] += timedelta(seconds=seconds)
        sitting = (
            Attempt.objects.filter(exam__in=by_end).open().values("exam").annotate(last=Max("accept_until"))
        )
        for each in sitting:
            self.ends[each["exam"]] = max(self.ends[each["exam"]], each["last"] + CLOSER)

    def of(self, exam: Exam, candidate: Candidate) -> datetime:
        """Later than now, and at most an hour: whoever pauses, extends or admits tells nobody."""
        moments = [r.at for r in self.releases.get(exam.pk, ()) if parts_released([r], candidate)]
        if exam.pk in self.ends:
            moments.append(max(self.ends[exam.pk], self.now + CLOSER))
        return min([*moments, self.now + LOOK_AGAIN])
