"""The page of an open attempt: one question as a plain form, which the player takes over where it can run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from learning.organisation.forgery import proof_of
from learning.organisation.models import User
from question_bank.engine.kinds import Kind, needs_human
from question_bank.exams.clock import OPEN_STATES
from question_bank.exams.models import Attempt, AttemptItem
from question_bank.exams.outcome import paper_json, stored_items
from question_bank.exams.releasing import Visible
from question_bank.exams.taking.closing import settle
from question_bank.exams.taking.leaving import leaving_is_told
from question_bank.exams.tokens import attempt_token
from question_bank.questions.models import QuestionVersion

from .coming import when_known
from .forms import FormQuestion, form_question
from .member import member
from .words import player_words

MILLISECOND = 1000


@never_cache
@login_required
@require_GET
def attempt(request: HttpRequest, attempt_id: int) -> HttpResponse:
    now = timezone.now()
    found = own_attempt(member(request), attempt_id, now)
    if found.state not in OPEN_STATES:
        return after_the_end(found)
    return attempt_page(request, found, now=now)


def own_attempt(user: User, attempt_id: int, now: datetime) -> Attempt:
    """The member's own attempt as it is now; to everybody else it does not exist."""
    found = (
        Attempt.objects.filter(user=user)
        .select_related("exam", "candidate")
        .defer("exam__plan", "auto_marks")
        .filter(pk=attempt_id)
        .first()
    )
    if found is None:
        raise Http404
    return settle(found, now=now)


def after_the_end(attempt: Attempt) -> HttpResponse:
    if attempt.state == Attempt.State.VOID or attempt.submitted_at is None:
        return redirect("exam_start", attempt.exam_id)
    return redirect("attempt_receipt", attempt.pk)


def attempt_page(
    request: HttpRequest,
    attempt: Attempt,
    *,
    now: datetime,
    slot: int = 0,
    question: FormQuestion | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page at the slot asked for, else where the member was last. With `question` (what was typed and could not be
    saved) it stays a plain form: the player would show the stored answer instead."""
    rows = stored_items(attempt)
    data = paper_json(attempt, now=now)
    total = len(data["items"])
    slot = slot or slot_asked(request, total) or last_slot(attempt, rows)
    item = data["items"][slot - 1]
    row = rows.get(slot)
    context = {
        "attempt": attempt,
        "slot": slot,
        "total": total,
        "section": next(each for each in data["sections"] if each["id"] == item["section"]),
        "sections_shown": len(data["sections"]) > 1,
        "kind_said": kind_said(data, item),
        "question": question or form_question(item, row.answer if row else None),
        "flagged": bool(row and row.flagged),
        "base": row.answer_rev if row else 0,
        "answered": row is not None and row.answer is not None,
        "problem": problem,
        "paused": attempt.state == Attempt.State.PAUSED,
        "remaining_ms": data["remaining_ms"],
        "plain": question is not None,
        **_receipt_to_come(attempt, data),
        "player_data": None
        if question
        else {
            **player_data(attempt, data, rows, slot, now),
            **proof_of(request),
        },
    }
    return render(request, "exams/attempt.html", context, status=status)


def _receipt_to_come(attempt: Attempt, data: dict[str, Any]) -> dict[str, Any]:
    """What the receipt that the player shows will say of the score, by the exam's own rule: nobody asks for releases
    while hundreds are sitting."""
    when = when_known(attempt.exam, waits=any(needs_human(Kind(item["kind"])) for item in data["items"]))
    return {"when": when, "seen": Visible(score=not when)}


def slot_asked(request: HttpRequest, total: int) -> int:
    """?slot= of the URL; 0 where there is none on this paper."""
    asked = request.GET.get("slot", "")
    return int(asked) if asked.isdecimal() and 1 <= int(asked) <= total else 0


def last_slot(attempt: Attempt, rows: dict[int, AttemptItem]) -> int:
    """Where the page that writes was last; on another device the member goes on there."""
    by_writer = [row for row in rows.values() if row.last_client == attempt.lease_client]
    return max(by_writer, key=lambda row: row.last_seq).slot if by_writer else 1


def kind_said(data: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether the title of the section, shown beside it, already names the question's kind."""
    if len(data["sections"]) < 2:
        return False
    title = next(each["title"] for each in data["sections"] if each["id"] == item["section"])
    # "单项选择题" is the long form of "单选题", so is "多项选择题" of "多选题".
    short = title.replace("项选择", "选").casefold()
    return str(QuestionVersion.Kind(item["kind"]).label).casefold() in short


def player_data(
    attempt: Attempt, data: dict[str, Any], rows: dict[int, AttemptItem], slot: int, now: datetime
) -> dict[str, Any]:
    """Everything the player needs for its first question, as types.js describes it."""
    for item in data["items"]:
        row = rows.get(item["slot"])
        item["flagged"] = bool(row and row.flagged)
        item["kind_said"] = kind_said(data, item)
    api = reverse("api:api-root")
    working = attempt.deadline_at - attempt.started_at
    return {
        **data,
        "token": attempt_token(attempt, now=now),
        "state": attempt.state,
        "slot": slot,
        "limit_ms": int(working.total_seconds() * MILLISECOND) - attempt.paused_ms,
        "away_ms": attempt.away_ms,
        "away_count": attempt.away_count,
        "other_ms": attempt.other_ms,
        "away_allowed": attempt.rules["away_allowed"],
        "away_action": attempt.rules["away_action"],
        "away_told": leaving_is_told(kind=attempt.exam.kind, action=attempt.rules["away_action"]),
        "urls": {
            "ops": f"{api}attempts/{attempt.pk}/ops",
            "submit": f"{api}attempts/{attempt.pk}/submit",
            "attempt": f"{api}attempts/{attempt.pk}",
            "renew": f"{api}exams/{attempt.exam_id}/attempts",
            "receipt": reverse("attempt_receipt", args=[attempt.pk]),
        },
        "words": player_words(),
    }
