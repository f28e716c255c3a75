"""Forms of the organisers' screens. Querysets of units, banks and questions are narrowed to the person's scope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import PersonStatus, Unit, User
from learning.organisation.permissions import Action, units_allowing
from question_bank.engine.kinds import MultipleRule
from question_bank.exams.models import Candidate, Exam, Release

MINUTE_S = 60
LONGEST_LIMIT_MIN = 24 * 60
LONGEST_DELAY_MIN = 30 * 24 * 60
MOST_EXTENSION_MIN = 24 * 60


class LocalDateTime(forms.DateTimeField):
    """An instant typed in local time; the browser's own picker, which knows no zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)


class UnitField(forms.ModelChoiceField):
    """A unit of the tree; how deep it lies shows in its name."""

    def label_from_instance(self, obj: Any) -> str:
        indent = "　" * (obj.depth - 1)
        return f"{indent}{obj.name}"


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


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=200)


class SettingsForm(forms.Form):
    """One part of an exam's rules; `cleaned_changes` are fields of Exam."""

    part = ""

    def __init__(self, data: Any = None, *, exam: Exam, read_only: bool = False) -> None:
        initial = self.initial_of(exam)
        super().__init__(data, initial=initial, prefix=self.part, auto_id=f"id_{self.part}_%s")
        self.exam = exam
        if read_only:
            for field in self.fields.values():
                field.disabled = True

    @classmethod
    def initial_of(cls, exam: Exam) -> dict[str, Any]:
        return {name: getattr(exam, name) for name in cls.base_fields if hasattr(exam, name)}

    def changes(self) -> dict[str, Any]:
        """Values by field of Exam; only for a valid form."""
        return dict(self.cleaned_data)


