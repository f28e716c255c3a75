"""The trial run: a drawn paper as members see it; nothing is stored."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.permissions import Action
from question_bank.exams.errors import ExamError
from question_bank.exams.organising.trial import trial_paper

from .doors import door, exam_for, page

MOST_SEED = 10**6


@door
@require_GET
def exam_trial(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = exam_for(request, exam_id, Action.EXAM_BUILD)
    asked = request.GET.get("seed", "")
    seed = int(asked) if asked.isdecimal() and len(asked) <= 18 else 1
    context: dict[str, object] = {"seed": seed, "next_seed": secrets.randbelow(MOST_SEED)}
    try:
        context["paper"] = trial_paper(exam=exam, seed=seed, now=timezone.now())
    except ExamError:
        context["paper"] = None
    return page(
        request,
        "exams/manage/trial.html",
        context,
        title=_("试考"),
        exam=exam,
        tab="manage_trial",
        wide=False,
    )
