"""登记线下学习: what was entered, a new entry (first who it would be, then the same confirmed), people added later, wrong
entries taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from courses.classes.manage.doors import page
from learning.organisation.admin.admitting import numbers_in
from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import behind, found, paged, tell, user_of, warn
from learning.organisation.models import User
from learning.organisation.permissions import Action
from learning.organisation.searching import holding
from learning.study.errors import NotPossible
from learning.study.models import Completion
from learning.study.services.taking_back import take_back

from . import entering
from .forms import MeetingForm, PeopleForm

record_door = behind(Action.STUDY_RECORD)


class Named(NamedTuple):
    """The people a form names, and the numbers of nobody in the person's scope."""

    people: Sequence[User]
    unknown: Sequence[str]


@record_door
@require_GET
def meeting_list(request: HttpRequest) -> HttpResponse:
    rows = entering.meetings_for(user_of(request)).select_related("owner_unit")
    q = request.GET.get("q", "").strip()
    rows = holding(rows, q, "title")
    shown = paged(request, rows.annotate(people=Count("completions")).order_by("-held_at", "-pk"))
    context = {"page_obj": shown, "rows": shown.object_list, "q": q}
    return page(request, "offline_list.html", context, title=_("线下学习"))


@record_door
def meeting_new(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = MeetingForm(request.POST or None, user=user)
    context: dict[str, Any] = {"form": form, "back": reverse("offline_list")}
    if request.method == "POST" and form.is_valid() and "again" not in request.POST:
        data = form.cleaned_data
        named = _named(user, form, timezone.localdate(data["held_at"]))
        if "confirm" in request.POST:
            facts = {
                name: data[name] for name in ("title", "owner_unit", "held_at", "minutes", "hours", "reason")
            }
            try:
                count = entering.enter_meeting(
                    key=request.POST.get("key", ""),
                    users=named.people,
                    by=user,
                    now=timezone.now(),
                    **facts,
                )
            except NotPossible as error:
                warn(request, str(error))
            else:
                tell(request, _("已登记：%(count)d 人。") % {"count": count})
            return redirect("offline_list")
        context |= {"checked": True, "new": named.people, "unknown": named.unknown, "key": entering.new_key()}
    return _asked(request, context, form, _("登记线下学习"))


@record_door
def meeting_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was there; with people added who were forgotten."""
    user = user_of(request)
    activity = found(entering.meetings_for(user).select_related("owner_unit"), pk)
    rows = Completion.objects.filter(activity=activity).select_related("user", "unit", "by")
    shown = paged(request, rows.order_by("unit__path", "user__number"))
    mine = entering.entries_for(user, activity)
    context = {
        "activity": activity,
        "page_obj": shown,
        "rows": shown.object_list,
        "people": shown.paginator.count,
        "removable": set(
            mine.filter(pk__in=[each.pk for each in shown.object_list]).values_list("user", flat=True)
        ),
        "to_remove": mine.count(),
    }
    return page(request, "offline_people.html", context, title=activity.title, trail=[_home()])


@record_door
def meeting_add(request: HttpRequest, pk: int) -> HttpResponse:
    user = user_of(request)
    activity = found(entering.meetings_for(user), pk)
    form = PeopleForm(request.POST or None, user=user)
    back = reverse("offline_people", args=[pk])
    context: dict[str, Any] = {"form": form, "back": back}
    if request.method == "POST" and form.is_valid() and "again" not in request.POST:
        named = _named(user, form, timezone.localdate(activity.held_at))
        there = set(Completion.objects.filter(activity=activity).values_list("user", flat=True))
        new = [each for each in named.people if each.pk not in there]
        if "confirm" in request.POST:
            reason = form.cleaned_data["reason"]
            try:
                count = entering.add_people(
                    activity=activity, users=new, reason=reason, by=user, now=timezone.now()
                )
            except NotPossible as error:
                warn(request, str(error))
            else:
                tell(request, _("已登记：%(count)d 人。") % {"count": count})
            return redirect(back)
        already = len(named.people) - len(new)
        context |= {"checked": True, "new": new, "already": already, "unknown": named.unknown}
    return _asked(request, context, form, _("补登人员"), [(back, activity.title)])


@record_door
def meeting_take_back(request: HttpRequest, pk: int, person: int | None = None) -> HttpResponse:
    """Takes back the entry of one person, or of everybody whom the user could have entered; asks for the reason."""
    user = user_of(request)
    activity = found(entering.meetings_for(user).select_related("owner_unit"), pk)
    back = reverse("offline_people", args=[pk])
    rows = entering.entries_for(user, activity).order_by("user__number")
    entries = list(rows if person is None else rows.filter(user=person))
    if not entries:
        warn(request, _("这条登记已经撤销。"))
        return redirect(back)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = take_back(
                activity=activity,
                users=[each.user for each in entries],
                by=user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except NotPossible as error:
            warn(request, str(error))
        else:
            tell(request, _("已撤销登记：%(count)d 人。") % {"count": count})
        return redirect(back)
    return page(
        request,
        "offline_take_back.html",
        {"form": form, "activity": activity, "entries": entries, "back": back},
        title=_("撤销登记"),
        trail=[_home(), (back, activity.title)],
        status=422 if form.is_bound else 200,
        wide=False,
    )


def _named(user: User, form: PeopleForm, day: date) -> Named:
    numbers = numbers_in(form.cleaned_data["numbers"])
    known = {each.number: each for each in entering.people_for(user, day).filter(number__in=numbers)}
    people = {each.pk: each for each in known.values()}
    unit = form.cleaned_data["unit"]
    if unit is not None:
        people |= {each.pk: each for each in entering.people_of(unit, day)}
    unknown = [each for each in numbers if each not in known]
    return Named(sorted(people.values(), key=lambda each: each.number), unknown)


def _asked(
    request: HttpRequest,
    context: dict[str, Any],
    form: PeopleForm,
    title: str,
    trail: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    return page(
        request,
        "offline_enter.html",
        context,
        title=title,
        trail=[_home(), *trail],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


def _home() -> tuple[str, str]:
    return reverse("offline_list"), _("线下学习")
