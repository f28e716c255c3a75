"""The page of a lesson: its parts with the member's state, what the scripts count, and where to go next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from courses.examining import finish_by_earlier_attempts
from courses.models import LessonPage
from courses.parts import parts_of as specs_of
from courses.reflecting.returned import returned_in
from learning.organisation.forgery import proof_of
from learning.organisation.models import User
from learning.study.crediting import Rules
from learning.study.services.progress import LessonProgress, course_progress, lesson_parts
from question_bank.exams.standing import Standing, standings

from .doors import Entry, entry_to, for_members, is_preview, member_of
from .outline import why_closed
from .parts import MEASURED, Part, parts_of
from .steps import around
from .words import script_words

RATES = (1.0, 1.25, 1.5, 2.0)
# Seconds. Said in the page, so that a test can shorten them; the server bounds every claim by its own clock.
BEAT_S = 15
PROMPT_FROM_S, PROMPT_TO_S, ANSWER_S = 8 * 60, 15 * 60, 90
IDLE_S = 120


@dataclass(frozen=True, slots=True)
class Measures:
    """How the page counts; data attributes of the lesson."""

    idle_s: int
    beat_s: int = BEAT_S
    prompt_from_s: int = PROMPT_FROM_S
    prompt_to_s: int = PROMPT_TO_S
    answer_s: int = ANSWER_S


@for_members
def lesson(page: LessonPage, request: HttpRequest) -> HttpResponse:
    now, user = timezone.now(), member_of(request)
    if is_preview(request):
        return render(request, "courses/lesson_page.html", draft_context(page))
    entry = entry_to(page, user=user, now=now)
    course = entry.activity.parent
    if course is None:
        raise TypeError("A lesson has a course.")
    if entry.recorded and any(part["kind"] == "exam" for part in entry.activity.parts):
        finish_by_earlier_attempts(user=user, activity=entry.activity, now=now)
    progress = course_progress(user=user, courses=[course])[course.pk]
    here = next(each for each in progress.lessons if each.activity.pk == entry.activity.pk)
    context: dict[str, Any] = {"page": page, "course": course, "around": around(progress, here)}
    if not here.unlocked:
        context["why"] = why_closed(here, progress.lessons)
        return render(request, "courses/lesson_closed.html", context)
    context |= study_context(page, user, here, now, entry)
    if context["lesson_data"]:
        context["lesson_data"] |= proof_of(request)
    return render(request, "courses/lesson_page.html", context)


def study_context(
    page: LessonPage, user: User, here: LessonProgress, now: datetime, entry: Entry
) -> dict[str, Any]:
    """The parts, the member's state in each, and what the scripts need to count."""
    activity, recorded = here.activity, entry.recorded
    taken = {each.part.key: each for each in lesson_parts(user=user, lesson=activity)}
    exams = exams_of(activity.parts, user=user, now=now)
    given_back = returned_in(user=user, lessons=[activity] if entry.given_back else [])
    returned = {key.rpartition("/")[2]: each for key, each in given_back.items()}
    parts = parts_of(page.body, activity.parts, taken, exams, returned)
    rules = rules_of(activity.rules)
    return {
        "activity": activity,
        "here": here,
        "parts": parts,
        "open_parts": [part for part in parts if part.required and not part.done],
        "recorded": recorded,
        "measures": Measures(idle_s=int(activity.rules.get("idle_s", IDLE_S))),
        "rates": [f"{rate:g}" for rate in RATES if rate <= rules["rate_max"]],
        "rules": rules,
        "lesson_data": script_data(user, here, parts, rules) if recorded else None,
    }


def draft_context(page: LessonPage) -> dict[str, Any]:
    """For the author's preview: everything open, nothing recorded."""
    rules = rules_of({})
    return {
        "page": page,
        "parts": parts_of(page.body, specs_of(page), {}, {}, {}),
        "preview": True,
        "recorded": False,
        "rates": [f"{rate:g}" for rate in RATES],
        "rules": rules,
        "measures": Measures(idle_s=IDLE_S),
    }


def exams_of(specs: Iterable[dict[str, Any]], *, user: User, now: datetime) -> dict[int, Standing]:
    """The member's standing in the exams that the lesson asks for; no query if it asks for none."""
    wanted = {int(spec["exam"]) for spec in specs if spec.get("exam")}
    if not wanted:
        return {}
    only = next(iter(wanted)) if len(wanted) == 1 else None
    found = standings(user=user, now=now, exam_id=only)
    return {each.exam.pk: each for each in found if each.exam.pk in wanted}


def rules_of(rules: dict[str, Any]) -> dict[str, Any]:
    """As types.js describes them."""
    own = Rules.of(rules)
    return {
        "threshold": own.threshold_percent / 100,
        "no_skip": own.no_skip,
        "rate_max": own.rate_percent / 100,
    }


def script_data(
    user: User, here: LessonProgress, parts: Sequence[Part], rules: dict[str, Any]
) -> dict[str, Any]:
    return {
        "activity": str(here.activity.pk),
        "user": str(user.pk),
        "active_ms": here.active_ms,
        "completed": here.completed_at is not None,
        "rules": rules,
        "parts": [part.for_scripts() for part in parts if part.kind in MEASURED],
        "url": reverse("api:api-root") + "study",
        "words": script_words(),
    }
