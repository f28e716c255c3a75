"""The form that puts a question right: which remedy, whether anybody may lose by it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from question_bank.engine.kinds import Kind, needs_human
from question_bank.exams.models import Exam, RegradeRun
from question_bank.exams.regrading import fits
from question_bank.questions.models import QuestionVersion

Remedy = RegradeRun.Remedy


class RegradeForm(forms.Form):
    remedy = forms.ChoiceField(label=gettext_lazy("处理办法"), widget=forms.RadioSelect)
    corrected = forms.TypedChoiceField(
        label=gettext_lazy("改正后的版本"), required=False, coerce=int, empty_value=None
    )
    only_up = forms.BooleanField(
        label=gettext_lazy("只升不降"),
        required=False,
        help_text=gettext_lazy("勾选后，按新的答案得分会下降的人保持原来的得分。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("写入审计记录和每份答卷的经过。")
    )

    def __init__(
        self,
        data: Any = None,
        *,
        version: QuestionVersion,
        versions: Sequence[tuple[int, str]],
        standing: Mapping[str, Any],
    ) -> None:
        """`versions`: (id, words) of those whose key fits; `standing`: the question's entry in Exam.corrections."""
        super().__init__(data, initial={"corrected": versions[0][0] if versions else None})
        remedies = [Remedy.KEY] if versions else []
        if not standing.get("void"):
            remedies.append(Remedy.VOID)
        if standing and not needs_human(Kind(version.kind)):
            remedies.append(Remedy.UNDO)
        self.fields["remedy"].choices = [(each.value, each.label) for each in remedies]  # type: ignore[attr-defined]
        self.fields["corrected"].choices = versions  # type: ignore[attr-defined]  # both are choice fields
        if not versions:
            del self.fields["corrected"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("remedy") == Remedy.KEY and not data.get("corrected"):
            self.add_error("corrected", _("请选择改正后的版本。"))
        if data.get("remedy") != Remedy.KEY:
            data["corrected"] = None
        return data


def fitting_versions(version: QuestionVersion) -> list[QuestionVersion]:
    """The question's other versions that were ready once and whose key can mark the answers given, newest first."""
    others = QuestionVersion.objects.filter(question=version.question_id).exclude(
        status=QuestionVersion.Status.DRAFT
    )
    return [each for each in others.exclude(pk=version.pk).order_by("-no") if fits(version, each)]


def standing_words(exam: Exam, version: QuestionVersion, numbers: Mapping[int, int]) -> str:
    """How the question is marked now, "" as published; `numbers` by version id."""
    standing = exam.corrections.get(str(version.pk), {})
    if standing.get("void"):
        return _("已作废，人人满分")
    if "version" in standing:
        return _("按第 %(no)s 版的答案") % {"no": numbers.get(standing["version"], "?")}
    return ""
