"""The live monitor: counters, rows, and acts on the rows ticked; the board renews itself by a fragment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import query_without, tell, user_of, warn
from learning.organisation.permissions import Action
from question_bank.engine.timing import AdjustmentKind
from question_bank.exams.errors import ExamError, NotFound
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.organising import watching
from question_bank.exams.organising.forms import MonitorActForm
from question_bank.exams.organising.settings_forms import MINUTE_S
from question_bank.exams.organising.words import ROW_STANDINGS
from question_bank.exams.taking.adjusting import (
    Scope,
    extend,
    force_submit,
    pause,
    reopen_attempt,
    resume,
    void_attempt,
)

from .doors import door, go, link, owns, page, watched_exam

NAMES_SHOWN = 20
WHOLE_ACTS = dict(MonitorActForm.WHOLE_ACTS)


@door
@require_GET
def exam_monitor(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = watched_exam(request, exam_id, Action.EXAM_MONITOR)
    context = board_context(request, exam, timezone.now())
    context["acts"] = MonitorActForm.ACTS
    context["whole_acts"] = WHOLE_ACTS.items() if owns(request, exam, Action.EXAM_ADJUST) else ()
    return page(
        request, "exams/manage/monitor.html", context, title=_("监考"), exam=exam, tab="manage_monitor"
    )


@door
@require_GET
def monitor_board(request: HttpRequest, exam_id: int) -> HttpResponse:
    """The counters and rows alone, every few seconds."""
    exam = watched_exam(request, exam_id, Action.EXAM_MONITOR)
    context = board_context(request, exam, timezone.now())
    return render(request, "exams/manage/monitor_board.html", {"exam": exam, **context})


def board_context(request: HttpRequest, exam: Exam, now: datetime) -> dict[str, Any]:
    board = watching.board_for(exam, user=user_of(request), action=Action.EXAM_MONITOR, now=now)
    wanted = watching.BoardFilter.from_query(request.GET.dict())
    rows = wanted.apply(board.rows)
    counts = board.counts()
    return {
        "board": board,
        "rows": [{"row": row, "label": ROW_STANDINGS[row.standing]} for row in rows],
        "counts": [
            (name, ROW_STANDINGS[name], counts[name])
            for name in (watching.WAITING, watching.SITTING, watching.OFFLINE, watching.DONE)
        ],
        "other_counts": [
            (name, ROW_STANDINGS[name], counts[name])
            for name in (watching.PAUSED, watching.VOID, watching.AWAY)
            if counts[name]
        ],
        "wanted": wanted,
        "query": request.GET.urlencode(),
        "query_without_state": query_without(request, "state"),
        "age_s": max(0, int((now - board.as_of).total_seconds())),
        "total": len(board.rows),
        "may_adjust": Exam.objects.filter(pk=exam.pk)
        .watched_by(user_of(request), Action.EXAM_ADJUST)
        .exists(),
    }


@door
@require_POST
def monitor_act(request: HttpRequest, exam_id: int) -> HttpResponse:
    """An act on the rows ticked, with a reason; first the page that names whom and how many, then the act."""
    exam = watched_exam(request, exam_id, Action.EXAM_ADJUST)
    now = timezone.now()
    if "whole" in request.POST:
        return _whole(request, exam, now)
    board = watching.board_for(exam, user=user_of(request), action=Action.EXAM_ADJUST, now=now)
    wanted = request.POST.getlist("candidate")
    chosen = watching.chosen(board.rows, wanted)
    if len(chosen) != len(set(wanted)):
        raise Http404
    act = request.POST.get("act", "")
    acts = dict(MonitorActForm.ACTS)
    if act not in acts:
        raise Http404
    fitting = [row for row in chosen if fits(row, act)]
    if not fitting:
        warn(request, _("所选考生中没有人可以“%(act)s”。") % {"act": acts[act]})
        return go(request, "manage_monitor", exam.pk)
    confirmed = "confirm" in request.POST
    form = MonitorActForm(request.POST if confirmed else None, initial={"act": act, "minutes": 10})
    if confirmed and form.is_valid():
        done, refused = act_on(exam, fitting, form.cleaned_data, request, now)
        watching.forget_board(exam.pk)
        if done:
            tell(
                request,
                _("已对 %(count)s 人执行“%(act)s”。") % {"count": done, "act": acts[act]},
            )
        for text in refused:
            warn(request, text)
        return go(request, "manage_monitor", exam.pk)
    context = {
        "form": form,
        "act": act,
        "act_label": acts[act],
        "chosen": fitting,
        "shown": fitting[:NAMES_SHOWN],
        "more": max(0, len(fitting) - NAMES_SHOWN),
        "left_out": len(chosen) - len(fitting),
        "needs_minutes": act in ("extend", "reopen"),
    }
    return page(
        request,
        "exams/manage/monitor_act.html",
        context,
        title=str(acts[act]),
        exam=exam,
        trail=[(link(request, "manage_monitor", exam.pk), _("监考"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )


def _whole(request: HttpRequest, exam: Exam, now: datetime) -> HttpResponse:
    """More time, a later end, a pause or going on for everybody, those who have not begun included; for owners of the exam."""
    act = request.POST.get("act", "")
    if not owns(request, exam, Action.EXAM_ADJUST) or act not in WHOLE_ACTS:
        raise Http404
    confirmed = "confirm" in request.POST
    form = MonitorActForm(
        request.POST if confirmed else None, initial={"act": act, "minutes": 10}, whole=True
    )
    if confirmed and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                _act(exam, None, data, {"reason": data["reason"], "by": user_of(request), "now": now})
        except ExamError as error:
            form.add_error(None, str(error))
        else:
            watching.forget_board(exam.pk)
            tell(request, _("已对全场执行“%(act)s”。") % {"act": WHOLE_ACTS[act]})
            return go(request, "manage_monitor", exam.pk)
    context = {
        "form": form,
        "act": act,
        "act_label": WHOLE_ACTS[act],
        "whole": True,
        "sitting": Attempt.objects.filter(exam=exam).open().count(),
        "candidates": exam.candidates.count(),
        "needs_minutes": act in ("extend", "window"),
    }
    return page(
        request,
        "exams/manage/monitor_act.html",
        context,
        title=str(WHOLE_ACTS[act]),
        exam=exam,
        trail=[(link(request, "manage_monitor", exam.pk), _("监考"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )


def fits(row: watching.Row, act: str) -> bool:
    """Whether the act makes sense for the row; the service judges again under the lock."""
    match act:
        case "pause":
            return row.standing in (watching.SITTING, watching.OFFLINE)
        case "resume":
            return row.standing == watching.PAUSED
        case "reopen":
            return row.standing == watching.DONE
        case "void":
            return row.attempt_id is not None and row.standing != watching.VOID
        case _:
            return row.is_open


def act_on(
    exam: Exam, rows: list[watching.Row], data: dict[str, Any], request: HttpRequest, now: datetime
) -> tuple[int, list[str]]:
    """How many it was done to, and why not to the others."""
    done, refused = 0, []
    user = user_of(request)
    mine = set(
        Attempt.objects.allowing(user, Action.EXAM_ADJUST)
        .filter(exam=exam, pk__in=[row.attempt_id for row in rows])
        .values_list("pk", flat=True)
    )
    for row in rows:
        if row.attempt_id not in mine:
            continue
        try:
            with transaction.atomic():
                _act(exam, row.attempt_id, data, {"reason": data["reason"], "by": user, "now": now})
        except ExamError as error:
            refused.append(f"{row.name}（{row.number}）：{error}")
        else:
            done += 1
    return done, refused


def _act(exam: Exam, attempt_id: int | None, data: dict[str, Any], why: dict[str, Any]) -> None:
    scope = Scope(exam.pk, attempt_id=attempt_id)
    minutes = data["minutes"]
    match data["act"]:
        case "extend":
            # Where the window ends the paper, more working time alone would be cut off by it.
            extend(scope=scope, kind=AdjustmentKind.ADD.value, value=minutes * MINUTE_S, **why)
            if exam.end_policy == Exam.EndPolicy.DYNAMIC:
                extend(scope=scope, kind=AdjustmentKind.WINDOW.value, value=minutes * MINUTE_S, **why)
        case "window":
            extend(scope=scope, kind=AdjustmentKind.WINDOW.value, value=minutes * MINUTE_S, **why)
        case "pause":
            pause(scope=scope, **why)
        case "resume":
            resume(scope=scope, **why)
        case _ if attempt_id is None:
            raise NotFound
        case "submit":
            force_submit(attempt_id=attempt_id, **why)
        case "reopen":
            reopen_attempt(attempt_id=attempt_id, seconds=minutes * MINUTE_S if minutes else None, **why)
        case _:
            void_attempt(attempt_id=attempt_id, **why)
