"""The reports of exams and of their questions."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import Unit
from question_bank.questions.models import Question
from reports.exams.audience import ExamFilter, audience_of, readable_exams
from reports.exams.listing import ListFilter, exam_list_report
from reports.exams.numbers import exam_numbers
from reports.exams.report import exam_report as report_of
from reports.frame import show
from reports.questions.numbers import QuestionFilter, question_numbers
from reports.questions.report import question_report as question_report_of

from .doors import door, home_crumb, link


@door
@require_GET
def exam_list(request: HttpRequest) -> HttpResponseBase:
    wanted = ListFilter.from_query(request.GET.dict())
    report = exam_list_report(
        user=user_of(request), wanted=wanted, now=timezone.now(), link_to=lambda pk: link("exam", pk)
    )
    return show(request, report, trail=[home_crumb()])


@door
@require_GET
def exam_report(request: HttpRequest, exam_id: int) -> HttpResponseBase:
    user, now = user_of(request), timezone.now()
    exam = found(readable_exams(user).select_related("owner_unit"), exam_id)
    wanted = ExamFilter.from_query(request.GET.dict())
    audience = audience_of(exam=exam, user=user, wanted=wanted, now=now)
    numbers = exam_numbers(audience=audience, user=user, now=now)

    def link_to(question: int) -> str:
        return f"{link('question', question)}?exam={exam.pk}"

    def link_to_unit(unit: Unit) -> str:
        query = {"unit": unit.pk, "by": "now" if wanted.unit_now else "", "chart": wanted.chart}
        return f"?{urlencode({k: v for k, v in query.items() if v})}" if unit in audience.units else ""

    report = report_of(numbers, link_to=link_to, link_to_unit=link_to_unit)
    trail = [home_crumb(), exams_crumb()]
    return show(request, report, trail=trail, about=exam, unit=audience.unit or exam.owner_unit)


@door
@require_GET
def question_report(request: HttpRequest, question_id: int) -> HttpResponseBase:
    user = user_of(request)
    question = found(Question.objects.select_related("bank__owner_unit"), question_id)
    wanted = QuestionFilter.from_query(request.GET.dict())
    numbers = question_numbers(question=question, user=user, wanted=wanted, now=timezone.now())
    if numbers is None:
        raise Http404
    report = question_report_of(numbers, link_to=lambda pk: link("exam", pk))
    trail = [home_crumb(), exams_crumb()]
    for exam in numbers.exams:
        if exam.pk == wanted.exam:
            trail.append((link("exam", exam.pk), exam.title))
    return show(request, report, trail=trail, about=question, unit=question.bank.owner_unit)


def exams_crumb() -> tuple[str, str]:
    return link("exams"), _("考试报告")
