"""Who sits the exam: the list with states and extra time, admitting units by person status, uploading numbers."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.admitting import AdmitUnitsForm, NumbersForm
from learning.organisation.admin.screens import paged, query_without, tell, user_of, warn
from learning.organisation.models import PersonStatus
from learning.organisation.permissions import Action
from learning.organisation.searching import THEIR_PERSON_AND_UNIT, holding
from learning.organisation.services.audit import filters_asked, record
from learning.organisation.sheets import download, sheet
from question_bank.exams.candidates import admit_units, admit_users, remove_candidate, set_candidate_state
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Attempt, Candidate, Exam
from question_bank.exams.organising import admission
from question_bank.exams.organising.forms import CandidateActForm

from .builder import may_change
from .doors import door, exam_for, go, link, owns, page, watched_exam


def rows_of(request: HttpRequest, exam: Exam) -> QuerySet[Candidate]:
    """The candidates this person may see, filtered by the URL: state, person status, words."""
    rows = Candidate.objects.allowing(user_of(request), Action.EXAM_VIEW).filter(exam=exam)
    state, status = request.GET.get("state", ""), request.GET.get("status", "")
    if state in Candidate.State.values:
        rows = rows.filter(state=state)
    if status in PersonStatus.values:
        rows = rows.filter(person_status=status)
    rows = holding(rows, request.GET.get("q", ""), *THEIR_PERSON_AND_UNIT)
    return rows.select_related("user", "unit").order_by("unit__path", "user__number")


@door
@require_GET
def candidate_list(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = watched_exam(request, exam_id, Action.EXAM_VIEW)
    all_rows = Candidate.objects.allowing(user_of(request), Action.EXAM_VIEW).filter(exam=exam)
    by_state = dict(all_rows.order_by().values_list("state").annotate(n=Count("pk")))
    rows = rows_of(request, exam).annotate(sat=Exists(Attempt.objects.filter(candidate=OuterRef("pk"))))
    shown = paged(request, rows)
    state = request.GET.get("state", "")
    context = {
        "page_obj": shown,
        "rows": shown.object_list,
        "chips": [
            ("", _("全部"), sum(by_state.values())),
            *((name, label, by_state.get(name, 0)) for name, label in Candidate.State.choices),
        ],
        "state": state,
        "status": request.GET.get("status", ""),
        "q": request.GET.get("q", ""),
        "statuses": PersonStatus.choices,
        "states": Candidate.State.choices,
        "query": request.GET.urlencode(),
        "query_without_state": query_without(request, "state"),
        "may_admit": owns(request, exam, Action.EXAM_BUILD) and may_change(request, exam),
        "acts": CandidateActForm.ACTS,
    }
    return page(
        request, "exams/manage/candidates.html", context, title=_("考生"), exam=exam, tab="manage_candidates"
    )


@door
@require_GET
def candidate_export(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = watched_exam(request, exam_id, Action.EXAM_VIEW)
    rows = list(rows_of(request, exam))
    headings = [
        _("学号/工号"),
        _("姓名"),
        _("党组织"),
        _("人员状态"),
        _("考生状态"),
        _("原因"),
        _("加时（%）"),
    ]
    lines = [
        [
            row.user.number,
            row.user.full_name,
            row.unit.name,
            row.get_person_status_display(),
            row.get_state_display(),
            row.reason,
            row.extra_percent or "",
        ]
        for row in rows
    ]
    data = {"rows": len(lines), "filters": filters_asked(request.GET)}
    record(
        actor=user_of(request),
        action="exam.export_candidates",
        obj=exam,
        unit=exam.owner_unit,
        data=data,
        now=timezone.now(),
    )
    return download(f"{exam.title}-{_('考生')}.xlsx", sheet(_("考生"), headings, lines))


def _exam_to_fill(request: HttpRequest, exam_id: int) -> Exam:
    exam = exam_for(request, exam_id, Action.EXAM_BUILD)
    if not may_change(request, exam):
        raise Http404
    return exam


@door
def candidate_admit(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Units of the person's own scope; how many people they bring is told before anything is done."""
    exam = _exam_to_fill(request, exam_id)
    user = user_of(request)
    form = AdmitUnitsForm(request.POST or None, user=user, action=Action.EXAM_BUILD)
    now = timezone.now()
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        units, statuses = list(form.cleaned_data["units"]), form.cleaned_data["person_statuses"]
        if "look" not in request.POST:
            count = admit_units(exam_id=exam.pk, units=units, person_statuses=statuses, by=user, now=now)
            tell(request, _("已添加 %(count)s 名考生。") % {"count": count})
            return go(request, "manage_candidates", exam.pk)
        counts = admission.counts_before(
            exam=exam, units=units, person_statuses=statuses, day=timezone.localdate(now)
        )
        context |= {"counts": counts, "new": sum(row.new for row in counts), "looked": True}
    if request.htmx:  # type: ignore[attr-defined]  # django_htmx's middleware
        return render(request, "exams/manage/admit_counts.html", context)
    context["units"] = form.tree()
    context["rules"] = exam.admission_rules.select_related("unit").order_by("unit__path")
    return page(
        request,
        "exams/manage/admit.html",
        context,
        title=_("按党组织添加考生"),
        exam=exam,
        trail=[(link(request, "manage_candidates", exam.pk), _("考生"))],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


@door
def candidate_upload(request: HttpRequest, exam_id: int) -> HttpResponse:
    """A list of numbers, pasted or as a file: first who they are, then the same list confirmed."""
    exam = _exam_to_fill(request, exam_id)
    user = user_of(request)
    form = NumbersForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        checked = admission.check_numbers(exam=exam, numbers=form.listed(), by=user)
        if "confirm" in request.POST:
            homeless = admit_users(exam_id=exam.pk, users=checked.new, by=user, now=timezone.now())
            tell(request, _("已添加 %(count)s 名考生。") % {"count": len(checked.new) - len(homeless)})
            return go(request, "manage_candidates", exam.pk)
        context |= {"checked": checked, "all_numbers": "\n".join(person.number for person in checked.new)}
    return page(
        request,
        "exams/manage/numbers.html",
        context,
        title=_("按号码添加考生"),
        exam=exam,
        trail=[(link(request, "manage_candidates", exam.pk), _("考生"))],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


@door
@require_POST
def candidate_act(request: HttpRequest, exam_id: int) -> HttpResponse:
    """State, extra time or removal for the candidates ticked; asked once more with their names and number."""
    exam = _exam_to_fill(request, exam_id)
    ids = [pk for pk in request.POST.getlist("candidate") if pk.isdecimal() and len(pk) <= 18]
    mine = Candidate.objects.allowing(user_of(request), Action.EXAM_BUILD).filter(exam=exam)
    chosen = list(mine.filter(pk__in=ids).select_related("user", "unit").order_by("user__number"))
    if len(chosen) != len(set(ids)):
        raise Http404
    if not chosen:
        warn(request, _("没有选择考生。"))
        return go(request, "manage_candidates", exam.pk)
    form = CandidateActForm(request.POST if "confirm" in request.POST else None, initial=request.POST.dict())
    act = request.POST.get("act", "")
    acts = dict(CandidateActForm.ACTS)
    if act not in acts:
        raise Http404
    if "confirm" in request.POST and form.is_valid():
        done, refused = _act_on(chosen, form.cleaned_data, request)
        if done:
            tell(request, _("已处理 %(count)s 名考生。") % {"count": done})
        for text in refused:
            warn(request, text)
        return go(request, "manage_candidates", exam.pk)
    context = {"form": form, "chosen": chosen, "act": act, "act_label": acts[act]}
    return page(
        request,
        "exams/manage/candidate_act.html",
        context,
        title=str(acts[act]),
        exam=exam,
        trail=[(link(request, "manage_candidates", exam.pk), _("考生"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )


def _act_on(chosen: list[Candidate], data: dict[str, Any], request: HttpRequest) -> tuple[int, list[str]]:
    """How many it was done to, and why not to the others."""
    now, user = timezone.now(), user_of(request)
    done, refused = 0, []
    for candidate in chosen:
        try:
            match data["act"]:
                case "state":
                    set_candidate_state(
                        candidate_id=candidate.pk,
                        state=data["state"],
                        reason=data["reason"],
                        by=user,
                        now=now,
                    )
                case "extra":
                    admission.set_extra_time(
                        candidate_id=candidate.pk,
                        percent=data["extra_percent"],
                        reason=data["reason"],
                        by=user,
                        now=now,
                    )
                case _:
                    remove_candidate(candidate_id=candidate.pk, by=user, now=now)
        except ExamError as error:
            refused.append(f"{candidate.user}：{error}")
        else:
            done += 1
    return done, refused
