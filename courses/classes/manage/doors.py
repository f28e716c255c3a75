"""What the organisers' screens of classes and reflections share: the class by right, the frame, the forms' fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from learning.organisation.admin.screens import behind, found, user_of
from learning.organisation.models import ClassMember, TrainingClass, User
from learning.organisation.permissions import Action, scope_q

ROOM = "classes_admin"  # the namespace of these screens


class_door = behind(Action.CLASS_MANAGE)
desk_door = behind(Action.REFLECTION_MARK)


def classes_for(user: User) -> QuerySet[TrainingClass]:
    """The classes that the person manages."""
    return TrainingClass.objects.filter(scope_q(user, Action.CLASS_MANAGE, "owner_unit"))


def class_for(request: HttpRequest, class_id: int) -> TrainingClass:
    """The class, if the person manages it; otherwise 404."""
    return found(classes_for(user_of(request)).select_related("owner_unit"), class_id)


def members_of(training_class: TrainingClass) -> QuerySet[ClassMember]:
    return training_class.members.select_related("user", "unit").order_by("unit__path", "user__number")


def link(name: str, *args: object) -> str:
    return reverse(f"{ROOM}:{name}", args=args)


def go(name: str, *args: object) -> HttpResponse:
    return redirect(link(name, *args))


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    training_class: TrainingClass | None = None,
    tab: str = "",
    trail: Sequence[tuple[str, str]] = (),
    status: int = 200,
    wide: bool = True,
) -> HttpResponse:
    """The screen in Wagtail's frame. `trail` are (address, words) between the room's list and this page."""
    crumbs = [(reverse("wagtailadmin_home"), _("首页"))]
    if training_class is not None:
        crumbs += [
            (link("class_list"), _("培训班")),
            (link("class_plan", training_class.pk), training_class.name),
        ]
    items = [{"url": url, "label": label} for url, label in (*crumbs, *trail)]
    frame = {
        "inside_admin": True,
        "training_class": training_class,
        "tabs": tabs_of(training_class, tab) if training_class else [],
        "page_title": title,
        "header_title": title,
        "header_icon": "group",
        "header_buttons": [],
        "breadcrumbs_items": [*items, {"url": "", "label": title}],
        "wide": wide,
    }
    return render(request, f"courses/manage/{template}", {**frame, **context}, status=status)


def tabs_of(training_class: TrainingClass, current: str) -> list[dict[str, Any]]:
    rows = [
        ("class_plan", _("培训计划")),
        ("class_members", _("学员")),
        ("class_progress", _("进度")),
        ("class_graduation", _("结业")),
        ("class_edit", _("班级信息")),
    ]
    return [
        {"label": label, "url": link(name, training_class.pk), "current": name == current}
        for name, label in rows
    ]
