"""The rules of an exam as forms, a form for each section of the builder."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from question_bank.exams.models import Exam

from .seen import exam_digest

MINUTE_S = 60
LONGEST_LIMIT_MIN = 24 * 60
LONGEST_DELAY_MIN = 30 * 24 * 60


class LocalDateTime(forms.DateTimeField):
    """An instant typed in local time; the browser's own picker, which knows no zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)


class SettingsForm(forms.Form):
    """One part of an exam's rules; `cleaned_changes` are fields of Exam."""

    part = ""
    STORED: ClassVar[Mapping[str, str]] = {}  # the field of Exam, where it has another name
    overtaken = False  # somebody else saved meanwhile: the next save is over what is shown now

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

    @classmethod
    def stored_names(cls) -> list[str]:
        """The fields of Exam that this form writes."""
        return [cls.STORED.get(name, name) for name in cls.base_fields]

    @property
    def seen(self) -> str:
        """The digest of what the page showed when the person began; the one sent, or that of the exam now."""
        sent = self.data.get(f"{self.part}-seen") if self.is_bound else None
        return (
            sent if sent is not None and not self.overtaken else exam_digest(self.exam, self.stored_names())
        )

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
    max_attempts = forms.IntegerField(label=gettext_lazy("可考次数"), min_value=1, max_value=999)
    delay_min = forms.IntegerField(
        label=gettext_lazy("两次间隔（分钟）"), min_value=0, max_value=LONGEST_DELAY_MIN, initial=0
    )
    score_policy = forms.ChoiceField(label=gettext_lazy("多次成绩"), choices=Exam.ScorePolicy.choices)

    STORED: ClassVar[Mapping[str, str]] = {
        "limit_min": "limit_s",
        "earliest_submit_min": "earliest_submit_s",
        "delay_min": "delay_s",
    }

    @classmethod
    def initial_of(cls, exam: Exam) -> dict[str, Any]:
        minutes = {name: getattr(exam, field) // MINUTE_S for name, field in cls.STORED.items()}
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
        for name, field in self.STORED.items():
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
        max_value=999,
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
    STORED: ClassVar[Mapping[str, str]] = {"bands_text": "bands"}
    score_release = forms.ChoiceField(
        label=gettext_lazy("公布成绩"), choices=Exam.ReleasePolicy.choices, widget=forms.RadioSelect
    )
    answer_release = forms.ChoiceField(
        label=gettext_lazy("公布答案与解析"),
        choices=Exam.ReleasePolicy.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("作答与对错、评语一并公布。"),
    )
    pass_percent = forms.DecimalField(
        label=gettext_lazy("合格线（%）"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    bands_text = forms.CharField(
        label=gettext_lazy("等级"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行一个：起点百分数和名称，例如“90 优秀”。"),
    )
    pass_text = forms.CharField(
        label=gettext_lazy("合格时的话"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    fail_text = forms.CharField(
        label=gettext_lazy("不合格时的话"), required=False, widget=forms.Textarea(attrs={"rows": 2})
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
