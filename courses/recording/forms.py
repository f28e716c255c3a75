"""The forms of offline study and of erasing a record. Units are narrowed to the person's scope."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.admin.choices import UnitField
from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, units_allowing
from question_bank.exams.organising.settings_forms import LocalDateTime

MOST_MINUTES = 24 * 60


class PeopleForm(forms.Form):
    """Who was there: a whole unit, numbers, or both."""

    unit = UnitField(
        label=gettext_lazy("党组织全体（含下级）"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("不按党组织"),
        help_text=gettext_lazy("按活动当天的组织关系。"),
    )
    numbers = forms.CharField(
        label=gettext_lazy("学号/工号"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("每行一个，也可以用空格或逗号隔开；从表格里复制一列即可。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("登记依据"),
        max_length=200,
        help_text=gettext_lazy("例如“支部签到表”。写入审计记录。"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, Action.STUDY_RECORD).open_on(timezone.localdate())
        for name in {"unit", "owner_unit"} & set(self.fields):
            self.fields[name].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        if "owner_unit" in self.fields:
            self.fields["owner_unit"].initial = units.first()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("unit") and not data.get("numbers"):
            raise forms.ValidationError(_("请选择党组织，或者填写学号/工号。"))
        return data


class MeetingForm(PeopleForm):
    """The activity, then the people."""

    field_order = ("title", "owner_unit", "held_at", "minutes", "hours", "unit", "numbers", "reason")

    title = forms.CharField(
        label=gettext_lazy("活动名称"),
        max_length=200,
        help_text=gettext_lazy("学员在学习记录里看到这个名称。"),
    )
    owner_unit = UnitField(label=gettext_lazy("举办党组织"), queryset=Unit.objects.none())
    held_at = LocalDateTime(label=gettext_lazy("举行时间"))
    minutes = forms.IntegerField(
        label=gettext_lazy("时长（分钟）"), min_value=1, max_value=MOST_MINUTES, initial=90
    )
    hours = forms.DecimalField(
        label=gettext_lazy("每人学时"),
        min_value=Decimal(0),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        initial=2,
    )

    def clean_held_at(self) -> Any:
        held_at = self.cleaned_data["held_at"]
        if held_at > timezone.now():
            raise forms.ValidationError(_("活动还没有举行。"))
        return held_at


class EraseForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)
    number = forms.CharField(
        label=gettext_lazy("请输入此人的学号/工号，以示确认"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_number(self) -> str:
        number = str(self.cleaned_data["number"]).strip()
        if number != self.person.number:
            raise forms.ValidationError(_("与此人的学号/工号不一致。"))
        return number
