"""One attempt in every detail, read-only but for one act: counting answers that came after the end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import found, tell, user_of, warn
from learning.organisation.permissions import Action, may
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.organising import outcomes
from question_bank.exams.organising.watching import forget_board
from question_bank.exams.organising.words import event_words
from question_bank.exams.releasing import is_over, visible_part
from question_bank.exams.taking.late import accept_late, late_answers

from .doors import door, go, link, page
from .results import exam_with_results

MOST_DIGITS = 30


@door
@require_GET
def attempt_inspect(request: HttpRequest, exam_id: int, attempt_id: int) -> HttpResponse:
    """Everything about one attempt, for reading: no member's token, no write, whatever its state."""
    exam = exam_with_results(request, exam_id)
    return _inspection(request, exam, _attempt(request, exam, attempt_id), ReasonForm())


@door
@require_POST
def late_accept(request: HttpRequest, exam_id: int, attempt_id: int) -> HttpResponse:
    """Counts the late answers ticked; each is named by its slot and the event that the page showed."""
    exam = exam_with_results(request, exam_id)
    attempt = _attempt(request, exam, attempt_id)
    if not _may_accept(request, attempt):
        raise Http404
    ticked = request.POST.getlist("late")
    form = ReasonForm(request.POST)
    if form.is_valid():
        if not ticked:
            form.add_error(None, _("请勾选要计入的答案。"))
        else:
            return _accept(request, exam, attempt, _slots(ticked), form.cleaned_data["reason"])
    return _inspection(request, exam, attempt, form, ticked)


def _attempt(request: HttpRequest, exam: Exam, attempt_id: int) -> Attempt:
    candidates = outcomes.visible_candidates(exam, user_of(request))
    attempts = Attempt.objects.filter(exam=exam, candidate__in=candidates.values("pk"))
    return found(attempts.select_related("exam__owner_unit", "user", "candidate__unit"), attempt_id)


def _sees_keys(request: HttpRequest, attempt: Attempt, now: datetime) -> bool:
    """Whoever reads the result by a role sees the answers at once; who only teaches the candidate's group, when the
    candidate does, or when nobody can be sitting the exam any more: groups are made by people who need know nothing of this
    exam's secrecy."""
    user, units = user_of(request), (attempt.exam.owner_unit, attempt.candidate.unit)
    if any(may(user, action, unit) for action in outcomes.SEES_RESULTS for unit in units):
        return True
    seen = visible_part(attempt=attempt, exam=attempt.exam, candidate=attempt.candidate, now=now)
    return seen.key or is_over(attempt.exam, now)


def _may_accept(request: HttpRequest, attempt: Attempt) -> bool:
    return Attempt.objects.allowing(user_of(request), Action.EXAM_ADJUST).filter(pk=attempt.pk).exists()


def _slots(ticked: list[str]) -> dict[int, int]:
    """From "slot-event" of each box; 404 for what no page of ours sends."""
    slots = {}
    for value in ticked:
        slot, _dash, event = value.partition("-")
        if not (slot.isdecimal() and event.isdecimal()) or len(value) > MOST_DIGITS:
            raise Http404
        slots[int(slot)] = int(event)
    return slots


def _accept(
    request: HttpRequest, exam: Exam, attempt: Attempt, slots: dict[int, int], reason: str
) -> HttpResponse:
    try:
        changed = accept_late(
            attempt_id=attempt.pk, slots=slots, reason=reason, by=user_of(request), now=timezone.now()
        )
    except ExamError as error:
        warn(request, str(error))
    else:
        forget_board(exam.pk)
        if changed:
            tell(request, _("已计入 %(count)s 题迟到的答案，相关题目已重新评分。") % {"count": len(changed)})
        else:
            tell(request, _("所选答案此前已经计入。"))
    return go(request, "manage_attempt", exam.pk, attempt.pk, fragment="late")


def _inspection(
    request: HttpRequest, exam: Exam, attempt: Attempt, form: ReasonForm, ticked: list[str] | None = None
) -> HttpResponse:
    inspection = outcomes.inspect(attempt)
    others = Attempt.objects.filter(candidate=attempt.candidate_id).order_by("no").only("pk", "no", "state")
    context: dict[str, Any] = {
        "inspection": inspection,
        "attempt": attempt,
        "others": list(others),
        "sections": attempt.rules["sections"],
        "events": [{"event": event, "label": event_words(event.type)} for event in inspection.events],
        "late": [
            {"answer": late, "item": inspection.items[late.slot - 1], "box": f"{late.slot}-{late.event_id}"}
            for late in late_answers(attempt)
        ],
        "may_accept": _may_accept(request, attempt),
        "sees_keys": _sees_keys(request, attempt, timezone.now()),
        "form": form,
        "ticked": ticked or [],
    }
    context["any_open"] = any(
        each["answer"].valid and not each["answer"].accepted for each in context["late"]
    )
    return page(
        request,
        "exams/manage/attempt.html",
        context,
        title=f"{attempt.user.full_name} · {_('第 %(no)s 次') % {'no': attempt.no}}",
        exam=exam,
        trail=[(link(request, "manage_results", exam.pk), _("成绩"))],
        status=422 if form.is_bound else 200,
    )
