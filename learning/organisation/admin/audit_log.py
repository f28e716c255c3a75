"""The audit log in Wagtail's admin: read, filtered and taken away as XLSX, never changed."""

from __future__ import annotations

import json
from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from learning.organisation.audit_words import words
from learning.organisation.models import AuditEntry, User
from learning.organisation.permissions import Action, scope_q

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


class AuditIndexView(LocalXlsx, generic.IndexView):
    page_title = gettext_lazy("审计记录")
    default_ordering = "-at"
    search_fields = ["object_name", "actor__full_name", "actor__number", "action"]
    list_export = ["at", "actor", "action", "object_name", "unit", "data"]

    @cached_property
    def columns(self) -> list[Any]:
        return [
            Column(
                "at",
                label=_("时间"),
                sort_key="at",
                accessor=lambda entry: f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}",
            ),
            Column("actor", label=_("操作人"), accessor=lambda entry: entry.actor or _("系统")),
            Column("action", label=_("操作"), accessor=lambda entry: words(entry.action), sort_key="action"),
            Column("object_name", label=_("对象")),
            Column("unit", label=_("党组织"), accessor=lambda entry: entry.unit or ""),
            Column("data", label=_("详情"), accessor=lambda entry: facts(entry.data)),
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
            "data": facts(item.data),
        }


def facts(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True) if data else ""


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
    list_export = AuditIndexView.list_export
    export_filename = "audit"

    def model_queryset(self, user: User, action: Action) -> QuerySet[AuditEntry]:
        """Entries of units in the auditor's scope; entries of no unit (the site itself) are the administrator's."""
        if user.is_superuser:
            return AuditEntry.objects.all()
        return AuditEntry.objects.filter(scope_q(user, action))


audit_viewset = AuditViewSet("audit", url_prefix="audit")
