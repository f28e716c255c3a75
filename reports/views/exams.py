"""The reports of exams and of their questions."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from learning.organisation.admin.screens import found, user_of
from learning.organisation.models import Unit
from learning.organisation.permissions import Action, may
from question_bank.exams.models import Exam
from question_bank.exams.views.manage.doors import AddedTab, add_exam_tab, tabs_of
from question_bank.questions.models import Question
from reports.exams.audience import Audience, ExamFilter, audience_of, readable_exams
from reports.exams.listing import ListFilter, exam_list_report
from reports.exams.numbers import exam_numbers
from reports.exams.report import LinkTo
from reports.exams.report import exam_report as report_of
from reports.frame import show
from reports.questions.numbers import QuestionFilter, question_numbers
from reports.questions.report import question_report as question_report_of
from reports.shape import Report

from .doors import door, group_door, home_crumb, link, teaches_a_group

TAB = "exam_report"  # also the name of its address


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
    user = user_of(request)
    exam = found(readable_exams(user).select_related("owner_unit"), exam_id)
    audience, report = _report_of(exam, request, lambda pk: f"{link('question', pk)}?exam={exam.pk}")
    trail = [home_crumb(), exams_crumb()]
    return show(request, report, trail=trail, about=exam, unit=audience.unit or exam.owner_unit)


@group_door
@require_GET
def exam_report_outside(request: HttpRequest, exam_id: int) -> HttpResponseBase:
    """The same among the exam's other screens, for whoever has no role to read it in the admin: teachers of a group that
    sits it."""
    user = user_of(request)
    if may(user, Action.REPORT_VIEW):
        return redirect(link("exam", exam_id))
    exam = found(readable_exams(user).select_related("owner_unit"), exam_id)
    audience, report = _report_of(exam, request, lambda _question: "")
    tabs = tabs_of(request, exam, TAB)
    trail = [(reverse("manage_exams"), _("考试管理")), (tabs[0].url, exam.title)]
    unit = audience.unit or exam.owner_unit
    return show(request, report, trail=trail, inside_admin=False, about=exam, unit=unit, tabs=tabs)


def add_tab() -> None:
    """Puts this report among the screens of an exam, for those who have no role to find it in the admin."""
    add_exam_tab(AddedTab(TAB, gettext_lazy("报告"), _tab_url, _may_open_tab))


def _tab_url(request: HttpRequest, exam: Exam) -> str:
    return reverse(TAB, args=[exam.pk])


def _may_open_tab(request: HttpRequest, exam: Exam) -> bool:
    user = user_of(request)
    if may(user, Action.REPORT_VIEW) or not teaches_a_group(user):
        return False
    return readable_exams(user).filter(pk=exam.pk).exists()


def _report_of(exam: Exam, request: HttpRequest, link_to: LinkTo) -> tuple[Audience, Report]:
    """The exam is one of `readable_exams`, with its owner unit."""
    user, now = user_of(request), timezone.now()
    wanted = ExamFilter.from_query(request.GET.dict())
    audience = audience_of(exam=exam, user=user, wanted=wanted, now=now)
    numbers = exam_numbers(audience=audience, user=user, now=now)

    def link_to_unit(unit: Unit) -> str:
        query = {"unit": unit.pk, "by": "now" if wanted.unit_now else "", "chart": wanted.chart}
        return f"?{urlencode({k: v for k, v in query.items() if v})}" if unit in audience.units else ""

    return audience, report_of(numbers, link_to=link_to, link_to_unit=link_to_unit)


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
