"""Results as organisers read them, their export, and what is released to whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import found, paged, query_without, tell, user_of
from learning.organisation.models import Unit
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action
from learning.organisation.services.audit import filters_asked, record
from learning.organisation.sheets import download, sheet
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Attempt, Candidate, Exam, Release
from question_bank.exams.organising import outcomes
from question_bank.exams.organising.forms import ReleaseNowForm
from question_bank.exams.organising.words import RESULT_STANDINGS, local_time
from question_bank.exams.releasing import leaning_on, release, revoke_release
from question_bank.exams.templatetags.exam_words import duration

from .doors import door, exam_for, go, link, owns, page


def exam_with_results(request: HttpRequest, exam_id: int) -> Exam:
    """The exam, if the person may read some of its results; otherwise 404."""
    exam = found(outcomes.result_exams(user_of(request)).select_related("owner_unit"), exam_id)
    if exam.state == Exam.State.DRAFT and not owns(request, exam, Action.EXAM_VIEW):
        raise Http404
    return exam


def rows_of(request: HttpRequest, exam: Exam) -> QuerySet[Candidate]:
    rows = outcomes.result_rows(outcomes.visible_candidates(exam, user_of(request)))
    return outcomes.ResultFilter.from_query(request.GET.dict()).apply(rows)


def standing_of(row: Any) -> str:
    """One of RESULT_STANDINGS for a row of `outcomes.result_rows`."""
    if row.latest_state in ("in_progress", "paused"):
        return "sitting"
    if row.latest_state == Attempt.State.MARKING:
        return "marking"
    result = getattr(row, "result", None)
    if result is not None:
        return "passed" if result.passed else "failed"
    return row.state if row.state in RESULT_STANDINGS else "absent"


def used_of(row: Any) -> Any:
    return outcomes.used_time(row.latest_started_at, row.latest_submitted_at, row.latest_paused_ms)


@door
@require_GET
def exam_results(request: HttpRequest, exam_id: int) -> HttpResponse:
    exam = exam_with_results(request, exam_id)
    everybody = outcomes.result_rows(outcomes.visible_candidates(exam, user_of(request)))
    shown = paged(request, rows_of(request, exam))
    wanted = outcomes.ResultFilter.from_query(request.GET.dict())
    releases = Release.objects.filter(exam=exam).select_related("unit", "by").order_by("-at", "-pk")
    context = {
        "page_obj": shown,
        "rows": [
            {
                "candidate": row,
                "result": getattr(row, "result", None),
                "standing": standing_of(row),
                "label": RESULT_STANDINGS[standing_of(row)],
                "used": used_of(row),
            }
            for row in shown.object_list
        ],
        "figures": outcomes.figures(everybody),
        "wanted": wanted,
        "standings": RESULT_STANDINGS.items(),
        "bands": [band["name"] for band in exam.bands],
        "units": Unit.objects.filter(
            pk__in=outcomes.visible_candidates(exam, user_of(request)).values("unit")
        ),
        "query": request.GET.urlencode(),
        "query_without_state": query_without(request, "state"),
        "releases": releases,
        "may_release": owns(request, exam, Action.EXAM_RELEASE),
        "may_regrade": exam.state != Exam.State.DRAFT and owns(request, exam, Action.EXAM_PUBLISH),
        "release_form": ReleaseNowForm(units=_units(exam)),
        "now": timezone.now(),
    }
    return page(
        request, "exams/manage/results.html", context, title=_("成绩"), exam=exam, tab="manage_results"
    )


def _units(exam: Exam) -> QuerySet[Unit]:
    """Units that candidates of the exam belong to, and those above them inside the owner."""
    paths = Candidate.objects.filter(exam=exam).values_list("unit__path", flat=True).distinct()
    wanted = {above for path in paths for above in paths_above(path)}
    units: QuerySet[Unit] = Unit.objects.filter(path__in=wanted)
    return units


@door
@require_GET
def results_export(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Exactly the filtered rows, times in local time."""
    exam = exam_with_results(request, exam_id)
    rows = list(rows_of(request, exam))
    headings = [
        _("学号/工号"), _("姓名"), _("党组织"), _("状态"), _("得分"), _("满分"), _("等级"), _("第几次"),
        _("开始时间"), _("交卷时间"), _("用时"),
    ]  # fmt: skip
    lines = []
    for row in rows:
        result = getattr(row, "result", None)
        lines.append(
            [
                row.user.number,
                row.user.full_name,
                row.unit.name,
                RESULT_STANDINGS[standing_of(row)],
                result.score if result else "",
                result.max_score if result else "",
                result.band if result else "",
                row.latest_no or "",  # type: ignore[attr-defined]  # annotated by result_rows
                local_time(row.latest_started_at),  # type: ignore[attr-defined]
                local_time(row.latest_submitted_at),  # type: ignore[attr-defined]
                duration(used_of(row)),
            ]
        )
    data = {"rows": len(lines), "filters": filters_asked(request.GET)}
    record(
        actor=user_of(request),
        action="exam.export_results",
        obj=exam,
        unit=exam.owner_unit,
        data=data,
        now=timezone.now(),
    )
    return download(f"{exam.title}-{_('成绩')}.xlsx", sheet(_("成绩"), headings, lines))


