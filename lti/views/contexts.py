"""A platform's course as its teachers see it here, and what each of its links opens. To everybody else these pages do
not exist; only a link's own page answers its learners, where nothing was chosen yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learning.organisation.admin.screens import paged, tell, user_of, warn
from learning.organisation.permissions import Action, groups_allowing
from lti.models import Context, ContextMember, ResourceLink
from lti.services import choosing, rosters, targets, teaching
from lti.services.teaching import Row, Taught
from lti.tasks import sync_roster
from question_bank.exams.models import Exam, ExamGroup
from question_bank.exams.views.manage.doors import AddedTab

from .picker import shelf

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
SYNC_EVERY_S = 30  # a course's roster is not asked for more often by hand
# The exam's own screens, and what opens them.
SCREENS = (
    ("manage_candidates", Action.EXAM_VIEW),
    ("manage_monitor", Action.EXAM_MONITOR),
    ("manage_marking", Action.EXAM_MARK),
    ("manage_results", Action.MEMBER_VIEW),
    ("lti_grades", Action.MEMBER_VIEW),
)
LOOKED_AT = 100  # characters of a search


def signed_in(view: View[P]) -> View[P]:
    """No log-in page is offered: who teaches a course comes by the platform."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P]", never_cache(opened))


@signed_in
@require_GET
def context(request: HttpRequest, context_id: int) -> HttpResponse:
    """What the course links and where its people stand; to teachers its roster too."""
    taught, now = _taught(request, context_id), timezone.now()
    course = taught.context
    words = request.GET.get("q", "").strip()[:LOOKED_AT]
    asked = cache.get(_asked_key(course.pk))  # when somebody asked a moment ago
    shown = {
        "course": course,
        "taught": taught,
        "rows": [(row, _screens(request, row, taught)) for row in teaching.rows_of(course, now=now)],
        "people": teaching.people_of(course).count(),
        "problem": rosters.problem_words(course),
        "syncing": bool(asked),
        "synced": bool(asked and course.roster_at and course.roster_at.timestamp() >= asked),
        "words": words,
        "now": now,
    }
    if taught.leads:
        shown["page_obj"] = paged(request, teaching.members_of(course, words))
    return render(request, "lti/context.html", shown)


@signed_in
@require_POST
def context_sync(request: HttpRequest, context_id: int) -> HttpResponse:
    """Asks for the roster in the background; by teachers only."""
    course = _taught(request, context_id, leads=True).context
    if not course.roster_url:
        warn(request, str(rosters.PROBLEMS["not_offered"]))
    elif cache.add(_asked_key(course.pk), time.time(), SYNC_EVERY_S):
        sync_roster.delay(course.pk, user_of(request).pk)
        tell(request, _("已开始同步名单，稍后刷新本页查看结果。"))
    else:
        tell(request, _("名单刚刚同步过或正在同步，请稍后再试。"))
    return redirect("lti_context", context_id=course.pk)


@signed_in
@require_GET
def link(request: HttpRequest, link_id: int) -> HttpResponse:
    """Where a launch leads that opens nothing: for anybody whom the platform has in the course. It admits nobody; the next
    launch does."""
    there = ContextMember.objects.filter(context__links=link_id, removed_at=None)
    place = there.filter(person__user=user_of(request)).select_related("context__platform").first()
    row = ResourceLink.objects.filter(pk=link_id).select_related("context__platform").first()
    if place is None or row is None:
        raise Http404
    target = targets.target_of(row)
    known = place.standing != ContextMember.Standing.NONE
    return render(request, "lti/link.html", {"link": row, "known": known, "target": target})


