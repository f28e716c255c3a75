"""The small forms of a person's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.organisation.models import Membership, PersonStatus, Role, User
from learning.organisation.permissions import Action
from learning.organisation.services.roles import may_grant

from .choices import unit_field

DATE = {"type": "date"}


class MembershipForm(forms.Form):
    """Where the person stands from a day on: a transfer, a new status, or both."""

    person_status = forms.ChoiceField(label=_("人员状态"), choices=PersonStatus.choices)
    on = forms.DateField(label=_("生效日期"), widget=forms.DateInput(DATE, format="%Y-%m-%d"))

    field_order = ["unit", "person_status", "on"]

    def __init__(self, *args: Any, for_user: User, person: User, **kwargs: Any) -> None:
        current = Membership.objects.filter(user=person, to_date=None).first()
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {
            "unit": current.unit_id if current else None,
            "person_status": current.person_status if current else PersonStatus.PUBLIC,
            "on": timezone.localdate(),
        } | kwargs["initial"]
        super().__init__(*args, **{"prefix": "membership", **kwargs})
        self.fields["unit"] = unit_field(for_user, Action.MEMBER_MANAGE)
        self.order_fields(self.field_order)


class LeaveForm(forms.Form):
    on = forms.DateField(label=_("终止日期"), widget=forms.DateInput(DATE, format="%Y-%m-%d"))


class GrantForm(forms.Form):
    """A role over a unit of the own scope; roles that bring more than the granter may do there are refused."""

    role = forms.ChoiceField(label=_("角色"), choices=[])
    to_date = forms.DateField(
        label=_("到期日期"), required=False, help_text=_("留空表示长期有效。"),
        widget=forms.DateInput(DATE, format="%Y-%m-%d"),
    )  # fmt: skip

    field_order = ["role", "unit", "to_date"]

    def __init__(self, *args: Any, for_user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "grant", **kwargs})
        self.for_user = for_user
        self.fields["role"].choices = [choice for choice in Role.choices if choice[0] != Role.MEMBER]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["unit"] = unit_field(for_user, Action.ROLE_GRANT, label=_("范围（含下级）"))
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") and data.get("unit") and not may_grant(self.for_user, data["role"], data["unit"]):
            raise forms.ValidationError(_("您在该范围内没有这一角色的全部权限，不能授予。"))
        if data.get("to_date") and data["to_date"] <= timezone.localdate():
            self.add_error("to_date", _("到期日期须晚于今天。"))
        return data


class UnitCodesForm(forms.Form):
    """For how long the room codes of a unit shall work."""

    hours = forms.IntegerField(label=_("有效小时数"), min_value=1, max_value=12, initial=4)
