"""The list of exams with filters and export; a new exam, a copy; publishing and withdrawing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import paged, query_without, tell, user_of, warn
from learning.organisation.models import Unit
from learning.organisation.permissions import Action, may
from learning.organisation.services.audit import filters_asked, record
from learning.organisation.sheets import download, sheet
from question_bank.exams.errors import ExamError, NotReady
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.organising import building, listing
from question_bank.exams.organising.changes import changes_since_publication
from question_bank.exams.organising.forms import CopyForm, NewExamForm
from question_bank.exams.organising.words import local_time, standing_words
from question_bank.exams.papers import item_count_of, max_score_of
from question_bank.exams.publishing import (
    NotAsShown,
    checklist,
    drawn_now,
    parts_of,
    publish_exam,
    supply_for,
    withdraw_exam,
)

from .doors import door, exam_for, go, link, owns, page


@door
@require_GET
def exam_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    user = user_of(request)
    wanted = listing.ExamFilter.from_query(request.GET.dict())
    exams = listing.visible_exams(user)
    others = wanted.apply(exams, now, standing=False)
    shown = paged(request, listing.listed(wanted.apply(exams, now)))
    rows = list(shown.object_list)
    counts = listing.candidate_counts(rows, user)
    marking = listing.marking_counts(rows, user)
    by_standing = listing.counts_by_standing(others, now)
    context = {
        "page_obj": shown,
        "rows": [
            {
                "exam": exam,
                "url": _opened(request, exam),
                "standing": listing.standing_of(exam, now),
                "candidates": counts.get(exam.pk, 0),
                "marking": marking.get(exam.pk, 0),
            }
            for exam in rows
        ],
        "wanted": wanted,
        "standings": [
            ("", _("全部"), sum(by_standing.values())),
            *((name, standing_words(name), count) for name, count in by_standing.items()),
        ],
        "query_without_state": query_without(request, "state"),
        "query": request.GET.urlencode(),
        "kinds": Exam.Kind.choices,
        "units": Unit.objects.filter(exams__in=exams).distinct(),
        "may_build": may(user, Action.EXAM_BUILD),
        "any_filter": bool(wanted.standing or wanted.kind or wanted.unit or wanted.words),
    }
    return page(request, "exams/manage/exam_list.html", context, title=_("考试管理"))


def _opened(request: HttpRequest, exam: Exam) -> str:
    """Where the list leads: the builder, or for whoever only watches some candidates these; both are open to whoever has
    the exam in the list, so no row asks the database."""
    return link(
        request, "manage_exam" if owns(request, exam, Action.EXAM_VIEW) else "manage_candidates", exam.pk
    )


@door
@require_GET
def exam_export(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    user = user_of(request)
    wanted = listing.ExamFilter.from_query(request.GET.dict())
    rows = list(listing.listed(wanted.apply(listing.visible_exams(user), now)))
    counts = listing.candidate_counts(rows, user)
    headings = [
        _("名称"),
        _("类型"),
        _("状态"),
        _("所属党组织"),
        _("开始时间"),
        _("结束时间"),
        _("时长（分钟）"),
        _("考生"),
    ]
    lines = [
        [
            exam.title,
            exam.get_kind_display(),
            standing_words(listing.standing_of(exam, now)),
            exam.owner_unit.name,
            local_time(exam.opens_at),
            local_time(exam.closes_at),
            exam.limit_s // 60,
            counts.get(exam.pk, 0),
        ]
        for exam in rows
    ]
    data = {"rows": len(lines), "filters": filters_asked(request.GET)}
    record(actor=user, action="exam.export_list", obj=user, data=data, now=now)
    return download(_("考试列表") + ".xlsx", sheet(_("考试列表"), headings, lines))


@door
def exam_new(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not may(user, Action.EXAM_BUILD):
        raise Http404
    form = NewExamForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        exam = building.create_exam(**form.cleaned_data, by=user, now=timezone.now())
        tell(request, _("已建立草稿，请继续组卷。"))
        return go(request, "manage_exam", exam.pk)
    status = 422 if form.is_bound else 200
    return page(
        request, "exams/manage/exam_new.html", {"form": form}, title=_("新建考试"), status=status, wide=False
    )


@door
def exam_copy(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = exam_for(request, exam_id, Action.EXAM_BUILD)
    first = {"title": _("%(title)s（副本）") % {"title": exam.title}, "kind": exam.kind}
    form = CopyForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        copy = building.copy_exam(
            exam_id=exam.pk, **form.cleaned_data, by=user_of(request), now=timezone.now()
        )
        tell(request, _("已复制为草稿。请检查时间并添加考生。"))
        return go(request, "manage_exam", copy.pk)
    status = 422 if form.is_bound else 200
    context = {"form": form}
    return page(
        request,
        "exams/manage/exam_copy.html",
        context,
        title=_("复制考试"),
        exam=exam,
        status=status,
        wide=False,
    )


@door
def exam_publish(request: HttpRequest, exam_id: int) -> HttpResponse:
    """First the page that says what publishing does, and to whom; what it showed is what is published."""
    exam = exam_for(request, exam_id, Action.EXAM_PUBLISH)
    now = timezone.now()
    refusal = ""
    if request.method == "POST":
        again = exam.state == Exam.State.PUBLISHED
        try:
            publish_exam(exam_id=exam.pk, by=user_of(request), now=now, seen=request.POST.get("seen", ""))
        except NotAsShown as error:
            refusal = str(error) if "seen" in request.POST else ""
        except NotReady as error:
            warn(request, str(error.message))
            return go(request, "manage_exam", exam.pk, fragment="checklist")
        else:
            words = _("“%(title)s”已重新发布。") if again else _("“%(title)s”已发布。")
            tell(request, words % {"title": exam.title})
            return go(request, "manage_exam", exam.pk, fragment="checklist")
    facts = _publish_facts(exam, now)
    if facts["fatal"]:
        warn(request, str(NotReady.message))
        return go(request, "manage_exam", exam.pk, fragment="checklist")
    return page(
        request,
        "exams/manage/exam_publish.html",
        {**facts, "refusal": refusal},
        title=_("重新发布考试") if exam.state == Exam.State.PUBLISHED else _("发布考试"),
        exam=exam,
        status=422 if request.method == "POST" else 200,
        wide=False,
    )


def _publish_facts(exam: Exam, now: datetime) -> dict[str, Any]:
    parts = parts_of(exam.blueprint_id)
    supply = supply_for(exam, parts)
    problems = checklist(exam=exam, now=now, read=(parts, supply))
    live = drawn_now(parts, supply)
    admitted = exam.candidates.filter(state=Candidate.State.ELIGIBLE).count()
    return {
        "again": exam.state == Exam.State.PUBLISHED,
        "seen": live.digest,
        "fatal": any(problem.fatal for problem in problems),
        "warnings": [problem.message for problem in problems],
        "admitted": admitted,
        "left_out": exam.candidates.count() - admitted,
        "questions": item_count_of(live.plan),
        "points": max_score_of(live.plan),
        "open_now": exam.opens_at <= now,
        "started": building.entered_count(exam.pk),
        "sitting": Attempt.objects.filter(exam=exam).open().count(),
        "changes": changes_since_publication(exam, live),
        "unlimited": exam.unlimited,
    }


@door
def exam_withdraw(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = exam_for(request, exam_id, Action.EXAM_PUBLISH)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_exam(
                exam_id=exam.pk, by=user_of(request), reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except ExamError as error:
            form.add_error(None, str(error))
        else:
            tell(request, _("“%(title)s”已撤回，考生不能再进入。") % {"title": exam.title})
            return go(request, "manage_exam", exam.pk)
    context: dict[str, Any] = {"form": form, "count": exam.candidates.count()}
    status = 422 if form.is_bound else 200
    return page(
        request,
        "exams/manage/exam_withdraw.html",
        context,
        title=_("撤回考试"),
        exam=exam,
        status=status,
        wide=False,
    )
