"""The teachers' desk: tasks with what waits, the texts of a task, one text with its mark."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.classes.manage.doors import desk_door, go, link, page
from courses.classes.manage.forms import MarkForm, ReturnForm
from courses.errors import CourseError
from courses.models import Reflection, ReflectionTask
from learning.organisation.admin.screens import found as row_or_404
from learning.organisation.admin.screens import paged, query_without, tell, user_of, warn
from learning.organisation.permissions import Action
from learning.organisation.searching import THEIR_PERSON, holding

from . import marking
from .writing import length_of

State = Reflection.State


@desk_door
@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    shown = paged(request, marking.tasks_to_mark(user_of(request)))
    context = {"page_obj": shown, "rows": shown.object_list}
    return page(request, "tasks.html", context, title=_("心得体会评阅"))


@desk_door
@require_GET
def task_texts(request: HttpRequest, task_id: int) -> HttpResponse:
    task = _task(request, task_id)
    rows = marking.handed_in(user_of(request), task.pk)
    states = [State.SUBMITTED, State.RETURNED, State.MARKED]
    counts = {state: rows.filter(state=state).count() for state in states}
    state = request.GET.get("state", "")
    rows = holding(rows, request.GET.get("q", ""), *THEIR_PERSON)
    rows = rows.filter(state=state) if state in states else rows
    shown = paged(request, rows.order_by("submitted_at", "pk"))
    context = {
        "task": task,
        "page_obj": shown,
        "rows": [{"row": each, "count": length_of(each.text)} for each in shown.object_list],
        "chips": [
            ("", _("全部"), sum(counts.values())),
            *((each.value, each.label, counts[each]) for each in states),
        ],
        "state": state,
        "q": request.GET.get("q", ""),
        "query_without_state": query_without(request, "state"),
        "waiting": counts[State.SUBMITTED],
    }
    return page(request, "texts.html", context, title=task.title, trail=[_desk()])


@desk_door
@require_GET
def task_next(request: HttpRequest, task_id: int) -> HttpResponse:
    """Leads to the text that has waited longest; behind `after` where the URL names one."""
    task = _task(request, task_id)
    after = request.GET.get("after", "")
    found = marking.next_waiting(
        user_of(request), task.pk, after=int(after) if after.isdecimal() and len(after) < 18 else 0
    )
    if found is None:
        tell(request, _("这个题目已全部评阅。"))
        return go("task_texts", task.pk)
    return go("text_mark", task.pk, found.pk)


@desk_door
def text_mark(request: HttpRequest, task_id: int, reflection_id: int) -> HttpResponse:
    """Reads one text; marks it and goes on to the next, or returns it."""
    task = _task(request, task_id)
    user = user_of(request)
    row = row_or_404(marking.handed_in(user, task.pk), reflection_id)
    returning = "give_back" in request.POST
    mark_data, back_data = (None, request.POST) if returning else (request.POST or None, None)
    form = MarkForm(
        mark_data, initial={"mark": row.mark, "comment": row.comment if row.mark is not None else ""}
    )
    back = ReturnForm(back_data, prefix="back")
    seen = request.POST.get("seen_rev", "")
    seen_rev = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
    sent = back if returning else form
    if request.method == "POST" and sent.is_valid():
        now = timezone.now()
        try:
            if returning:
                reason = back.cleaned_data["reason"]
                marking.give_back(reflection_id=row.pk, reason=reason, seen_rev=seen_rev, by=user, now=now)
                tell(request, _("已退回给 %(name)s。") % {"name": row.user.full_name})
            else:
                marking.mark(reflection_id=row.pk, **form.cleaned_data, seen_rev=seen_rev, by=user, now=now)
                tell(request, _("已评分：%(name)s。") % {"name": row.user.full_name})
        except CourseError as error:
            warn(request, str(error))
            return go("text_mark", task.pk, row.pk)
        following = marking.next_waiting(user, task.pk, after=row.pk)
        return go("text_mark", task.pk, following.pk) if following else go("task_texts", task.pk)
    context = {
        "task": task,
        "row": row,
        "count": length_of(row.text),
        "form": form,
        "back": back,
        "may_mark": row.user_id != user.pk and row.state in (State.SUBMITTED, State.MARKED),
        "next_url": f"{link('task_next', task.pk)}?after={row.pk}",
    }
    return page(
        request,
        "text.html",
        context,
        title=row.user.full_name,
        trail=[_desk(), (link("task_texts", task.pk), task.title)],
        status=422 if sent.is_bound else 200,
    )


def _task(request: HttpRequest, task_id: int) -> ReflectionTask:
    tasks = ReflectionTask.objects.allowing(user_of(request), Action.REFLECTION_MARK)
    return row_or_404(tasks, task_id)


def _desk() -> tuple[str, str]:
    return (link("task_list"), _("心得体会评阅"))
