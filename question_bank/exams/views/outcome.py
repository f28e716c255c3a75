"""After the end: the receipt, and the result as far as it is released."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from question_bank.engine.marking import pass_score
from question_bank.exams.clock import OPEN_STATES
from question_bank.exams.models import Attempt
from question_bank.exams.notes import notes_on
from question_bank.exams.releasing import Visible, score_comes_at, visible_part
from question_bank.exams.results import band_of
from question_bank.exams.taking.closing import receipt_of
from question_bank.exams.tokens import attempt_token

from .attempt import own_attempt
from .coming import when_known
from .member import member
from .review import BLANK, PART, RIGHT, WRONG, ReviewItem, marks_given, review_items, section_scores

FILTERS = (("", _("全部")), ("wrong", _("未得满分")), ("right", _("答对")))
SHOWN = {"wrong": {WRONG, PART, BLANK}, "right": {RIGHT}}


@never_cache
@login_required
@require_GET
def attempt_receipt(request: HttpRequest, attempt_id: int) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(member(request), attempt_id, now)
    if attempt.state in OPEN_STATES:
        return redirect("attempt", attempt.pk)
    receipt = receipt_of(attempt)
    if receipt is None or attempt.state == Attempt.State.VOID:
        return redirect("exam_start", attempt.exam_id)
    seen = visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now)
    late = {
        "attempt": str(attempt.pk),
        "token": attempt_token(attempt, now=now),
        "url": f"{reverse('api:api-root')}attempts/{attempt.pk}/ops",
    }
    context = {
        "attempt": attempt,
        "receipt": receipt,
        "late": late,
        "seen": seen,
        "when": _when(attempt, seen, now),
        "notes": notes_on(attempt, now),
    }
    return render(request, "exams/attempt_receipt.html", context)


@never_cache
@login_required
@require_GET
def attempt_result(request: HttpRequest, attempt_id: int) -> HttpResponse:
    now = timezone.now()
    attempt = own_attempt(member(request), attempt_id, now)
    if attempt.state in OPEN_STATES:
        return redirect("attempt", attempt.pk)
    if attempt.state == Attempt.State.VOID or attempt.submitted_at is None:
        return redirect("exam_start", attempt.exam_id)
    seen = visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now)
    given = marks_given(attempt) if seen.score or seen.answers else {}
    items = review_items(attempt, seen, given) if seen.answers else []
    show = request.GET.get("show", "")
    context = {
        "attempt": attempt,
        "seen": seen,
        "when": _when(attempt, seen, now),
        "notes": notes_on(attempt, now),
        "pass_score": pass_score(attempt.max_score, Decimal(attempt.rules["pass_percent"])),
        "used": used_time(attempt),
        "sections": section_scores(attempt, given) if seen.score else [],
        "band": band_of(attempt.score, attempt.max_score, attempt.rules["bands"])
        if seen.score and attempt.score is not None
        else "",
        "items": [item for item in items if show not in SHOWN or item.verdict in SHOWN[show]],
        "figures": {
            name: sum(item.verdict == name for item in items) for name in (RIGHT, PART, WRONG, BLANK)
        },
        "filters": [
            {"show": value, "label": label, "count": _count(items, value), "current": value == show}
            for value, label in FILTERS
        ],
        "reviewed": bool(items),
    }
    return render(request, "exams/attempt_result.html", context)


def _when(attempt: Attempt, seen: Visible, now: datetime) -> str:
    """When the score comes; "" once it is there."""
    if seen.score:
        return ""
    at = score_comes_at(exam=attempt.exam, candidate=attempt.candidate, now=now)
    return when_known(attempt.exam, waits=attempt.state == Attempt.State.MARKING, at=at)


def _count(items: list[ReviewItem], show: str) -> int:
    return sum(show not in SHOWN or item.verdict in SHOWN[show] for item in items)


def used_time(attempt: Attempt) -> timedelta:
    """Working time from the start to the submission, pauses left out."""
    if attempt.submitted_at is None:
        return timedelta(0)
    return attempt.submitted_at - attempt.started_at - timedelta(milliseconds=attempt.paused_ms)
