"""What the organisers' screens of classes and reflections share: the class by right, the frame, the forms' fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from learning.organisation.models import ClassMember, TrainingClass, User
from learning.organisation.permissions import Action, may, scope_q

ROOM = "classes_admin"  # the namespace of these screens
PAGE_SIZE = 50

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def door(action: Action) -> Callable[[View[P]], View[P]]:
    """Signed in, never kept by a cache, closed to whoever may do the action nowhere."""

    def guarded(view: View[P]) -> View[P]:
        @wraps(view)
        def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not may(user_of(request), action):
                raise Http404
            return view(request, *args, **kwargs)

        return cast("View[P]", never_cache(login_required(opened)))

    return guarded


class_door = door(Action.CLASS_MANAGE)
desk_door = door(Action.REFLECTION_MARK)


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no type arguments at run time
    """A unit of the tree; how deep it lies shows in its name."""

    def label_from_instance(self, obj: Any) -> str:
        indent = "　" * (obj.depth - 1)
        return f"{indent}{obj.name}"


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def classes_for(user: User) -> QuerySet[TrainingClass]:
    """The classes that the person manages."""
    return TrainingClass.objects.filter(scope_q(user, Action.CLASS_MANAGE, "owner_unit"))


def class_for(request: HttpRequest, class_id: int) -> TrainingClass:
    """The class, if the person manages it; otherwise 404."""
    return found(classes_for(user_of(request)).select_related("owner_unit"), class_id)


def members_of(training_class: TrainingClass) -> QuerySet[ClassMember]:
    return training_class.members.select_related("user", "unit").order_by("unit__path", "user__number")


def found(rows: QuerySet[M], pk: object) -> M:
    """The row or 404, also for a number no database can hold."""
    try:
        row = rows.filter(pk=pk).first()
    except (ValueError, OverflowError):
        row = None
    if row is None:
        raise Http404
    return row


def link(name: str, *args: object) -> str:
    return reverse(f"{ROOM}:{name}", args=args)


def go(name: str, *args: object) -> HttpResponse:
    return redirect(link(name, *args))


def tell(request: HttpRequest, text: str) -> None:
    messages.success(request, text)


def warn(request: HttpRequest, text: str) -> None:
    messages.error(request, text)


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


def paged(request: HttpRequest, rows: Any, size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the URL asks for; a number beyond the end is the last page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def query_without(request: HttpRequest, *names: str) -> str:
    """The URL's query without these parameters, for links that change one filter and keep the others."""
    query = request.GET.copy()
    for name in ("page", *names):
        query.pop(name, None)
    return query.urlencode()
