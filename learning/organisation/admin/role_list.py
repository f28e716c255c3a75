"""Who holds which role, as one list; roles are granted and revoked on the person's page."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from learning.organisation.models import Role, RoleAssignment, User
from learning.organisation.permissions import Action, scope_q

from .cells import CARDS, Cell
from .choices import UnitFilter
from .scoped import ScopedViewSetMixin
from .spreadsheets import LocalXlsx


class RoleFilterSet(WagtailFilterSet):
    role = django_filters.ChoiceFilter(label=gettext_lazy("角色"), choices=Role.choices)
    unit = UnitFilter(action=Action.ROLE_GRANT, path_lookup="unit__path__startswith")

    class Meta:
        model = RoleAssignment
        fields: list[str] = []


class RoleIndexView(LocalXlsx, generic.IndexView):
    page_title = gettext_lazy("角色")
    table_classname = CARDS
    search_fields = ["user__full_name", "user__number"]
    list_export = ["number", "full_name", "role", "unit", "from_date", "to_date"]
    export_headings = {"number": gettext_lazy("学号/工号"), "full_name": gettext_lazy("姓名")}

    @cached_property
    def columns(self) -> list[Any]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("user", label=_("人员"), get_url=self.person_url),
            Cell("role", label=_("角色"), accessor="get_role_display", sort_key="role"),
            Cell("unit", label=_("范围（含下级）")),
            Cell("from_date", label=_("起"), sort_key="from_date"),
            Cell("to_date", label=_("止"), accessor=lambda row: row.to_date or _("长期")),
        ]

    def person_url(self, row: RoleAssignment) -> str:
        return reverse("wagtailusers_users:inspect", args=[row.user_id])

    def get_base_queryset(self) -> QuerySet[RoleAssignment]:
        rows: QuerySet[RoleAssignment] = super().get_base_queryset()
        return rows.select_related("user", "unit")

    def to_row_dict(self, item: RoleAssignment) -> dict[str, Any]:
        return {
            "number": item.user.number,
            "full_name": item.user.full_name,
            "role": item.get_role_display(),
            "unit": item.unit.name,
            "from_date": item.from_date,
            "to_date": item.to_date,
        }


class RoleViewSet(ScopedViewSetMixin, ModelViewSet):
    model = RoleAssignment
    icon = "key"
    actions = {"view": Action.ROLE_GRANT}
    add_to_reference_index = False
    copy_view_enabled = False
    form_fields: list[str] = []
    ordering = "unit__path"
    filterset_class = RoleFilterSet
    index_view_class = RoleIndexView
    list_export = RoleIndexView.list_export
    export_headings = RoleIndexView.export_headings
    export_filename = "roles"

    def model_queryset(self, user: User, action: Action) -> QuerySet[RoleAssignment]:
        return RoleAssignment.objects.on(timezone.localdate()).filter(scope_q(user, action))


roles_viewset = RoleViewSet("roles", url_prefix="roles")
