"""Forms of the organisers' screens of classes. Querysets are narrowed to the person's scope."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.classes.planning import RULE_FIELDS
from courses.models import ClassPlan
from learning.organisation.admin.choices import UnitField
from learning.organisation.models import TrainingClass, Unit, User
from learning.organisation.models.units import paths_above
from learning.organisation.permissions import Action, units_allowing
from learning.study.models import Activity
from question_bank.exams.models import Exam
from question_bank.exams.organising.settings_forms import LocalDateTime


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ClassForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    code = forms.CharField(
        label=gettext_lazy("期次"), max_length=40, help_text=gettext_lazy("例如 2026-1，不能重复。")
    )
    owner_unit = UnitField(
        label=gettext_lazy("所属党组织"),
        queryset=Unit.objects.none(),
        help_text=gettext_lazy("这个党组织及其上级的工作人员可以管理这个培训班。"),
    )
    from_date = forms.DateField(label=gettext_lazy("开始日期"), widget=date_input())
    to_date = forms.DateField(
        label=gettext_lazy("结束日期"),
        widget=date_input(),
        help_text=gettext_lazy("含当天。期间完成的学习计入本班学时。"),
    )
    rules = forms.CharField(
        label=gettext_lazy("班级要求"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, Action.CLASS_MANAGE).open_on(timezone.localdate())
        self.fields["owner_unit"].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["owner_unit"].initial = units.first()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("from_date") and data.get("to_date") and data["to_date"] < data["from_date"]:
            self.add_error("to_date", _("结束日期不能早于开始日期。"))
        return data


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]  # no type arguments at run time
    class Meta:
        model = ClassPlan
        fields = RULE_FIELDS

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        weights = [data.get(name) for name in ("w_exam", "w_study", "w_reflection")]
        if None not in weights and sum(each or 0 for each in weights) != 100:
            raise forms.ValidationError(_("三项比例之和必须是 100。"))
        return data


class ItemForm(forms.Form):
    """What every item has; all there is to change of a course (it counts by its lessons) and of hours."""

    required = forms.BooleanField(label=gettext_lazy("必须完成"), required=False, initial=True)
    due_at = LocalDateTime(label=gettext_lazy("应完成时间"), required=False)


class WeighedItemForm(ItemForm):
    """An exam or a reflection."""

    weight = forms.IntegerField(label=gettext_lazy("权重"), min_value=1, max_value=100, initial=1)
    field_order = ("required", "weight", "due_at")


class CourseItemForm(ItemForm):
    activity = forms.ModelChoiceField(label=gettext_lazy("课程"), queryset=Activity.objects.none())

    def __init__(self, *args: Any, user: User, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["activity"].queryset = courses_for(user, training_class)  # type: ignore[attr-defined]


class ExamItemForm(WeighedItemForm):
    exam = forms.ModelChoiceField(
        label=gettext_lazy("考试"),
        queryset=Exam.objects.none(),
        help_text=gettext_lazy("在班学员会自动成为这场考试的考生。"),
    )

    def __init__(self, *args: Any, user: User, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exam"].queryset = exams_for(user, training_class)  # type: ignore[attr-defined]


class ReflectionItemForm(WeighedItemForm):
    title = forms.CharField(label=gettext_lazy("题目"), max_length=120, initial=gettext_lazy("心得体会"))
    prompt = forms.CharField(
        label=gettext_lazy("要求"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    min_chars = forms.IntegerField(
        label=gettext_lazy("至少字数"),
        min_value=0,
        max_value=20_000,
        initial=800,
        help_text=gettext_lazy("不计空格和换行。"),
    )

    def __init__(self, *args: Any, user: User, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class HoursItemForm(forms.Form):
    hours = forms.DecimalField(
        label=gettext_lazy("学时"), min_value=Decimal("0.01"), max_digits=6, decimal_places=2,
        help_text=gettext_lazy("按培训期间完成的学习计算。"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MarkForm(forms.Form):
    mark = forms.DecimalField(
        label=gettext_lazy("评分（0–100）"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    comment = forms.CharField(
        label=gettext_lazy("评语"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("退回的原因"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


def courses_for(user: User, training_class: TrainingClass) -> QuerySet[Activity]:
    """Open courses of the person's scope and of the units above the class."""
    above = paths_above(training_class.owner_unit.path)
    seen = Activity.objects.allowing(user, Action.COURSE_VIEW) | Activity.objects.filter(
        owner_unit__path__in=above
    )
    return seen.courses().filter(is_open=True).order_by("title")  # type: ignore[attr-defined]  # of the same manager


def exams_for(user: User, training_class: TrainingClass) -> QuerySet[Exam]:
    """Exams to which the person may admit people."""
    exams = Exam.objects.allowing(user, Action.EXAM_BUILD).exclude(state=Exam.State.WITHDRAWN)
    return exams.exclude(Q(kind=Exam.Kind.DAILY) | Q(plan_items__training_class=training_class)).order_by(
        "-opens_at"
    )
