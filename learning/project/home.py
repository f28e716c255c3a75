"""The member's first page: what needs me now, in one sentence; where I stopped; what is due; my year; the way to
everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from courses.reading import catalogue
from courses.reading.places import pages_of
from courses.reading.record import year_of
from courses.reflecting.returned import classes_and_returned
from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from learning.study.models import Activity
from question_bank.exams.models import Attempt, Exam
from question_bank.exams.practising.collecting import due_today
from question_bank.exams.releasing import visible_parts
from question_bank.exams.standing import Standing, standings
from question_bank.exams.views.manage.doors import teaches_here

from .agenda import Resume, agenda, call_of

SHOWN = 8
HANDED_IN_SHOWN = 3
HANDED_IN = (Attempt.State.MARKING, Attempt.State.MARKED)
NEVER = datetime.min.replace(tzinfo=UTC)


@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    if not isinstance(user, User):
        raise TypeError("Pages are for our own users.")
    sittings = standings(user=user, now=now)
    courses = catalogue.standings(user=user, now=now)
    chosen, lesson = resumed(courses)
    pages = pages_of([*(each.course for each in courses), *([lesson] if lesson else [])])
    urls = {pk: url for pk, page in pages.items() if (url := page.url)}
    resume = (
        Resume(chosen, lesson.title, urls[lesson.pk]) if chosen and lesson and lesson.pk in urls else None
    )
    classes, returned = classes_and_returned(
        user=user, lessons=[each.activity for course in courses for each in course.lessons]
    )
    due = agenda(sittings, courses, urls, returned)
    notebook_due = due_today(user=user, day=timezone.localdate(now), now=now)
    context = {
        "call": call_of(sittings, due, resume, notebook_due=notebook_due, now=now),
        "resume": resume,
        "due": due[:SHOWN],
        "now": now,
        "year": year_of(user, now=now),
        "classes": classes,
        "handed_in": handed_in(sittings, now=now),
        "notebook_due": notebook_due,
        "is_organiser": may(user, Action.ADMIN_ENTER),
        "may_manage_exams": may(user, Action.EXAM_VIEW) or teaches_here(user),
    }
    return render(request, "site/home.html", context)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The last attempt of an exam that was handed in; `seen`: its score is released to the member."""

    exam: Exam
    attempt: Attempt
    seen: bool


def handed_in(sittings: Sequence[Standing], *, now: datetime) -> list[HandedIn]:
    """Of each exam, closed or not, the attempt handed in last; the newest of them first. No query where nothing is marked,
    else at most three."""
    last: list[Attempt] = []
    for sitting in sittings:
        attempt = next((each for each in reversed(sitting.attempts) if each.state in HANDED_IN), None)
        if attempt:
            attempt.exam, attempt.candidate = sitting.exam, sitting.candidate
            last.append(attempt)
    last.sort(key=lambda each: each.submitted_at or NEVER, reverse=True)
    shown = last[:HANDED_IN_SHOWN]
    seen = visible_parts(attempts=shown, now=now)
    return [HandedIn(each.exam, each, seen[each.pk].score) for each in shown]


def resumed(courses: Sequence[catalogue.Standing]) -> tuple[catalogue.Standing | None, Activity | None]:
    """The course studied last of those begun and not done, else the most urgent of them; and its next lesson."""
    learning = [each for each in courses if each.learning and each.progress.resume]
    chosen = max(learning, key=lambda each: each.progress.studied_at or NEVER, default=None)
    return (chosen, chosen.progress.resume) if chosen else (None, None)
