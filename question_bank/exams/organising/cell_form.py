"""The form of a quota cell; its choices follow the bank chosen, and its supply can be told before it is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import User
from learning.organisation.permissions import Action
from question_bank.engine.supply import CellSupply, Shortage
from question_bank.exams.models import Cell, Exam, Section
from question_bank.exams.publishing import parts_of
from question_bank.exams.supply import Chosen, live_supply
from question_bank.questions.models import Bank, Chapter, KnowledgePoint, Question, QuestionVersion

MOST_QUESTIONS = 500  # of one cell


class CellForm(forms.Form):
    bank = forms.ModelChoiceField(label=gettext_lazy("题库"), queryset=Bank.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label=gettext_lazy("题型"), required=False)
    chapters = forms.ModelMultipleChoiceField(
        label=gettext_lazy("章节（含下级）"),
        required=False,
        queryset=Chapter.objects.none(),
        help_text=gettext_lazy("不选就是全部；可多选。"),
    )
    knowledge_points = forms.ModelMultipleChoiceField(
        label=gettext_lazy("知识点"),
        required=False,
        queryset=KnowledgePoint.objects.none(),
        help_text=gettext_lazy("题库里的知识点；不选就是全部；可多选。"),
    )
    difficulty_min = forms.TypedChoiceField(
        label=gettext_lazy("难度从"), coerce=int, choices=Question.Difficulty.choices, initial=1
    )
    difficulty_max = forms.TypedChoiceField(
        label=gettext_lazy("难度到"), coerce=int, choices=Question.Difficulty.choices, initial=5
    )
    tags_text = forms.CharField(
        label=gettext_lazy("标签"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("用逗号隔开，有其中一个即可。"),
    )
    n = forms.IntegerField(label=gettext_lazy("题数"), min_value=1, initial=10)
    mark = forms.DecimalField(
        label=gettext_lazy("每题分值"),
        min_value=Decimal("0.01"),
        max_digits=6,
        decimal_places=2,
        initial=Decimal(2),
    )

    def __init__(self, data: Any = None, *, user: User, cell: Cell | None = None) -> None:
        initial = initial_of(cell) if cell else {}
        super().__init__(data, initial=initial)
        banks = Bank.objects.allowing(user, Action.BANK_VIEW).filter(archived_at=None).order_by("name")
        if cell:
            banks = Bank.objects.filter(pk__in=[*banks.values_list("pk", flat=True), cell.bank_id])
        self.fields["bank"].queryset = banks  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["kind"].choices = [("", _("全部题型")), *QuestionVersion.Kind.choices]  # type: ignore[attr-defined]
        bank = self._chosen_bank(banks, cell)
        if bank is not None:
            chapters = Chapter.objects.filter(bank=bank).order_by("full_name")
            self.fields["chapters"].queryset = chapters  # type: ignore[attr-defined]
            points = KnowledgePoint.objects.filter(bank=bank).order_by("name")
            self.fields["knowledge_points"].queryset = points  # type: ignore[attr-defined]
            if not points.exists():
                self.fields["knowledge_points"].widget = forms.MultipleHiddenInput()
            if not chapters.exists():
                self.fields["chapters"].widget = forms.MultipleHiddenInput()

    def _chosen_bank(self, banks: Any, cell: Cell | None) -> Bank | None:
        wanted = self.data.get("bank", "") if self.is_bound else str(cell.bank_id) if cell else ""
        if wanted.isdecimal() and len(wanted) <= 18:
            chosen: Bank | None = banks.filter(pk=wanted).first()
            return chosen
        first: Bank | None = banks.first()
        return first

    def clean_n(self) -> int:
        n: int = self.cleaned_data["n"]
        if n > MOST_QUESTIONS:
            numbers = {"limit": MOST_QUESTIONS, "n": n}
            raise forms.ValidationError(
                _("一条规则最多抽 %(limit)s 题，这里是 %(n)s 题。要更多，请分成几条规则。") % numbers
            )
        return n

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("difficulty_min", 1) > data.get("difficulty_max", 5):
            self.add_error("difficulty_max", _("难度的上限不能低于下限。"))
        return data

    def fields_of_cell(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["tags"] = tags_of(data.pop("tags_text"))
        return data


def initial_of(cell: Cell) -> dict[str, Any]:
    return {
        "bank": cell.bank_id,
        "kind": cell.kind,
        "chapters": list(cell.chapters.values_list("pk", flat=True)),
        "knowledge_points": list(cell.knowledge_points.values_list("pk", flat=True)),
        "difficulty_min": cell.difficulty_min,
        "difficulty_max": cell.difficulty_max,
        "tags_text": "，".join(cell.tags),
        "n": cell.n,
        "mark": cell.mark,
    }


def tags_of(text: str) -> list[str]:
    parts = [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",")]
    return [part for part in dict.fromkeys(parts) if part]


def supply_while_editing(
    *, exam: Exam, section: Section, cell: Cell | None, form: CellForm
) -> tuple[CellSupply, list[Shortage], list[Cell]]:
    """What the cell of a valid form could draw beside the blueprint's other cells: its own figures, the shortages that
    it takes part in (by index into the cells returned), and all cells in order."""
    fields = form.fields_of_cell()
    parts = parts_of(exam.blueprint_id)
    cells = [each for each in parts.cells if cell is None or each.pk != cell.pk]
    chosen = Chosen(
        tuple(chapter.full_name for chapter in fields.pop("chapters")),
        tuple(point.pk for point in fields.pop("knowledge_points")),
    )
    cells.append(Cell(section=section, order=0, **fields))
    here = len(cells) - 1
    supply = live_supply(
        cells,
        day=timezone.localtime(exam.closes_at).date(),
        fixed_questions=[item.version.question_id for item in parts.fixed],
        chosen={here: chosen},
    )
    return supply.cells[here], [each for each in supply.shortages if here in each.cells], cells
