"""The reports for outside programs: a member, down to each question, and a unit with its children."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router

from learning.lane.problems import Problem
from learning.organisation.models import User
from learning.organisation.permissions import Action, units_allowing
from question_bank.exams.models import Attempt
from question_bank.exams.schemas import ProblemOut

from .members.attempts import AttemptRecord, ItemRecord
from .members.numbers import MemberNumbers, StudyRecord, member_numbers, reader_of
from .schemas import MemberOut, UnitOut
from .tallies import ExamTally
from .units.filters import UnitFilter
from .units.numbers import UnitNumbers, unit_numbers
from .words import half_up

router = Router(tags=["reports"])
PROBLEMS: dict[int, Any] = {401: ProblemOut, 404: ProblemOut}
SHARE_PLACES = 4
POINT_PLACES = 2
MOST_DIGITS = 18


@router.get(
    "/reports/members/{number}",
    response={200: MemberOut, **PROBLEMS},
    summary="A member's study and every attempt down to each question, as far as the reader may see it",
)
def member(request: HttpRequest, number: str) -> dict[str, Any]:
    now = timezone.now()
    user = _reader(request)
    found = User.objects.filter(number=number).first()
    reader = reader_of(user, found, day=timezone.localdate(now)) if found else None
    if found is None or reader is None:
        raise Http404
    return member_json(member_numbers(member=found, reader=reader, now=now))


@router.get(
    "/reports/units/{unit_id}",
    response={200: UnitOut, **PROBLEMS},
    summary="A unit's exams with its children; filters in the query as on the page",
)
def unit(request: HttpRequest, unit_id: str) -> dict[str, Any]:
    now = timezone.now()
    if not (unit_id.isascii() and unit_id.isdecimal() and len(unit_id) <= MOST_DIGITS):
        raise Http404
    found = units_allowing(_reader(request), Action.REPORT_VIEW).filter(pk=unit_id).first()
    if found is None:
        raise Http404
    wanted = UnitFilter.from_query(request.GET.dict())
    return unit_json(unit_numbers(unit=found, wanted=wanted, now=now, with_points=False))


def _reader(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Problem("not_signed_in")
    return user


def member_json(numbers: MemberNumbers) -> dict[str, Any]:
    return {
        "as_of": numbers.as_of,
        "number": numbers.member.number,
        "name": numbers.member.full_name,
        "unit": numbers.membership.unit.name if numbers.membership else None,
        "study": _study(numbers.study),
        "attempts": [_attempt(each) for each in numbers.attempts],
    }


def _study(study: StudyRecord) -> dict[str, Any]:
    """The activities are what time is credited to (lessons, meetings): their `active_ms` add up to that of the study."""
    lessons = [
        {
            "id": str(each.activity.pk),
            "title": each.activity.title,
            "active_ms": each.active_ms,
            "coverage": each.coverage,
            "completed_at": each.completed_at,
        }
        for course in study.courses
        for each in course.lessons
    ]
    elsewhere = [
        {"id": str(each.pk), "title": each.title, "active_ms": ms, "coverage": 0.0, "completed_at": None}
        for each, ms in study.elsewhere
    ]
    return {
        "active_ms": study.active_ms,
        "first_at": study.first_at,
        "last_at": study.last_at,
        "days": study.days,
        "credit_hours": str(study.hours),
        "target": study.target,
        "activities": [*lessons, *elsewhere],
    }


def _attempt(record: AttemptRecord) -> dict[str, Any]:
    attempt, time = record.attempt, record.time
    scored = record.seen.score and attempt.state == Attempt.State.MARKED
    return {
        "exam": str(attempt.exam_id),
        "title": attempt.exam.title,
        "no": attempt.no,
        "started_at": attempt.started_at,
        "submitted_at": attempt.submitted_at,
        "used_ms": time.used_ms if time else None,
        "active_ms": record.active_ms,
        "away_ms": time.away_ms if time else None,
        "score": str(attempt.score) if scored else None,
        "max": str(attempt.max_score),
        "passed": attempt.passed if scored else None,
        "items": [_item(each) for each in record.items],
    }


def _item(item: ItemRecord) -> dict[str, Any]:
    return {
        "slot": item.slot,
        "version": str(item.version),
        "first_view_at": item.first_view_at,
        "first_answer_at": item.first_answer_at,
        "last_answer_at": item.last_answer_at,
        "active_ms": item.active_ms,
        "changes": item.changes,
        "answer": item.answer,
        "correct": item.correct,
        "mark": None if item.mark is None else str(item.mark),
        "max_mark": str(item.max_mark),
        "median_ms": None if item.median_ms is None else int(half_up(item.median_ms, 0)),
    }


def unit_json(numbers: UnitNumbers) -> dict[str, Any]:
    """The unit's own people stand among the children, so that these add up to it."""
    children = [
        _counts(str(line.unit.pk), line.unit.name, line.exam, numbers.as_of) for line in numbers.lines
    ]
    whole = _counts(str(numbers.unit.pk), numbers.unit.name, numbers.exam, numbers.as_of)
    return {**whole, "children": children}


def _counts(pk: str, name: str, exam: ExamTally, as_of: datetime) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "id": pk,
        "unit": name,
        "due": exam.due,
        "sat": exam.sat,
        "absent": exam.absent,
        "exempt": exam.exempt,
        "rate": _share(exam.rate),
        "passed": exam.passed,
        "pass_rate_sat": _share(exam.pass_rate_sat),
        "pass_rate_due": _share(exam.pass_rate_due),
        "mean": _points(exam.spread.mean),
        "median": _points(exam.spread.median),
        "children": [],
    }


def _share(value: Fraction | None) -> float | None:
    return None if value is None else float(half_up(value, SHARE_PLACES))


def _points(value: Fraction | None) -> str | None:
    return None if value is None else str(half_up(value, POINT_PLACES))
