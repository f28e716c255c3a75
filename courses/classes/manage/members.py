"""Who is in the class: the list, admitting by units and by numbers, withdrawing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learning.organisation.admin.admitting import (
    AdmitUnitsForm,
    NumbersForm,
    belonging,
    check_numbers,
)
from learning.organisation.admin.reasons import ReasonForm
from learning.organisation.admin.screens import found, paged, query_without, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from learning.organisation.models import ClassMember, PersonStatus, TrainingClass, Unit
from learning.organisation.permissions import Action, people_allowing
from learning.organisation.searching import THEIR_PERSON_AND_UNIT, holding
from learning.organisation.services import classes

from .doors import class_door, class_for, go, link, members_of, page

State = ClassMember.State


def filtered(request: HttpRequest, training_class: TrainingClass) -> QuerySet[ClassMember]:
    """The members by the URL's words and person status."""
    rows = members_of(training_class)
    if request.GET.get("status", "") in PersonStatus.values:
        rows = rows.filter(person_status=request.GET["status"])
    return holding(rows, request.GET.get("q", ""), *THEIR_PERSON_AND_UNIT)


@class_door
@require_GET
def class_members(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    by_state = dict(training_class.members.order_by().values_list("state").annotate(n=Count("pk")))
    state = request.GET.get("state", "")
    rows = filtered(request, training_class)
    shown = paged(request, rows.filter(state=state) if state in State.values else rows)
    context = {
        "page_obj": shown,
        "rows": shown.object_list,
        "chips": [
            ("", _("全部"), sum(by_state.values())),
            *((name, label, by_state[name]) for name, label in State.choices if name in by_state),
        ],
        "state": state,
        "status": request.GET.get("status", ""),
        "q": request.GET.get("q", ""),
        "statuses": PersonStatus.choices,
        "query_without_state": query_without(request, "state"),
        "open": training_class.state != TrainingClass.State.CLOSED,
    }
    return page(
        request, "members.html", context, title=_("学员"), training_class=training_class, tab="class_members"
    )


@class_door
def members_admit(request: HttpRequest, class_id: int) -> HttpResponse:
    """Units of the person's own scope; how many people they would bring is told first on demand."""
    training_class = _open_class(request, class_id)
    user, now = user_of(request), timezone.now()
    form = AdmitUnitsForm(request.POST or None, user=user, action=Action.CLASS_MANAGE)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        units, statuses = list(form.cleaned_data["units"]), form.cleaned_data["person_statuses"]
        if "look" not in request.POST:
            try:
                count = classes.admit_units(
                    class_id=training_class.pk, units=units, person_statuses=statuses, by=user, now=now
                )
            except OrganisationError as error:
                warn(request, str(error))
            else:
                tell(request, _("已添加 %(count)s 名学员。") % {"count": count})
            return go("class_members", training_class.pk)
        context["new"] = would_join(training_class, units, statuses, timezone.localdate(now))
    context["units"] = form.tree()
    return page(
        request,
        "admit.html",
        context,
        title=_("按党组织添加学员"),
        training_class=training_class,
        trail=[(link("class_members", training_class.pk), _("学员"))],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


@class_door
def members_upload(request: HttpRequest, class_id: int) -> HttpResponse:
    """A list of numbers, pasted or as a file: first who they are, then the same list confirmed. Who is outside the
    person's scope is as unknown as nobody."""
    training_class = _open_class(request, class_id)
    user = user_of(request)
    form = NumbersForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        numbers = form.listed()
        there = training_class.members.filter(user__number__in=numbers)
        checked = check_numbers(
            numbers,
            people=people_allowing(user, Action.CLASS_MANAGE),
            there=set(there.values_list("user__number", flat=True)),
        )
        if "confirm" in request.POST:
            try:
                count = classes.admit_users(
                    class_id=training_class.pk, users=checked.new, by=user, now=timezone.now()
                )
            except OrganisationError as error:
                warn(request, str(error))
            else:
                tell(request, _("已添加 %(count)s 名学员。") % {"count": count})
            return go("class_members", training_class.pk)
        context |= {"checked": checked, "all_numbers": "\n".join(person.number for person in checked.new)}
    return page(
        request,
        "numbers.html",
        context,
        title=_("按号码添加学员"),
        training_class=training_class,
        trail=[(link("class_members", training_class.pk), _("学员"))],
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


@class_door
def member_act(request: HttpRequest, class_id: int, member_id: int) -> HttpResponse:
    """Withdraws an active member, or takes a withdrawn one back; asks for the reason."""
    training_class = _open_class(request, class_id)
    member = found(members_of(training_class).filter(state__in=[State.ACTIVE, State.WITHDRAWN]), member_id)
    leaving = member.state == State.ACTIVE
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act = classes.withdraw if leaving else classes.take_back
        try:
            act(
                member_id=member.pk,
                reason=form.cleaned_data["reason"],
                by=user_of(request),
                now=timezone.now(),
            )
        except OrganisationError as error:
            warn(request, str(error))
        else:
            tell(request, _("已处理：%(name)s。") % {"name": member.user.full_name})
        return go("class_members", training_class.pk)
    return page(
        request,
        "member_act.html",
        {"form": form, "member": member, "leaving": leaving},
        title=_("退出培训班") if leaving else _("恢复学员"),
        training_class=training_class,
        trail=[(link("class_members", training_class.pk), _("学员"))],
        status=422 if form.is_bound else 200,
        wide=False,
    )


def would_join(training_class: TrainingClass, units: list[Unit], statuses: list[str], day: date) -> int:
    """How many people the choice would add; one query."""
    members = belonging(units=units, person_statuses=statuses, day=day)
    return members.exclude(user__in=training_class.members.values("user")).values("user").distinct().count()


def _open_class(request: HttpRequest, class_id: int) -> TrainingClass:
    training_class = class_for(request, class_id)
    if training_class.state == TrainingClass.State.CLOSED:
        raise Http404
    return training_class
