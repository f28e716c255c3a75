"""The member's page of a reflection: a form that works without scripts, and the address that drafts are saved to."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from courses.errors import CourseError, NotFound, NotPossible, Stale
from courses.models import Reflection, ReflectionTask
from courses.reading.places import pages_of
from learning.organisation.forgery import proof_of
from learning.organisation.models import User
from learning.study.models import Activity
from learning.study.services.progress import course_progress

from . import tasks, writing


@never_cache
@login_required
@require_GET
def reflection_of_part(request: HttpRequest, activity_id: int, part: str) -> HttpResponse:
    """From a lesson's block to the page of its task, which is made when somebody first comes."""
    now = timezone.now()
    lesson = tasks.lesson_for(user=_user(request), activity_id=activity_id, now=now)
    try:
        if lesson is None:
            raise NotFound
        task = tasks.task_of_part(activity=lesson, part=part, now=now)
    except NotFound:
        raise Http404 from None
    return redirect("reflection", task_id=task.pk)


@never_cache
@login_required
def reflection(request: HttpRequest, task_id: int) -> HttpResponse:
    """Reads and writes one's own text. Whatever goes wrong, what was typed comes back."""
    user, now = _user(request), timezone.now()
    task = _task(user, task_id, now)
    context: dict[str, Any] = {}
    if request.method == "POST":
        text, base = request.POST.get("text", ""), _number(request.POST.get("base"))
        handing_in = request.POST.get("act") == "submit"
        act = writing.submit if handing_in else writing.save_draft
        try:
            act(user=user, task=task, text=text, base=base, now=now)
        except Stale as stale:
            context |= {"typed": text, "stale": stale, "base": stale.rev}
        except NotPossible as refused:
            context |= {"typed": text, "problem": str(refused)}
            if handing_in:  # too short to hand in is long enough to keep
                _keep(user, task, text, base, now)
        else:
            done = _("心得体会已提交。") if handing_in else _("草稿已保存。")
            messages.success(request, done)
            return redirect("reflection", task_id=task.pk)
    return _page(request, user, task, now, context)


@never_cache
@login_required
@require_POST
def reflection_draft(request: HttpRequest, task_id: int) -> JsonResponse:
    """{rev, count} once stored; 409 {rev, text} where another tab has stored something newer; 410 once it is closed."""
    user, now = _user(request), timezone.now()
    task = _task(user, task_id, now)
    try:
        row = writing.save_draft(
            user=user,
            task=task,
            text=request.POST.get("text", ""),
            base=_number(request.POST.get("base")),
            now=now,
        )
    except Stale as stale:
        return JsonResponse({"code": "stale", "rev": stale.rev, "text": stale.text}, status=409)
    except CourseError as refused:
        return JsonResponse({"code": "closed", "detail": str(refused)}, status=410)
    return JsonResponse({"rev": row.rev, "count": writing.length_of(row.text)})


def _page(
    request: HttpRequest, user: User, task: ReflectionTask, now: datetime, context: dict[str, Any]
) -> HttpResponse:
    row = writing.reflection_of(user=user, task=task)
    asked = tasks.may_write(user=user, task=task, now=now)
    can_write = asked and (row is None or row.is_open)
    written = context.get("typed", row.text if row else "")
    lesson = tasks.lesson_of(task)
    frame = {
        "task": task,
        "row": row,
        "written": written,
        "count": writing.length_of(written),
        "can_write": can_write,
        "over": not asked,
        "late": bool(task.due_at and task.due_at <= now),
        "returned": row is not None and row.state == Reflection.State.RETURNED,
        "trail": _trail(user, task, lesson[0] if lesson else None, now),
        "base": row.rev if row else 0,
        "data": {
            "url": reverse("reflection_draft", args=[task.pk]),
            "rev": row.rev if row else 0,
            "key": f"{user.pk}-{task.pk}",
            **proof_of(request),
        },
    }
    status = 409 if "stale" in context else 422 if "problem" in context else 200
    return render(request, "courses/reflections/reflection.html", {**frame, **context}, status=status)


def _trail(user: User, task: ReflectionTask, lesson: Activity | None, now: datetime) -> list[tuple[str, str]]:
    """Titles and addresses of what stands above. The course and the lesson, "" where the page is no longer live; the
    class that asks for the task where there is no lesson, or the lesson would not let the person in."""
    above = [each for each in (lesson.parent, lesson) if each] if lesson else []
    pages = pages_of(above)
    closed = lesson is not None and lesson.pk in pages and not _lets_in(user, lesson, now)
    asking = tasks.class_asking(user=user, task=task) if closed or not above else None
    if asking is not None:
        return [
            (_("我的培训班"), reverse("my_classes")),
            (asking.name, reverse("my_class", args=[asking.pk])),
        ]
    shut = {lesson.pk} if lesson is not None and closed else set()
    return [
        (each.title, pages[each.pk].url or "" if each.pk in pages and each.pk not in shut else "")
        for each in above
    ]


def _lets_in(user: User, lesson: Activity, now: datetime) -> bool:
    """Whether the lesson is open to the person and the lessons before it do not lock it."""
    if lesson.parent is None or tasks.lesson_for(user=user, activity_id=lesson.pk, now=now) is None:
        return False
    found = course_progress(user=user, courses=[lesson.parent])[lesson.parent.pk].lessons
    return any(each.activity.pk == lesson.pk and each.unlocked for each in found)


def _keep(user: User, task: ReflectionTask, text: str, base: int, now: datetime) -> None:
    with suppress(CourseError):  # the page that follows shows the text and says why
        writing.save_draft(user=user, task=task, text=text, base=base, now=now)


def _task(user: User, task_id: int, now: datetime) -> ReflectionTask:
    try:
        return tasks.task_for(user=user, task_id=task_id, now=now)
    except NotFound:
        raise Http404 from None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else 0
