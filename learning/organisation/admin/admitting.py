"""Taking people into something, an exam or a class: by units with person statuses, or by their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.organisation.models import Membership, PersonStatus, Unit, User
from learning.organisation.permissions import Action, any_path, units_allowing

MOST_BYTES = 1024 * 1024
MOST_NUMBERS = 20_000
DEEPEST_INDENT = 5
SEPARATORS = re.compile(r"[\s,;，；、]+")


class AdmitUnitsForm(forms.Form):
    """Units on which the person may do the action."""

    units = forms.ModelMultipleChoiceField(label=gettext_lazy("党组织"), queryset=Unit.objects.none())
    person_statuses = forms.MultipleChoiceField(
        label=gettext_lazy("人员状态"),
        choices=PersonStatus.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("一个都不选就是全部。"),
    )

    def __init__(self, *args: Any, user: User, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_allowing(user, action).open_on(timezone.localdate())
        self.fields["units"].queryset = units  # type: ignore[attr-defined]  # a ModelMultipleChoiceField

    def tree(self) -> list[dict[str, Any]]:
        """Every unit to tick, with its level below the highest one and whether it was ticked."""
        units = list(self.fields["units"].queryset)  # type: ignore[attr-defined]  # as above
        top = min((unit.depth for unit in units), default=1)
        ticked = {str(value) for value in self["units"].value() or ()}
        return [
            {"unit": unit, "level": min(unit.depth - top, DEEPEST_INDENT), "chosen": str(unit.pk) in ticked}
            for unit in units
        ]


class NumbersForm(forms.Form):
    """Numbers pasted, or in the first column of a file."""

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

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(_("文件不能大于 1 MB。"))
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("numbers") and not data.get("file"):
            raise forms.ValidationError(_("请粘贴号码，或选择一个文件。"))
        return data

    def listed(self) -> list[str]:
        """The numbers of the text and of the file; of a form that is valid."""
        file = self.cleaned_data["file"]
        more = first_column(file.read()) if file else ""
        return numbers_in(f"{self.cleaned_data['numbers']}\n{more}")


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """What a list of numbers holds: people to admit, numbers of people admitted already, numbers of nobody in the
    scope."""

    new: list[User]
    already: list[str]
    unknown: list[str]


def check_numbers(numbers: Sequence[str], *, people: QuerySet[User], there: Collection[str]) -> NumberCheck:
    """`people` are those the admitting person may admit; whoever is not among them is as unknown as nobody, unless
    their number is one of `there`, the numbers already admitted that this person sees."""
    known = {person.number: person for person in people.filter(number__in=numbers)}
    return NumberCheck(
        [known[number] for number in numbers if number in known and number not in there],
        [number for number in numbers if number in there],
        [number for number in numbers if number not in known and number not in there],
    )


def belonging(
    *, units: Sequence[Unit], person_statuses: Collection[str], day: date
) -> QuerySet[Membership, Membership]:
    """The memberships of active people in these units and all below them on the day, with one of the statuses ([] =
    any). Somebody with two memberships is there twice."""
    rows = Membership.objects.on(day).filter(
        any_path([unit.path for unit in units], "unit__path__startswith"), user__is_active=True
    )
    return rows.filter(person_status__in=person_statuses) if person_statuses else rows


def numbers_in(text: str) -> list[str]:
    """The numbers of a pasted text, each once, in order; at most 20,000."""
    return list(dict.fromkeys(part for part in SEPARATORS.split(text) if part))[:MOST_NUMBERS]


def first_column(content: bytes) -> str:
    """The first column of a CSV or text file, a line each; UTF-8 (with or without BOM) or GB18030."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    cells = (re.split(r"[,;\t，；]", line, maxsplit=1)[0].strip().strip('"') for line in text.splitlines())
    return "\n".join(cell for cell in cells if cell)
