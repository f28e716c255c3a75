"""Putting a question of a published exam right: choose it, choose the remedy, see what it would do, confirm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learning.organisation.admin.screens import found, paged, query_without, tell, user_of, warn
from learning.organisation.permissions import Action
from learning.organisation.searching import holding
from question_bank.exams.errors import ExamError
from question_bank.exams.models import Exam, ExamPool, RegradeRun, Release
from question_bank.exams.organising.regrade_form import RegradeForm, fitting_versions, standing_words
from question_bank.exams.regrading import (
    carry_out,
    fixed_versions,
    papers_by_version,
    preview,
    start_regrade,
)
from question_bank.exams.views.review import key_in_words
from question_bank.questions.models import QuestionVersion

from .builder import short_stem
from .doors import door, exam_for, go, link, page

PAGE_SIZE = 20


def _exam(request: HttpRequest, exam_id: int) -> Exam:
    exam = exam_for(request, exam_id, Action.EXAM_PUBLISH)
    if exam.state == Exam.State.DRAFT:
        raise Http404
    return exam


@door
@require_GET
def regrade_list(request: HttpRequest, exam_id: int) -> HttpResponse:
    """The questions of the exam: those it may draw, and those that stand on papers already given."""
    exam = _exam(request, exam_id)
    counts = papers_by_version(exam)
    rows = QuestionVersion.objects.filter(pk__in=_known(exam, counts))
    words, only_changed = request.GET.get("q", ""), request.GET.get("changed") == "1"
    if only_changed:
        rows = rows.filter(question__current__no__gt=F("no"))
    rows = holding(rows, words, "stem")
    shown = paged(request, rows.select_related("question__current").order_by("pk"), PAGE_SIZE)
    numbers = _numbers(exam)
    context = {
        "page_obj": shown,
        "rows": [
            {
                "version": version,
                "stem": short_stem(version.stem),
                "papers": counts.get(version.pk, 0),
                "standing": standing_words(exam, version, numbers),
                "newer": version.question.current.no
                if version.question.current and version.question.current.no > version.no
                else 0,
            }
            for version in shown.object_list
        ],
        "q": words,
        "only_changed": only_changed,
        "query": query_without(request),
        "runs": [
            {"run": run, "stem": short_stem(run.version.stem)}
            for run in RegradeRun.objects.filter(exam=exam)
            .select_related("version", "corrected", "by")
            .order_by("-pk")
        ],
    }
    return page(request, "exams/manage/regrade_list.html", context, title=_("更正试题并重评"), exam=exam)


def _numbers(exam: Exam) -> dict[int, int]:
    """Numbers of the versions that corrections stand for, by id."""
    wanted = [each["version"] for each in exam.corrections.values() if "version" in each]
    return dict(QuestionVersion.objects.filter(pk__in=wanted).values_list("pk", "no"))


@door
def regrade_question(request: HttpRequest, exam_id: int, version_id: int) -> HttpResponse:
    """The form; once it is valid what it would do; with `confirm` it is done."""
    exam = _exam(request, exam_id)
    version = found(QuestionVersion.objects.select_related("question__current"), version_id)
    if version.pk not in _known(exam, papers_by_version(exam)):
        raise Http404
    fitting = fitting_versions(version)
    form = RegradeForm(
        request.POST or None,
        version=version,
        versions=[(each.pk, _version_words(each)) for each in fitting],
        standing=exam.corrections.get(str(version.pk), {}),
    )
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        corrected = next((each for each in fitting if each.pk == data.get("corrected")), None)
        try:
            if "confirm" in request.POST:
                return _regrade(request, exam, version, data)
            context["tally"] = preview(
                exam=exam,
                version=version,
                remedy=data["remedy"],
                corrected=corrected,
                only_up=data["only_up"],
            )
            context |= {"corrected": corrected and _version_words(corrected), "released": _released(exam)}
        except ExamError as error:
            form.add_error(None, str(error))
    context |= {
        "form": form,
        "version": version,
        "key": _key_words(version),
        "standing": standing_words(exam, version, _numbers(exam)),
        "newer": bool(version.question.current and version.question.current.no > version.no),
        "fitting": bool(fitting),
        "remedy_words": dict(RegradeRun.Remedy.choices).get(str(form["remedy"].value()), ""),
    }
    return page(
        request,
        "exams/manage/regrade_question.html",
        context,
        title=_("更正试题"),
        exam=exam,
        trail=[(link(request, "manage_regrade", exam.pk), _("更正试题并重评"))],
        status=422 if form.errors else 200,
        wide=False,
    )


def _regrade(
    request: HttpRequest, exam: Exam, version: QuestionVersion, data: dict[str, Any]
) -> HttpResponse:
    now = timezone.now()
    run = start_regrade(
        exam_id=exam.pk,
        version_id=version.pk,
        remedy=data["remedy"],
        corrected_id=data.get("corrected"),
        only_up=data["only_up"],
        reason=data["reason"],
        by=user_of(request),
        now=now,
    )
    return _carried_out(request, exam, run.pk)


@door
@require_POST
def regrade_go_on(request: HttpRequest, exam_id: int, run_id: int) -> HttpResponse:
    """Finishes a run that was interrupted, without waiting for the sweep."""
    exam = _exam(request, exam_id)
    run = found(RegradeRun.objects.filter(exam=exam), run_id)
    return _carried_out(request, exam, run.pk)


def _carried_out(request: HttpRequest, exam: Exam, run_id: int) -> HttpResponse:
    try:
        run = carry_out(run_id=run_id, now=timezone.now())
    except ExamError as error:
        warn(request, str(error))
    else:
        numbers = {"attempts": run.attempts, "raised": run.raised, "lowered": run.lowered}
        tell(
            request,
            _("已重评 %(attempts)s 份答卷：%(raised)s 份得分上升，%(lowered)s 份得分下降。") % numbers,
        )
    return go(request, "manage_regrade", exam.pk, fragment="runs")


def _known(exam: Exam, papers: Iterable[int]) -> set[int]:
    pool = ExamPool.objects.filter(exam=exam).values_list("version_id", flat=True)
    return {*pool, *fixed_versions(exam), *map(int, exam.corrections), *papers}


def _released(exam: Exam) -> bool:
    shown = Release.objects.filter(exam=exam, what=Release.What.SCORE, revoked_at=None)
    return exam.score_release != Exam.ReleasePolicy.MANUAL or shown.exists()


def _key_words(version: QuestionVersion) -> str:
    body = version.body
    entry = {"kind": version.kind, "options": body.get("options", ()), "left": body.get("left", ())}
    return key_in_words(entry, version.key)


def _version_words(version: QuestionVersion) -> str:
    return _("第 %(no)s 版，答案：%(key)s") % {"no": version.no, "key": _key_words(version)}