@door
@require_POST
def results_release(request: HttpRequest, exam_id: int) -> HttpResponse:
    """First the page that says to how many candidates what is shown from when on, then the release."""
    exam = exam_for(request, exam_id, Action.EXAM_RELEASE)
    now = timezone.now()
    form = ReleaseNowForm(request.POST, units=_units(exam))
    if form.is_valid():
        data = form.cleaned_data
        at = form.from_when(now)
        if "confirm" in request.POST:
            try:
                release(
                    exam_id=exam.pk, what=data["what"], unit=data["unit"], at=at, by=user_of(request), now=now
                )
            except ExamError as error:
                form.add_error(None, str(error))
            else:
                tell(request, _("已公布。") if at <= now else _("已安排公布。"))
                return go(request, "manage_results", exam.pk)
    return page(
        request,
        "exams/manage/release.html",
        {"form": form, **(_release_facts(exam, form, now) if form.is_valid() else {})},
        title=_("公布"),
        exam=exam,
        trail=[(link(request, "manage_results", exam.pk), _("成绩"))],
        status=200 if form.is_valid() else 422,
        wide=False,
    )


def _release_facts(exam: Exam, form: ReleaseNowForm, now: Any) -> dict[str, Any]:
    unit = form.cleaned_data["unit"]
    candidates = Candidate.objects.filter(exam=exam)
    if unit is not None:
        below = [c.pk for c in candidates.only("pk", "unit_ancestors") if unit.key in c.unit_ancestors]
        candidates = candidates.filter(pk__in=below)
    what = dict(Release.What.choices)
    return {
        "ready": True,
        "parts": [what[part] for part in form.cleaned_data["what"]],
        "unit": unit,
        "at": form.from_when(now),
        "later": form.from_when(now) > now,
        "count": candidates.count(),
        "unmarked": Attempt.objects.filter(
            candidate__in=candidates.values("pk"), state=Attempt.State.MARKING
        ).count(),
    }


@door
def release_revoke(request: HttpRequest, exam_id: int, release_id: int) -> HttpResponse:
    exam = exam_for(request, exam_id, Action.EXAM_RELEASE)
    row = found(Release.objects.filter(exam=exam, revoked_at=None).select_related("unit"), release_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke_release(
                release_id=row.pk,
                reason=form.cleaned_data["reason"],
                by=user_of(request),
                now=timezone.now(),
            )
        except ExamError as error:
            form.add_error(None, str(error))
        else:
            tell(request, _("已撤销公布“%(what)s”。") % {"what": row.get_what_display()})
            return go(request, "manage_results", exam.pk)
    return page(
        request,
        "exams/manage/release_revoke.html",
        {"form": form, "row": row, "leaning": leaning_on(row)},
        title=_("撤销公布"),
        exam=exam,
        trail=[(link(request, "manage_results", exam.pk), _("成绩"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )
