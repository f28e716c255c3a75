"""The member's first page: what needs me now, in one sentence; then what is due, and the way to everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from learning.organisation.models import User
from learning.organisation.permissions import Action, may
from question_bank.exams.practising.collecting import due_today
from question_bank.exams.standing import ExamState, Standing, standings

SHOWN = 8


@dataclass(frozen=True)
class Call:
    """The sentence, and the one button under it."""

    text: str
    url: str
    button: str


@never_cache
@login_required
def home(request: HttpRequest) -> HttpResponse:
    user, now = request.user, timezone.now()
    if not isinstance(user, User):
        raise TypeError("Pages are for our own users.")
    found = standings(user=user, now=now)
    in_progress = [each for each in found if each.state == ExamState.IN_PROGRESS]
    can_sit = sorted(
        (each for each in found if each.state == ExamState.OPEN), key=lambda each: each.exam.closes_at
    )
    # Practice never runs away; what is not yet done comes before what may be done again.
    can_sit.sort(key=lambda each: (each.exam.kind == "practice", bool(each.counted)))
    coming = sorted(
        (each for each in found if each.state == ExamState.UPCOMING), key=lambda each: each.exam.opens_at
    )
    done = [each for each in found if each.state == ExamState.DONE]
    due = due_today(user=user, day=timezone.localdate(now), now=now)
    context = {
        "call": _call(in_progress, can_sit, coming, due, now),
        "due": [*in_progress, *can_sit, *coming][:SHOWN],
        "done": done[:3],
        "notebook_due": due,
        "is_organiser": may(user, Action.ADMIN_ENTER),
        "may_manage_exams": may(user, Action.EXAM_VIEW),
    }
    return render(request, "site/home.html", context)


def closing_words(day: date, *, today: date) -> str:
    """When an exam closes, in days of the calendar: how long the hours still are is on the exam's own page."""
    days = (day - today).days
    if days <= 0:
        return _("今天截止")
    if days == 1:
        return _("明天截止")
    return ngettext("%(n)s 天后截止", "%(n)s 天后截止", days) % {"n": days}


def _call(
    in_progress: list[Standing], can_sit: list[Standing], coming: list[Standing], due: int, now: datetime
) -> Call:
    if in_progress:
        attempt = in_progress[0].open_attempt
        text = _("“%(title)s”正在进行，答案都已保存。") % {"title": in_progress[0].exam.title}
        return Call(text, reverse("attempt", args=[attempt.pk if attempt else 0]), _("继续作答"))
    fresh = [each for each in can_sit if not each.counted and each.exam.kind != "practice"]
    if fresh:
        exam = fresh[0].exam
        when = closing_words(timezone.localdate(exam.closes_at), today=timezone.localdate(now))
        text = _("%(when)s：%(title)s") % {"when": when, "title": exam.title}
        return Call(text, reverse("exam_start", args=[exam.pk]), _("去考试"))
    if due:
        text = ngettext("今天有 %(n)s 道错题该复习了。", "今天有 %(n)s 道错题该复习了。", due) % {"n": due}
        return Call(text, reverse("notebook"), _("去复习"))
    if coming:
        text = _("下一场考试：%(title)s") % {"title": coming[0].exam.title}
        return Call(text, reverse("exam_start", args=[coming[0].exam.pk]), _("查看考试"))
    return Call(_("现在没有需要完成的考试，可以做些练习。"), reverse("practice"), _("去练习"))
