"""The audit log in Wagtail's admin: read, filtered and taken away as XLSX, never changed."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from learning.organisation.audit_facts import facts, facts_line
from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry, User
from learning.organisation.permissions import Action, scope_q

from .cells import CARDS, Cell
from .choices import UnitFilter
from .scoped import ScopedViewSetMixin
from .spreadsheets import LocalXlsx


class AuditFilterSet(WagtailFilterSet):
    at = django_filters.DateFromToRangeFilter(label=gettext_lazy("时间"), widget=DateRangePickerWidget)
    action = django_filters.CharFilter(label=gettext_lazy("操作（代码）"), lookup_expr="startswith")
    unit = UnitFilter(action=Action.AUDIT_VIEW, path_lookup="unit__path__startswith")

    class Meta:
        model = AuditEntry
        fields: list[str] = []


class FactsCell(Cell):
    cell_template_name = "organisation/admin/cell_facts.html"


class AuditIndexView(LocalXlsx, generic.IndexView):
    page_title = gettext_lazy("审计记录")
    default_ordering = "-at"
    table_classname = f"{CARDS} dx-audit"
    search_fields = ["object_name", "actor__full_name", "actor__number", "action"]
    list_export = ["at", "actor", "action", "object_name", "unit", "data"]

    @cached_property
    def columns(self) -> list[Any]:
        return [
            Cell(
                "at",
                label=_("时间"),
                sort_key="at",
                accessor=lambda entry: f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}",
            ),
            Cell("actor", label=_("操作人"), accessor=lambda entry: entry.actor or _("系统")),
            Cell("action", label=_("操作"), accessor=lambda entry: words(entry.action), sort_key="action"),
            Cell("object_name", label=_("对象")),
            Cell("unit", label=_("党组织"), accessor=lambda entry: entry.unit or ""),
            FactsCell("data", label=_("详情"), accessor=lambda entry: facts(entry.action, entry.data)),
        ]

    def get_base_queryset(self) -> QuerySet[AuditEntry]:
        entries: QuerySet[AuditEntry] = super().get_base_queryset()
        return entries.select_related("actor", "unit")

    def to_row_dict(self, item: AuditEntry) -> dict[str, Any]:
        return {
            "at": item.at,
            "actor": str(item.actor or _("系统")),
            "action": words(item.action),
            "object_name": item.object_name,
            "unit": str(item.unit or ""),
            "data": facts_line(item.action, item.data),
        }


class AuditInspectView(generic.InspectView):
    def get_at_display_value(self) -> str:
        return f"{localtime(self.object.at):%Y-%m-%d %H:%M:%S}"

    def get_page_subtitle(self) -> str:
        return f"{words(self.object.action)} {self.object.object_name}"

    def get_actor_display_value(self) -> str:
        return str(self.object.actor or _("系统"))

    def get_action_display_value(self) -> str:
        return words(self.object.action)

    def get_data_display_value(self) -> SafeString:
        context = {"value": facts(self.object.action, self.object.data)}
        return render_to_string("organisation/admin/facts.html", context)


class AuditViewSet(ScopedViewSetMixin, ModelViewSet):
    model = AuditEntry
    icon = "history"
    actions = {"view": Action.AUDIT_VIEW}
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_view_fields = ["at", "actor", "action", "object_name", "unit", "data"]
    form_fields: list[str] = []
    ordering = "-at"
    list_per_page = 50
    filterset_class = AuditFilterSet
    index_view_class = AuditIndexView
    inspect_view_class = AuditInspectView
    list_export = AuditIndexView.list_export
    export_filename = "audit"

    def model_queryset(self, user: User, action: Action) -> QuerySet[AuditEntry]:
        """Entries of units in the auditor's scope; entries of no unit (the site itself) are the administrator's."""
        if user.is_superuser:
            return AuditEntry.objects.all()
        return AuditEntry.objects.filter(scope_q(user, action))


audit_viewset = AuditViewSet("audit", url_prefix="audit")