class BasicsForm(SettingsForm):
    part = "basics"
    title = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), choices=Exam.Kind.choices)
    instructions = forms.CharField(
        label=gettext_lazy("考试说明"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("考生开始前看到。"),
    )


class TimeForm(SettingsForm):
    part = "time"
    opens_at = LocalDateTime(label=gettext_lazy("开始时间"))
    closes_at = LocalDateTime(
        label=gettext_lazy("结束时间"),
        help_text=gettext_lazy("到这一刻为止，不含这一刻。24:00 请填次日 00:00。"),
    )
    last_entry_at = LocalDateTime(
        label=gettext_lazy("迟到截止"),
        required=False,
        help_text=gettext_lazy("从这一刻起不能再进入；不填则到结束时间。"),
    )
    limit_min = forms.IntegerField(
        label=gettext_lazy("时长（分钟）"), min_value=1, max_value=LONGEST_LIMIT_MIN
    )
    end_policy = forms.ChoiceField(
        label=gettext_lazy("结束方式"),
        choices=Exam.EndPolicy.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "动态时间：到结束时间一律收卷，晚进的人时间变短。独立时间：只要在截止前进入，每人都有完整时长。"
        ),
    )
    earliest_submit_min = forms.IntegerField(
        label=gettext_lazy("最短交卷时间（分钟）"), min_value=0, max_value=LONGEST_LIMIT_MIN, initial=0
    )
    max_attempts = forms.IntegerField(label=gettext_lazy("可考次数"), min_value=1, max_value=99)
    delay_min = forms.IntegerField(
        label=gettext_lazy("两次间隔（分钟）"), min_value=0, max_value=LONGEST_DELAY_MIN, initial=0
    )
    score_policy = forms.ChoiceField(label=gettext_lazy("多次成绩"), choices=Exam.ScorePolicy.choices)

    MINUTES = {"limit_min": "limit_s", "earliest_submit_min": "earliest_submit_s", "delay_min": "delay_s"}

    @classmethod
    def initial_of(cls, exam: Exam) -> dict[str, Any]:
        minutes = {name: getattr(exam, field) // MINUTE_S for name, field in cls.MINUTES.items()}
        return {**super().initial_of(exam), **minutes}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        opens_at, closes_at, last = data.get("opens_at"), data.get("closes_at"), data.get("last_entry_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("结束时间应晚于开始时间。"))
        if opens_at and last and last <= opens_at:
            self.add_error("last_entry_at", _("迟到截止应晚于开始时间。"))
        return data

    def changes(self) -> dict[str, Any]:
        """Minutes are all that the form shows: seconds stored otherwise stay where nobody touched the field."""
        found = dict(self.cleaned_data)
        for name, field in self.MINUTES.items():
            minutes, stored = found.pop(name), getattr(self.exam, field)
            found[field] = stored if minutes == stored // MINUTE_S else minutes * MINUTE_S
        for name in ("opens_at", "closes_at", "last_entry_at"):
            stored = getattr(self.exam, name)
            if stored and found[name] == stored.replace(second=0, microsecond=0):
                found[name] = stored
        return found


class GuardForm(SettingsForm):
    part = "guard"
    password = forms.CharField(
        label=gettext_lazy("考试密码"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("在考场宣布；不填则不需要。"),
    )
    away_allowed = forms.IntegerField(
        label=gettext_lazy("允许离开次数"),
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("离开考试页面 3 秒以上计一次，考生看得到次数。"),
    )
    away_action = forms.ChoiceField(
        label=gettext_lazy("离开页面"),
        choices=Exam.AwayAction.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("来电、扫码、切换输入法也会被计入，建议只记录；自动交卷可由监考恢复。"),
    )
    watermark = forms.BooleanField(label=gettext_lazy("题目上显示考生姓名和学号水印"), required=False)


class ReleaseForm(SettingsForm):
    part = "release"
    score_release = forms.ChoiceField(
        label=gettext_lazy("公布成绩"), choices=Exam.ReleasePolicy.choices, widget=forms.RadioSelect
    )
    answer_release = forms.ChoiceField(
        label=gettext_lazy("公布答案与解析"), choices=Exam.ReleasePolicy.choices, widget=forms.RadioSelect
    )
    pass_percent = forms.DecimalField(
        label=gettext_lazy("及格线（%）"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    bands_text = forms.CharField(
        label=gettext_lazy("等级"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行一个：起点百分数和名称，例如“90 优秀”。"),
    )
    pass_text = forms.CharField(
        label=gettext_lazy("及格时的话"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    fail_text = forms.CharField(
        label=gettext_lazy("不及格时的话"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    @classmethod
    def initial_of(cls, exam: Exam) -> dict[str, Any]:
        lines = [f"{band['from']} {band['name']}" for band in exam.bands]
        return {**super().initial_of(exam), "bands_text": "\n".join(lines)}

    def clean_bands_text(self) -> list[dict[str, str]]:
        bands: list[dict[str, str]] = []
        for line in str(self.cleaned_data["bands_text"]).splitlines():
            start, _space, name = line.strip().partition(" ")
            if not start:
                continue
            try:
                percent = Decimal(start.rstrip("%％"))
            except InvalidOperation:
                raise forms.ValidationError(_("“%(line)s”：行首应是百分数。") % {"line": line}) from None
            if not 0 <= percent <= 100 or not name.strip():
                raise forms.ValidationError(
                    _("“%(line)s”：应为 0 到 100 的百分数、空格和名称。") % {"line": line}
                )
            bands.append({"from": str(percent), "name": name.strip()[:40]})
        if len({Decimal(band["from"]) for band in bands}) != len(bands):
            raise forms.ValidationError(_("等级的起点不能相同。"))
        return sorted(bands, key=lambda band: -Decimal(band["from"]))

    def changes(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["bands"] = found.pop("bands_text")
        return found


SETTINGS_FORMS: Mapping[str, type[SettingsForm]] = {
    form.part: form for form in (BasicsForm, TimeForm, GuardForm, ReleaseForm)
}


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


class AdmitUnitsForm(forms.Form):
    units = forms.ModelMultipleChoiceField(label=gettext_lazy("党组织"), queryset=Unit.objects.none())
    person_statuses = forms.MultipleChoiceField(
        label=gettext_lazy("人员状态"),
        choices=PersonStatus.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("一个都不选就是全部。"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, Action.EXAM_BUILD).open_on(timezone.localdate())
        self.fields["units"].queryset = units  # type: ignore[attr-defined]  # a ModelMultipleChoiceField


class NumbersForm(forms.Form):
    numbers = forms.CharField(
        label=gettext_lazy("学号/工号"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("每行一个，也可以用空格或逗号隔开；从表格里复制一列即可。"),
    )
    file = forms.FileField(
        label=gettext_lazy("或上传 CSV / 文本文件"),
        required=False,
        help_text=gettext_lazy("取每行的第一列。"),
    )

    MOST_BYTES = 1024 * 1024

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > self.MOST_BYTES:
            raise forms.ValidationError(_("文件不能大于 1 MB。"))
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("numbers") and not data.get("file"):
            raise forms.ValidationError(_("请粘贴号码，或选择一个文件。"))
        return data


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

    def __init__(self, data: Any = None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.fields["minutes"].required = initial["act"] == "extend"


class MarkForm(forms.Form):
    value = forms.DecimalField(label=gettext_lazy("分数"), min_value=0, max_digits=6, decimal_places=2)
    comment = forms.CharField(
        label=gettext_lazy("评语"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen_mark = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

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
        label=gettext_lazy("公布什么"), choices=Release.What.choices, widget=forms.CheckboxSelectMultiple
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

    def from_when(self, now: datetime) -> datetime:
        at: datetime | None = self.cleaned_data["at"]
        return max(at, now) if at else now