@signed_in
@require_http_methods(["GET", "POST"])
def link_choose(request: HttpRequest, link_id: int) -> HttpResponse:
    """A teacher chooses what the link opens; what it opened before is changed only once they were told."""
    taught, row = _link(request, link_id)
    now = timezone.now()
    platform = taught.context.platform
    said = request.POST if request.method == "POST" else request.GET
    found = choosing.chosen_targets(platform, said.getlist("item"), now=now)
    fixed = teaching.named_by_platform(row)
    before = targets.target_of(row)
    shown: dict[str, Any] = {"course": taught.context, "link": row, "fixed": fixed, "before": before}
    if request.method == "POST":
        if len(found) != 1 or fixed is not None:
            raise Http404  # no page of ours sends it
        people = teaching.bind_link(link=row, target=found[0], by=user_of(request), now=now)
        done = ngettext(
            "“%(link)s”现在打开“%(title)s”，本课程 %(n)s 名学生可以进入。",
            "“%(link)s”现在打开“%(title)s”，本课程 %(n)s 名学生可以进入。",
            people,
        )
        tell(request, done % {"link": row, "title": found[0].title, "n": people})
        return redirect("lti_context", context_id=taught.context.pk)
    if request.GET.get("step") == "confirm" and len(found) == 1 and fixed is None:
        figures = _row(taught, row, now)
        return render(request, "lti/link_confirm.html", {**shown, "target": found[0], "row": figures})
    problem = _("请先选择一项内容。") if request.GET.get("step") == "confirm" else ""
    shown |= {**shelf(request, platform, found[:1]), "several": False, "problem": problem}
    return render(request, "lti/link_choose.html", shown)


@signed_in
@require_http_methods(["GET", "POST"])
def link_clear(request: HttpRequest, link_id: int) -> HttpResponse:
    """A teacher takes away what the link opens, once they were told what that means."""
    taught, row = _link(request, link_id)
    if (row.exam_id is None and row.page_id is None) or teaching.named_by_platform(row) is not None:
        raise Http404
    now = timezone.now()
    if request.method == "POST":
        teaching.clear_link(link=row, by=user_of(request), now=now)
        tell(request, _("“%(link)s”不再打开任何内容。") % {"link": row})
        return redirect("lti_context", context_id=taught.context.pk)
    shown = {"course": taught.context, "link": row, "row": _row(taught, row, now)}
    return render(request, "lti/link_clear.html", shown)


def _course_of(request: HttpRequest, exam: Exam) -> Context | None:
    """The course of a platform that sits the exam and that this person teaches; asked only of those who teach any."""
    user = user_of(request)
    if not groups_allowing(user, Action.EXAM_VIEW):
        return None
    taught = Context.objects.filter(group__staff__user=user, group__staff__removed_at=None)
    return taught.filter(group__in=ExamGroup.objects.filter(exam=exam).values("group")).order_by("pk").first()


def _address_of_course(request: HttpRequest, exam: Exam) -> str:
    course = _course_of(request, exam)
    return reverse("lti_context", args=[course.pk]) if course else ""


# Among the screens of an exam: the way back to where its teachers came from.
course_tab = AddedTab(
    "lti_course",
    gettext_lazy("返回平台课程"),
    _address_of_course,
    lambda request, exam: _course_of(request, exam) is not None,
)


def _taught(request: HttpRequest, context_id: int, *, leads: bool = False) -> Taught:
    taught = teaching.taught_by(user_of(request), context_id)
    if taught is None or (leads and not taught.leads):
        raise Http404
    return taught


def _link(request: HttpRequest, link_id: int) -> tuple[Taught, ResourceLink]:
    found = teaching.link_taught_by(user_of(request), link_id)
    if found is None or not found[0].leads:
        raise Http404
    return found


def _row(taught: Taught, link: ResourceLink, now: Any) -> Row:
    return next(row for row in teaching.rows_of(taught.context, now=now) if row.link.pk == link.pk)


def _screens(request: HttpRequest, row: Row, taught: Taught) -> list[tuple[str, str]]:
    """(address, words) of the exam's screens that this person may open; of a course its report. That of the gradebook once
    there is a column."""
    exam = row.target.exam if row.target else None
    user, group = user_of(request), taught.context.group_id
    if row.link.page_id:
        found = []
        course = row.target.course if row.target else None
        if course is not None and group in groups_allowing(user, Action.REPORT_VIEW):
            found.append((reverse("course_report", args=[course.pk]), _("报告")))
        if row.link.line_item_id and taught.leads:
            found.append((reverse("lti_course_grades", args=[taught.context.pk]), _("成绩回传")))
        return found
    if exam is None:
        return []
    labels = {
        "manage_candidates": _("考生"),
        "manage_monitor": _("监考"),
        "manage_marking": _("阅卷"),
        "manage_results": _("成绩"),
        "lti_grades": _("成绩回传"),
    }
    return [
        (reverse(name, args=[exam.pk]), labels[name])
        for name, action in SCREENS
        if group in groups_allowing(user, action) and (name != "lti_grades" or row.link.line_item_id)
    ]


def _asked_key(context_id: int) -> str:
    return f"lti:roster:{context_id}"
