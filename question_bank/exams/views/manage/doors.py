"""What every organiser's screen shares: its two mounts and frames, the exam by right, errors turned into words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import behind, found, user_of
from learning.organisation.models import User
from learning.organisation.permissions import Action, groups_allowing, may
from question_bank.exams.models import Exam, ExamGroup
from question_bank.exams.organising.listing import visible_exams
from question_bank.exams.organising.outcomes import result_exams

ADMIN = "exams_admin"  # the namespace of the mount inside Wagtail's admin


def teaches_here(user: User) -> bool:
    """Whether the person teaches a group that sits some exam."""
    groups = groups_allowing(user, Action.EXAM_VIEW)
    return bool(groups) and ExamGroup.objects.filter(group__in=groups).exists()


# A screen of this room: closed to whoever may view no exam at all.
door = behind(Action.EXAM_VIEW, or_if=teaches_here)


def inside_admin(request: HttpRequest) -> bool:
    """Whether the request came through the admin: to the mount there, or to a tab that another room adds."""
    there = bool(request.resolver_match and ADMIN in request.resolver_match.namespaces)
    return there or request.path.startswith(reverse("wagtailadmin_home"))


def link(request: HttpRequest, name: str, *args: object) -> str:
    """The address of a screen of this room under the mount that the request came through."""
    return reverse(f"{ADMIN}:{name}" if inside_admin(request) else name, args=args)


def go(request: HttpRequest, name: str, *args: object, fragment: str = "") -> HttpResponse:
    url = link(request, name, *args) + (f"#{fragment}" if fragment else "")
    return redirect(url)


def exam_for(request: HttpRequest, exam_id: int, action: Action) -> Exam:
    """The exam, if it is owned where the person may do the action; otherwise 404."""
    exams = Exam.objects.allowing(user_of(request), action).select_related("owner_unit", "blueprint")
    return found(exams, exam_id)


def watched_exam(request: HttpRequest, exam_id: int, action: Action) -> Exam:
    """The same, or an exam of another unit that has candidates where the person may do the action, or that a group sits
    for which they may. Whoever gets it must narrow the rows to these candidates. A draft is nobody else's business."""
    exams = Exam.objects.watched_by(user_of(request), action).select_related("owner_unit")
    exam = found(exams, exam_id)
    if exam.state == Exam.State.DRAFT and not owns(request, exam, action):
        raise Http404
    return exam


def owns(request: HttpRequest, exam: Exam, action: Action) -> bool:
    """Whether the exam itself lies in the person's scope for the action."""
    return may(user_of(request), action, exam.owner_unit)


def may_mark(request: HttpRequest, exam: Exam) -> bool:
    """Whether the person marks the whole exam, or the people of a group that sits it."""
    if owns(request, exam, Action.EXAM_MARK):
        return True
    groups = groups_allowing(user_of(request), Action.EXAM_MARK)
    return bool(groups) and ExamGroup.objects.filter(exam=exam, group__in=groups).exists()


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class AddedTab:
    """A screen of another room among those of an exam. `url` and `may_open` are asked with the request and the exam."""

    name: str
    label: str | Promise
    url: Callable[[HttpRequest, Exam], str]
    may_open: Callable[[HttpRequest, Exam], bool]


_added: dict[str, AddedTab] = {}


def add_exam_tab(tab: AddedTab) -> None:
    """Puts a screen of a room above behind the others of each exam; called once, from the app's `ready`. The screen itself
    is made by `page(…, exam=…, tab=<name>)`. Raises ValueError for a name taken twice."""
    if tab.name in _added and _added[tab.name] != tab:
        raise ValueError(f"Two tabs of an exam are called {tab.name!r}.")
    _added[tab.name] = tab


def tabs_of(request: HttpRequest, exam: Exam, current: str) -> list[Tab]:
    """The screens of the exam that this person may open."""
    user = user_of(request)
    watched = Exam.objects.filter(pk=exam.pk)
    rows = [
        ("manage_exam", _("组卷与设置"), owns(request, exam, Action.EXAM_VIEW)),
        (
            "manage_candidates",
            _("考生"),
            owns(request, exam, Action.EXAM_BUILD) or visible_exams(user).filter(pk=exam.pk).exists(),
        ),
        ("manage_trial", _("试考"), owns(request, exam, Action.EXAM_BUILD)),
        ("manage_monitor", _("监考"), watched.watched_by(user, Action.EXAM_MONITOR).exists()),
        ("manage_marking", _("阅卷"), may_mark(request, exam)),
        ("manage_results", _("成绩"), result_exams(user).filter(pk=exam.pk).exists()),
    ]
    own = [
        Tab(name, label, link(request, name, exam.pk), name == current)
        for name, label, may_open in rows
        if may_open
    ]
    added = [
        Tab(each.name, str(each.label), each.url(request, exam), each.name == current)
        for each in _added.values()
        if each.may_open(request, exam)
    ]
    return own + added


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    exam: Exam | None = None,
    tab: str = "",
    trail: Sequence[tuple[str, str]] = (),
    status: int = 200,
    wide: bool = True,
) -> HttpResponse:
    """The screen in the frame of its mount. `trail` are (address, words) between the list of exams and this page."""
    home = link(request, "manage_exams")
    links = [] if request.path == home else [(home, _("考试管理"))]
    tabs = tabs_of(request, exam, tab) if exam is not None else []
    if exam is not None and tab != "manage_exam":
        # Whoever only watches some candidates has no builder, where the exam's own name leads.
        links.append((tabs[0].url if tabs else home, exam.title))
    links = [*links, *trail]
    inside = inside_admin(request)
    crumbs = [{"url": url, "label": label} for url, label in links]
    if inside:
        crumbs.insert(0, {"url": reverse("wagtailadmin_home"), "label": _("首页")})
    frame = {
        "frame": "exams/manage/frame_admin.html" if inside else "exams/manage/frame_site.html",
        "inside_admin": inside,
        "exam": exam,
        "tabs": tabs,
        "page_title": title,
        "header_title": title,
        "header_icon": "calendar-check",
        "header_buttons": [],
        "trail": crumbs,
        "breadcrumbs_items": [*crumbs, {"url": "", "label": title}],
        "wide": wide,
    }
    return render(request, template, {**frame, **context}, status=status)
