"""The search of the admin's side bar: questions, exams and people by words or number, each as far as the user's rights go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import User
from learning.organisation.permissions import Action, may, people_allowing
from learning.organisation.searching import PERSON, holding
from question_bank.exams.models import Exam
from question_bank.exams.organising.listing import ExamFilter, listed, visible_exams
from question_bank.questions.admin.access import visible_questions
from question_bank.questions.admin.filters import search
from question_bank.questions.admin.listing import stem_of

ROWS_SHOWN = 10
AREAS = (Action.BANK_VIEW, Action.EXAM_VIEW, Action.MEMBER_VIEW)


@dataclass(frozen=True)
class Found:
    """One kind of thing: how many there are, the first of them as (address, name, remark), where all are."""

    title: str | Promise
    count: int
    rows: list[tuple[str, str, str]]
    all_url: str


def may_find(user: User) -> bool:
    return any(may(user, action) for action in AREAS)


def questions(user: User, words: str) -> Found:
    rows = search(visible_questions(user), words).filter(retired_at=None).order_by("-pk")
    shown = [(reverse("question_edit", args=[q.pk]), stem_of(q), q.bank.name) for q in rows[:ROWS_SHOWN]]
    return Found(_("试题"), rows.count(), shown, reverse("question_list"))


def exams(user: User, words: str) -> Found:
    rows = listed(ExamFilter(words=words).apply(visible_exams(user), timezone.now(), standing=False))
    first, every = list(rows[:ROWS_SHOWN]), reverse("exams_admin:manage_exams")
    own = Exam.objects.allowing(user, Action.EXAM_VIEW).filter(pk__in=[exam.pk for exam in first])
    built = set(
        own.values_list("pk", flat=True)
    )  # who only watches some candidates finds the doors in the list
    shown = [
        (
            reverse("exams_admin:manage_exam", args=[exam.pk])
            if exam.pk in built
            else f"{every}?{urlencode({'q': exam.title})}",
            exam.title,
            exam.owner_unit.name,
        )
        for exam in first
    ]
    return Found(_("考试"), rows.count(), shown, every)


def people(user: User, words: str) -> Found:
    rows = holding(people_allowing(user, Action.MEMBER_VIEW), words, *PERSON)
    shown = [
        (reverse("wagtailusers_users:inspect", args=[person.pk]), person.full_name, person.number)
        for person in rows.order_by("number")[:ROWS_SHOWN]
    ]
    return Found(_("人员"), rows.count(), shown, reverse("wagtailusers_users:index"))


KINDS = tuple(zip(AREAS, (questions, exams, people), strict=True))


def find(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not may_find(user):
        raise Http404
    words = request.GET.get("q", "").strip()[:200]
    found = [look(user, words) for action, look in KINDS if may(user, action)] if words else []
    context: dict[str, Any] = {"words": words, "found": found, "query": urlencode({"q": words})}
    return render(request, "project/find.html", context)
