"""Forms of the organisers' screens. Querysets of units, banks and questions are narrowed to the person's scope."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.admin.choices import UnitField
from learning.organisation.models import Unit, User
from learning.organisation.permissions import Action, units_allowing
from question_bank.engine.kinds import MultipleRule
from question_bank.exams.models import Candidate, Exam, Release
from question_bank.exams.releasing import NEEDS_ANSWERS, What, with_answers

from .settings_forms import LocalDateTime

MOST_EXTENSION_MIN = 24 * 60


class NewExamForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=Exam.Kind.choices, initial=Exam.Kind.FORMAL)
    owner_unit = UnitField(
        label=gettext_lazy("所属党组织"),
        queryset=Unit.objects.none(),
        help_text=gettext_lazy("这个党组织及其上级的考务人员可以管理这场考试。"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, Action.EXAM_BUILD).open_on(timezone.localdate())
        field = self.fields["owner_unit"]
        field.queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        field.initial = units.first()


class CopyForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"),
        choices=Exam.Kind.choices,
        help_text=gettext_lazy("选“补考”时与原考试共用组卷规则，尽量不抽考生做过的题。"),
    )


RULE_WORDS = {
    "": gettext_lazy("按每道题自己的规则"),
    MultipleRule.PROPORTIONAL.value: gettext_lazy("少选按比例给分，错选不得分"),
    MultipleRule.EXACT.value: gettext_lazy("全对才得分"),
    MultipleRule.HALF.value: gettext_lazy("少选得一半，错选不得分"),
    MultipleRule.PER_OPTION.value: gettext_lazy("每选对一项得固定分，错选不得分"),
    MultipleRule.NET.value: gettext_lazy("选对加分，选错减分，不低于零"),
    MultipleRule.COVERAGE.value: gettext_lazy("按选对的覆盖程度"),
    MultipleRule.EACH.value: gettext_lazy("每项判断都计分（全选也能得分，请慎用）"),
}


class SectionForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("标题"), max_length=80)
    instructions = forms.CharField(
        label=gettext_lazy("说明"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    shuffle_questions = forms.BooleanField(label=gettext_lazy("打乱题序"), required=False, initial=True)
    shuffle_options = forms.BooleanField(label=gettext_lazy("打乱选项"), required=False, initial=True)
    multiple = forms.ChoiceField(
        label=gettext_lazy("多选题计分"), required=False, choices=list(RULE_WORDS.items())
    )
    per_option_mark = forms.DecimalField(
        label=gettext_lazy("每选对一项得分"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=6,
        decimal_places=2,
        help_text=gettext_lazy("只用于“每选对一项得固定分”。"),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("multiple") == MultipleRule.PER_OPTION and not data.get("per_option_mark"):
            self.add_error("per_option_mark", _("请填写每选对一项得多少分。"))
        return data

    def fields_of_section(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        rule = {"multiple": data.pop("multiple")} if data.get("multiple") else {}
        data.pop("multiple", None)
        per_option = data.pop("per_option_mark")
        if rule.get("multiple") == MultipleRule.PER_OPTION and per_option:
            rule["per_option_mark"] = str(per_option)
        return {**data, "rule": rule}


class CandidateActForm(forms.Form):
    """What is to happen to the candidates ticked."""

    ACTS = (
        ("state", gettext_lazy("改变考生状态")),
        ("extra", gettext_lazy("加时（%）")),
        ("remove", gettext_lazy("移除")),
    )
    act = forms.ChoiceField(choices=ACTS)
    state = forms.ChoiceField(label=gettext_lazy("考生状态"), choices=Candidate.State.choices, required=False)
    extra_percent = forms.IntegerField(
        label=gettext_lazy("加时（%）"), required=False, min_value=0, max_value=300
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        match data.get("act"):
            case "state":
                if not data.get("state"):
                    self.add_error("state", _("请选择考生状态。"))
                elif data["state"] != Candidate.State.ELIGIBLE and not data.get("reason", "").strip():
                    self.add_error("reason", _("请填写原因。"))
            case "extra":
                if data.get("extra_percent") is None:
                    self.add_error("extra_percent", _("请填写加时的百分比。"))
                if not data.get("reason", "").strip():
                    self.add_error("reason", _("请填写原因。"))
        return data


class MonitorActForm(forms.Form):
    """An act on attempts that are watched; the reason is asked for each."""

    ACTS = (
        ("extend", gettext_lazy("延长时间")),
        ("pause", gettext_lazy("暂停")),
        ("resume", gettext_lazy("继续")),
        ("submit", gettext_lazy("强制交卷")),
        ("reopen", gettext_lazy("恢复作答")),
        ("void", gettext_lazy("作废")),
    )
    act = forms.ChoiceField(label=gettext_lazy("操作"), choices=ACTS)
    minutes = forms.IntegerField(
        label=gettext_lazy("分钟"), required=False, min_value=1, max_value=MOST_EXTENSION_MIN
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)

    WHOLE_ACTS = (
        ("extend", gettext_lazy("全场延长")),
        ("window", gettext_lazy("推迟结束")),
        ("pause", gettext_lazy("全场暂停")),
        ("resume", gettext_lazy("全场继续")),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any], whole: bool = False) -> None:
        super().__init__(data, initial=initial)
        self.fields["act"].choices = self.WHOLE_ACTS if whole else self.ACTS  # type: ignore[attr-defined]
        self.fields["minutes"].required = initial["act"] in ("extend", "window")


class MarkForm(forms.Form):
    value = forms.DecimalField(label=gettext_lazy("分数"), min_value=0, max_digits=6, decimal_places=2)
    comment = forms.CharField(
        label=gettext_lazy("评语"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen_mark = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen_rev = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, max_mark: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_mark = max_mark
        self.fields["value"].widget.attrs |= {"max": str(max_mark), "step": "0.5", "inputmode": "decimal"}

    def clean_value(self) -> Decimal:
        value: Decimal = self.cleaned_data["value"]
        if value > self.max_mark:
            raise forms.ValidationError(_("这道题最多 %(max)s 分。") % {"max": self.max_mark})
        return value


class ReleaseNowForm(forms.Form):
    """What is shown to whom from when on."""

    what = forms.MultipleChoiceField(
        label=gettext_lazy("公布什么"),
        choices=Release.What.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("“答案与解析”和“评语”写在考生的作答旁边，公布它们时“作答与对错”一并公布。"),
    )
    unit = UnitField(
        label=gettext_lazy("给谁"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("全部考生"),
    )
    at = LocalDateTime(
        label=gettext_lazy("公布时间"), required=False, help_text=gettext_lazy("不填就是现在。")
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["what"].widget.attrs |= {
            "data-brings": What.ANSWERS.value,
            "data-by": " ".join(sorted(NEEDS_ANSWERS)),
        }

    def clean_what(self) -> list[str]:
        return with_answers(self.cleaned_data["what"])

    def from_when(self, now: datetime) -> datetime:
        at: datetime | None = self.cleaned_data["at"]
        return max(at, now) if at else now
