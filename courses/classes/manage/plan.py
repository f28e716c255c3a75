"""The plan editor: items by kind, their weights and due times, and the rules of graduation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from courses.classes import planning
from courses.errors import CourseError
from courses.models import PlanItem
from courses.reflecting.tasks import create_task
from learning.organisation.admin.screens import found, tell, user_of, warn
from learning.organisation.errors import OrganisationError
from learning.organisation.models import TrainingClass

from .doors import class_door, class_for, go, link, page
from .forms import (
    CourseItemForm,
    ExamItemForm,
    HoursItemForm,
    ItemForm,
    ReflectionItemForm,
    RulesForm,
    WeighedItemForm,
)

Kind = PlanItem.Kind
FORMS: dict[str, type[forms.Form]] = {
    Kind.COURSE: CourseItemForm,
    Kind.EXAM: ExamItemForm,
    Kind.REFLECTION: ReflectionItemForm,
    Kind.HOURS: HoursItemForm,
}
TITLES = {
    Kind.COURSE.value: gettext_lazy("添加课程"),
    Kind.EXAM.value: gettext_lazy("添加考试"),
    Kind.REFLECTION.value: gettext_lazy("添加心得体会"),
    Kind.HOURS.value: gettext_lazy("添加最低学时"),
}


@class_door
@require_GET
def class_plan(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    return _shown(request, training_class, RulesForm(instance=planning.plan_of(training_class)))


@class_door
@require_POST
def class_rules(request: HttpRequest, class_id: int) -> HttpResponse:
    training_class = class_for(request, class_id)
    form = RulesForm(request.POST, instance=planning.plan_of(training_class))
    if not form.is_valid():
        return _shown(request, training_class, form, status=422)
    try:
        planning.set_rules(
            class_id=training_class.pk, fields=form.cleaned_data, by=user_of(request), now=timezone.now()
        )
    except (CourseError, OrganisationError) as error:
        warn(request, str(error))
    else:
        tell(request, _("结业规则已保存。"))
    return go("class_plan", training_class.pk)


@class_door
def item_add(request: HttpRequest, class_id: int, kind: str) -> HttpResponse:
    training_class = class_for(request, class_id)
    if kind not in FORMS:
        raise Http404
    user = user_of(request)
    form = FORMS[kind](request.POST or None, user=user, training_class=training_class)  # type: ignore[call-arg]
    if request.method == "POST" and form.is_valid():
        try:
            _add(training_class, kind, dict(form.cleaned_data), request)
        except (CourseError, OrganisationError) as error:
            form.add_error(None, str(error))
        else:
            tell(request, _("已加入培训计划。"))
            return go("class_plan", training_class.pk)
    return page(
        request,
        "item_form.html",
        {"form": form, "save_label": _("加入培训计划")},
        title=str(TITLES[kind]),
        training_class=training_class,
        status=422 if form.is_bound else 200,
        wide=False,
    )


@class_door
def item_edit(request: HttpRequest, class_id: int, item_id: int) -> HttpResponse:
    """Weight (of an exam or a reflection), due time and obligation of an item; or its removal."""
    training_class = class_for(request, class_id)
    rows = training_class.plan_items.select_related("activity", "exam", "task")
    item = found(rows, item_id)
    initial = {"required": item.required, "weight": item.weight, "due_at": item.due_at}
    weighed = item.kind in (Kind.EXAM, Kind.REFLECTION)
    asked = WeighedItemForm if weighed else ItemForm
    form = asked(None if "remove" in request.POST else request.POST or None, initial=initial)
    now, user = timezone.now(), user_of(request)
    try:
        if request.method == "POST" and "remove" in request.POST:
            planning.remove_item(item_id=item.pk, by=user, now=now)
            tell(request, _("已从培训计划移除。"))
            return go("class_plan", training_class.pk)
        if request.method == "POST" and form.is_valid():
            fields = {"weight": item.weight, **form.cleaned_data}
            planning.change_item(item_id=item.pk, **fields, by=user, now=now)
            tell(request, _("已保存。"))
            return go("class_plan", training_class.pk)
    except (CourseError, OrganisationError) as error:
        warn(request, str(error))
        return go("class_plan", training_class.pk)
    context = {"form": form, "item": item, "name": planning.name_of(item), "save_label": _("保存")}
    return page(
        request,
        "item_form.html",
        context,
        title=planning.name_of(item),
        training_class=training_class,
        status=422 if form.is_bound else 200,
        wide=False,
    )


@transaction.atomic
def _add(training_class: TrainingClass, kind: str, data: dict[str, Any], request: HttpRequest) -> None:
    user, now = user_of(request), timezone.now()
    if kind == Kind.REFLECTION:
        asked = {name: data.pop(name) for name in ("title", "prompt", "min_chars")}
        data["task"] = create_task(
            **asked, owner_unit=training_class.owner_unit, due_at=data["due_at"], by=user, now=now
        )
    planning.add_item(class_id=training_class.pk, kind=kind, by=user, now=now, **data)


def _shown(
    request: HttpRequest, training_class: TrainingClass, form: RulesForm, status: int = 200
) -> HttpResponse:
    items = planning.items_of(training_class)
    closed = training_class.state == TrainingClass.State.CLOSED
    context = {
        "rows": [{"item": item, "name": planning.name_of(item)} for item in items],
        "form": form,
        "closed": closed,
        "draft": training_class.state == TrainingClass.State.DRAFT,
        "problems": [] if closed else planning.problems(planning.plan_of(training_class), items),
        "usual": planning.USUAL_WEIGHTS,
        "adding": [
            (link("item_add", training_class.pk, kind), TITLES[kind])
            for kind in FORMS
            if kind != Kind.HOURS or all(item.kind != Kind.HOURS for item in items)
        ],
        "people": training_class.members.filter(state="active").count(),
    }
    return page(
        request,
        "plan.html",
        context,
        title=_("培训计划"),
        training_class=training_class,
        tab="class_plan",
        status=status,
    )
