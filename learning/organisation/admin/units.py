"""The unit tree in Wagtail's admin: listed in tree order, opened, renamed, moved and closed; never deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django import forms
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.auth import require_admin_access
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import Button

from learning.organisation.errors import OrganisationError
from learning.organisation.models import Membership, Unit, User
from learning.organisation.permissions import Action, may, units_allowing
from learning.organisation.services import units

from .cells import CARDS, Cell
from .choices import UnitFilter, indented, unit_field
from .people import signed_in
from .people_forms import DATE
from .scoped import ScopedViewSetMixin
from .spreadsheets import LocalXlsx


class UnitFilterSet(WagtailFilterSet):
    within = UnitFilter(action=Action.MEMBER_VIEW, path_lookup="path__startswith")
    kind = django_filters.ChoiceFilter(label=gettext_lazy("类别"), choices=Unit.Kind.choices)
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("状态"),
        choices=[("open", gettext_lazy("现有")), ("closed", gettext_lazy("已撤销"))],
        method="in_state",
    )

    class Meta:
        model = Unit
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Unit], name: str, state: str) -> QuerySet[Unit]:
        closed = queryset.filter(closed_date__lte=timezone.localdate())
        return closed if state == "closed" else queryset.exclude(pk__in=closed.order_by().values("pk"))


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


class UnitIndexView(LocalXlsx, generic.IndexView):
    page_title = gettext_lazy("党组织")
    table_classname = CARDS
    add_item_label = gettext_lazy("新设党组织")
    search_fields = ["name", "code"]
    list_export = ["code", "name", "kind", "opened_date", "closed_date", "members"]
    export_headings = {"members": gettext_lazy("人数")}

    @cached_property
    def columns(self) -> list[Any]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("name", label=_("名称"), accessor=indented, get_url=self.people_url),
            Cell("code", label=_("代码"), sort_key="code"),
            Cell("kind", label=_("类别"), accessor="get_kind_display", sort_key="kind"),
            Cell("members", label=_("直属人数")),
            Cell("opened_date", label=_("成立日期"), accessor=lambda unit: day(unit.opened_date)),
            Cell("closed_date", label=_("撤销日期"), accessor=lambda unit: day(unit.closed_date)),
        ]

    def people_url(self, unit: Unit) -> str:
        return f"{reverse('wagtailusers_users:index')}?unit={unit.pk}"

    def get_base_queryset(self) -> QuerySet[Unit]:
        current = (
            Membership.objects.on(timezone.localdate()).filter(unit=OuterRef("pk")).order_by().values("unit")
        )
        found: QuerySet[Unit] = super().get_base_queryset()
        counted: QuerySet[Unit] = found.annotate(
            members=Coalesce(Subquery(current.annotate(n=Count("pk")).values("n")), 0)
        )
        return counted

    def get_list_more_buttons(self, instance: Unit) -> list[Any]:
        buttons: list[Any] = super().get_list_more_buttons(instance)
        if may(self.request.user, Action.MEMBER_MANAGE, instance):
            buttons.append(
                Button(
                    _("考场代码"), url=reverse("unit_codes", args=[instance.pk]), icon_name="key", priority=40
                )
            )
        if instance.closed_date is None and may(self.request.user, Action.UNIT_MANAGE, instance):
            buttons.append(
                Button(
                    _("撤销"), url=reverse("unit_close", args=[instance.pk]), icon_name="cross", priority=50
                )
            )
        return buttons

    def to_row_dict(self, item: Any) -> dict[str, Any]:
        return {
            field: item.get_kind_display() if field == "kind" else getattr(item, field)
            for field in self.list_export
        }


class NewUnitForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Unit
        fields = ["name", "code", "kind", "opened_date"]
        widgets = {"opened_date": forms.DateInput(DATE, format="%Y-%m-%d")}

    field_order = ["parent", "name", "code", "kind", "opened_date"]

    def __init__(self, *args: Any, for_user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if for_user is not None:
            root_allowed = for_user.is_superuser
            self.fields["parent"] = unit_field(
                for_user, Action.UNIT_MANAGE, label=gettext_lazy("上级党组织"), required=not root_allowed
            )
            self.order_fields(self.field_order)


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Name and code; another superior moves the unit from the given day on."""

    on = forms.DateField(
        label=gettext_lazy("隶属调整日期"), required=False, widget=forms.DateInput(DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("只在改变上级党组织时使用，留空为今天。"),
    )  # fmt: skip

    class Meta:
        model = Unit
        fields = ["name", "code"]

    field_order = ["name", "code", "parent", "on"]

    def __init__(self, *args: Any, for_user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if for_user is not None and self.instance.depth > 1:
            parent = self.instance.get_parent()
            self.fields["parent"] = unit_field(
                for_user,
                Action.UNIT_MANAGE,
                label=gettext_lazy("上级党组织"),
                initial=parent.pk,
                required=False,
            )
            self.order_fields(self.field_order)


class RefusalOnForm:
    """What the tree refuses is said above the form, with everything typed still there."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # CreateView or EditView
        except OrganisationError as error:
            form.add_error(None, str(error))
            self.produced_error_message = str(error)
            answer = self.form_invalid(form)  # type: ignore[attr-defined]  # CreateView or EditView
        return answer


class UnitCreateView(RefusalOnForm, generic.CreateView):
    page_title = gettext_lazy("新设党组织")
    success_message = gettext_lazy("已设立“%(object)s”。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "for_user": self.request.user}

    def save_instance(self) -> Unit:
        data = self.form.cleaned_data
        return units.open_unit(**data, by=self.request.user, now=timezone.now())


class UnitEditView(RefusalOnForm, generic.EditView):
    success_message = gettext_lazy("已保存“%(object)s”。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "for_user": self.request.user}

    def save_instance(self) -> Unit:
        data, by, now = self.form.cleaned_data, self.request.user, timezone.now()
        unit = units.rename_unit(
            unit=Unit.objects.get(pk=self.object.pk), name=data["name"], code=data["code"], by=by, now=now
        )
        parent, before = data.get("parent"), unit.get_parent()
        if parent is not None and before is not None and parent.pk != before.pk:
            unit = units.move_unit(
                unit=unit, parent=parent, on=data["on"] or timezone.localdate(now), by=by, now=now
            )
        return unit


class UnitViewSet(ScopedViewSetMixin, ModelViewSet):
    model = Unit
    icon = "group"
    actions = {"view": Action.MEMBER_VIEW, "add": Action.UNIT_MANAGE, "change": Action.UNIT_MANAGE}
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["name", "code", "kind", "opened_date", "closed_date"]
    ordering = "path"
    list_per_page = 100
    filterset_class = UnitFilterSet
    index_view_class = UnitIndexView
    add_view_class = UnitCreateView
    edit_view_class = UnitEditView
    list_export = UnitIndexView.list_export
    export_headings = UnitIndexView.export_headings
    export_filename = "units"

    def model_queryset(self, user: User, action: Action) -> QuerySet[Unit]:
        found: QuerySet[Unit] = units_allowing(user, action)
        return found

    def get_form_class(self, for_update: bool = False) -> type[NewUnitForm | UnitForm]:
        return UnitForm if for_update else NewUnitForm


def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks before it closes, names the unit and what hangs on it."""
    by = signed_in(request)
    unit: Unit = get_object_or_404(units_allowing(by, Action.UNIT_MANAGE), pk=pk, closed_date=None)
    if request.method == "POST":
        now = timezone.now()
        try:
            units.close_unit(unit=unit, on=timezone.localdate(now), by=by, now=now)
        except OrganisationError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("已撤销“%(unit)s”。") % {"unit": unit.name})
            return redirect("units:index")
    members = Membership.objects.filter(unit=unit, to_date=None).count()
    return render(request, "organisation/admin/unit_close.html", {"unit": unit, "members": members})


units_viewset = UnitViewSet("units", url_prefix="units")
urlpatterns = [path("unit/<int:pk>/close/", require_admin_access(close), name="unit_close")]
