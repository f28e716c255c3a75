"""The list of classes, a new one, its facts, and the start."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from courses.classes import planning
from learning.organisation.admin.screens import paged, query_without, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from learning.organisation.models import TrainingClass
from learning.organisation.searching import holding
from learning.organisation.services import classes

from .doors import class_door, class_for, classes_for, go, page
from .forms import ClassForm

State = TrainingClass.State


@class_door
@require_GET
def class_list(request: HttpRequest) -> HttpResponse:
    mine = classes_for(user_of(request))
    by_state = dict(mine.order_by().values_list("state").annotate(n=Count("pk")))
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    rows = mine.filter(state=state) if state in State.values else mine
    rows = holding(rows, words, "name", "code", "owner_unit__name")
    active = Count("members", filter=~Q(members__state="withdrawn"))
    graduates = Count("members", filter=Q(members__state="graduated"))
    rows = rows.select_related("owner_unit").annotate(people=active, graduates=graduates)
    shown = paged(request, rows.order_by("-from_date", "-pk"))
    context = {
        "page_obj": shown,
        "rows": shown.object_list,
        "chips": [
            ("", _("全部"), sum(by_state.values())),
            *((name, label, by_state.get(name, 0)) for name, label in State.choices),
        ],
        "state": state,
        "q": words,
        "query_without_state": query_without(request, "state"),
    }
    return page(request, "classes.html", context, title=_("培训班"))


@class_door
def class_new(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = ClassForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            made = classes.create_class(**form.cleaned_data, by=user, now=timezone.now())
        except OrganisationError as error:
            form.add_error("code", str(error))
        else:
            tell(request, _("已新建。请安排培训计划，再添加学员。"))
            return go("class_plan", made.pk)
    status = 422 if form.is_bound else 200
    context = {"form": form, "save_label": _("新建培训班")}
    return page(request, "class_form.html", context, title=_("新建培训班"), status=status, wide=False)


@class_door
def class_edit(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    user = user_of(request)
    initial = {name: getattr(training_class, name) for name in classes.CHANGEABLE}
    form = ClassForm(request.POST or None, user=user, initial=initial)
    closed = training_class.state == State.CLOSED
    if request.method == "POST" and form.is_valid():
        try:
            classes.change_class(
                class_id=training_class.pk, fields=form.cleaned_data, by=user, now=timezone.now()
            )
        except OrganisationError as error:
            form.add_error(None, str(error))
        else:
            tell(request, _("已保存。"))
            return go("class_edit", training_class.pk)
    context: dict[str, Any] = {"form": form, "save_label": _("保存"), "closed": closed}
    return page(
        request,
        "class_form.html",
        context,
        title=_("班级信息"),
        training_class=training_class,
        tab="class_edit",
        status=422 if form.is_bound and form.errors else 200,
        wide=False,
    )


@class_door
@require_POST
def class_start(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    found = planning.problems(planning.plan_of(training_class), planning.items_of(training_class))
    if found:
        warn(request, _("还不能开班：%(reason)s") % {"reason": found[0].message})
        return go("class_plan", training_class.pk)
    try:
        classes.start_class(class_id=training_class.pk, by=user_of(request), now=timezone.now())
    except OrganisationError as error:
        warn(request, str(error))
    else:
        tell(request, _("已开班。学员现在可以看到培训计划。"))
    return go("class_plan", training_class.pk)
