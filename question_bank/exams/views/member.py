"""The member's exams: the list by what needs them now, and the page before the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from learning.organisation.models import User
from question_bank.engine.marking import pass_score
from question_bank.engine.timing import EntryCode
from question_bank.exams.clock import rules_of_exam
from question_bank.exams.errors import ExamError, NotFound, WrongPassword
from question_bank.exams.models import Exam
from question_bank.exams.papers import item_count_of, max_score_of
from question_bank.exams.standing import ExamState, Standing, standing, standings
from question_bank.exams.taking.leaving import leaving_is_told
from question_bank.exams.taking.start import start_attempt

GROUPS: tuple[tuple[ExamState, str | Promise], ...] = (
    (ExamState.IN_PROGRESS, _("进行中")),
    (ExamState.OPEN, _("可以参加")),
    (ExamState.UPCOMING, _("即将开始")),
    (ExamState.DONE, _("已交卷")),
    (ExamState.CLOSED, _("未参加")),
)
DUE_SOON = timedelta(days=3)
EDGE = timedelta(milliseconds=1)

WHY_NOT: dict[EntryCode, str | Promise] = {
    EntryCode.NOT_YET: _("考试还没有开始。到时间后本页会自动显示“开始考试”。"),
    EntryCode.ENTRY_CLOSED: _("已过迟到截止时间，不能再进入考试。如有特殊情况，请联系考务人员。"),
    EntryCode.CLOSED: _("考试已经结束。"),
    EntryCode.TOO_SOON: _("两次考试之间的间隔时间还没有到。"),
    EntryCode.NO_ATTEMPTS_LEFT: _("这场考试的次数已经用完。"),
    EntryCode.EXEMPT: _("您已免考，不需要参加这场考试。"),
    EntryCode.DEFERRED: _("您已办理缓考，请等待补考安排。"),
    EntryCode.ABSENT: _("您已被登记为缺考。如有疑问，请联系考务人员。"),
    EntryCode.BARRED: _("您的考试资格已被取消。如有疑问，请联系考务人员。"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An exam in the list; `due_soon` of those that can be taken now."""

    standing: Standing
    due_soon: bool

    @property
    def exam(self) -> Exam:
        return self.standing.exam


@never_cache
@login_required
@require_GET
def exam_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = standings(user=member(request), now=now)
    groups = []
    for state, title in GROUPS:
        rows = [
            Row(each, now <= each.exam.closes_at < now + DUE_SOON) for each in found if each.state == state
        ]
        if state in (ExamState.IN_PROGRESS, ExamState.OPEN):
            rows.sort(key=lambda row: row.exam.closes_at)
        elif state == ExamState.UPCOMING:
            rows.sort(key=lambda row: row.exam.opens_at)
        groups.append({"state": state.value, "title": title, "rows": rows})
    return render(request, "exams/exam_list.html", {"groups": groups, "any": bool(found)})


@never_cache
@login_required
def exam_start(request: HttpRequest, exam_id: int) -> HttpResponse:
    """The start page; POST begins or goes on, and leads to the attempt."""
    now = timezone.now()
    user = member(request)
    problem = ""
    if request.method == "POST":
        try:
            started = start_attempt(
                exam_id=exam_id, user=user, password=request.POST.get("password", ""), now=now
            )
        except NotFound as error:
            raise Http404 from error
        except WrongPassword as error:
            problem = str(error)
        except ExamError:
            pass  # the page below says why, as of now
        else:
            return redirect("attempt", started.attempt.pk)
    here = standing_or_404(user, exam_id, now)
    plan = Exam.objects.values_list("plan", flat=True).get(pk=exam_id) or {"sections": []}
    context = {
        "standing": here,
        "exam": here.exam,
        "facts": facts_of(here, now),
        "question_count": item_count_of(plan),
        "max_score": max_score_of(plan),
        "pass_score": pass_score(max_score_of(plan), here.exam.pass_percent),
        "away_told": leaving_is_told(kind=here.exam.kind, action=here.exam.away_action),
        "why_not": WHY_NOT.get(here.entry.code, ""),
        "waiting": here.entry.code in (EntryCode.NOT_YET, EntryCode.TOO_SOON) and here.entry.at is not None,
        "opens_in_ms": opens_in_ms(here, now),
        "problem": problem,
        "now": now,
    }
    return render(request, "exams/exam_start.html", context, status=403 if problem else 200)


@never_cache
@login_required
@require_GET
def exam_clock(request: HttpRequest, exam_id: int) -> HttpResponse:
    """How long until the start, for the waiting page: {"opens_in_ms", "may_start"}."""
    now = timezone.now()
    here = standing_or_404(member(request), exam_id, now)
    may = here.entry.code in (EntryCode.OK, EntryCode.CONTINUE)
    return JsonResponse({"opens_in_ms": opens_in_ms(here, now), "may_start": may})


@dataclass(frozen=True, slots=True)
class Facts:
    """`limit` for everybody, `effective` for a start now; `cut` says that closing time shortens it."""

    limit: timedelta
    effective: timedelta
    cut: bool


def facts_of(here: Standing, now: datetime) -> Facts:
    limit = timedelta(seconds=rules_of_exam(here.exam).limit_s)
    effective = here.entry.time if here.entry.ok else timedelta(0)
    return Facts(limit, effective, here.entry.ok and effective < limit)


def opens_in_ms(here: Standing, now: datetime) -> int:
    return max(0, (here.entry.at - now) // EDGE) if here.entry.at else 0


def standing_or_404(user: User, exam_id: int, now: datetime) -> Standing:
    try:
        return standing(user=user, exam_id=exam_id, now=now)
    except NotFound as error:
        raise Http404 from error


def member(request: HttpRequest) -> User:
    """Whoever is signed in; the views are behind login_required."""
    return cast(User, request.user)
