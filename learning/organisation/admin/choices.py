"""Form fields and filters over the units that a user may act on."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]  # django-filter has no types
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, units_allowing

IDEOGRAPHIC_SPACE = "\u3000"


def indented(unit: Unit) -> str:
    """The name with an ideographic space per level, so that a flat list shows the tree."""
    return f"{IDEOGRAPHIC_SPACE * (unit.depth - 1)}{unit.name}"


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A choice among open units, indented as the tree; a unit outside the given ones is refused like a missing one."""

    def label_from_instance(self, unit: Unit) -> str:
        return indented(unit)


def unit_field(user: User, action: Action, **kwargs: Any) -> UnitField:
    units = units_allowing(user, action).open_on(timezone.localdate())
    return UnitField(units, **{"label": _("党组织"), **kwargs})


class UnitFilterField(django_filters.fields.ModelChoiceField):
    def label_from_instance(self, unit: Unit) -> str:
        return indented(unit)


class UnitFilter(django_filters.ModelChoiceFilter):
    """Rows of the chosen unit and of all below it; offers the units on which the user may do `action`."""

    field_class = UnitFilterField

    def __init__(self, *args: Any, action: Action, path_lookup: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("label", _("党组织（含下级）"))
        super().__init__(*args, **kwargs)
        self.action = action
        self.path_lookup = path_lookup

    def get_queryset(self, request: Any) -> Any:
        return units_allowing(request.user, self.action)

    def filter(self, queryset: Any, unit: Unit | None) -> Any:
        return queryset.filter(**{self.path_lookup: unit.path}).distinct() if unit else queryset
