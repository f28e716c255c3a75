"""The question editor's form: simple fields by Django, the rows of options, blanks and pairs read by hand.

A row is told by its token (an option's id, or "new…" for one just added), so that keys and pins survive moving rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from question_bank.engine.kinds import Kind, MatchRule, MultipleRule, OrderRule
from question_bank.questions.content import Placement, QuestionContent, new_ids
from question_bank.questions.models import Bank, Chapter, KnowledgePoint, Question, QuestionVersion
from question_bank.questions.sanitise import from_typed, to_typed
from question_bank.questions.services.knowledge_points import NAME_LENGTH, ensure_points

CHOICE_KINDS = (Kind.SINGLE, Kind.MULTIPLE, Kind.ORDER)
EMPTY_ROWS = 4
MAX_ROWS = 26
SEPARATORS = "；;，,、\n"

MULTIPLE_RULES = [
    ("", _("默认（少选按比例，错选不得分）")),
    (MultipleRule.EXACT, _("全对才得分")),
    (MultipleRule.HALF, _("少选得一半，错选不得分")),
    (MultipleRule.PROPORTIONAL, _("少选按比例，错选不得分")),
    (MultipleRule.PER_OPTION, _("每选对一项得固定分，错选不得分")),
    (MultipleRule.NET, _("选对得分，选错扣分，不低于 0")),
    (MultipleRule.COVERAGE, _("按选对与选错的比例")),
    (MultipleRule.EACH, _("每一选项单独判断")),
]
ORDER_RULES = [("", _("顺序全对才得分")), (OrderRule.ADJACENT, _("按相邻两项的顺序给分"))]
MATCH_RULES = [("", _("每配对一组得相应分")), (MatchRule.EXACT, _("全部配对才得分"))]


@dataclass(frozen=True)
class Row:
    """One option, left side, pair or blank as typed."""

    token: str
    text: str = ""
    right: str = ""
    pinned: bool = False
    right_token: str = ""


@dataclass(frozen=True)
class Typed:
    """Everything of the rows; `key` are tokens of right options, "true"/"false", or nothing."""

    rows: tuple[Row, ...] = ()
    key: tuple[str, ...] = ()
    reference: str = ""


class QuestionForm(forms.Form):
    stem = forms.CharField(label=_("题干"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    explanation = forms.CharField(label=_("解析"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    citation = forms.CharField(
        label=_("依据"),
        required=False,
        max_length=500,
        help_text=_("文件与条款，例如“《中国共产党章程》第三条”。"),
    )
    chapter = forms.ModelChoiceField(
        label=_("章节"), queryset=Chapter.objects.none(), required=False, empty_label=_("不分章节")
    )
    knowledge_points = forms.ModelMultipleChoiceField(
        label=_("知识点"),
        queryset=KnowledgePoint.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    new_points = forms.CharField(
        label=_("新知识点"), required=False, max_length=400, help_text=_("多个之间用顿号分隔。")
    )
    difficulty = forms.TypedChoiceField(
        label=_("难度"), choices=Question.Difficulty.choices, coerce=int, initial=Question.Difficulty.MIDDLE
    )
    tags = forms.CharField(
        label=_("标签"), required=False, max_length=400, help_text=_("多个之间用顿号分隔。")
    )
    valid_until_date = forms.DateField(
        label=_("有效期至"),
        required=False,
        widget=AdminDateInput,
        help_text=_("内容可能随文件修订而变化时填写；过期后请复核。"),
    )
    change_note = forms.CharField(label=_("修改说明"), required=False, max_length=200)
    base_no = forms.IntegerField(required=False, widget=forms.HiddenInput)
    multiple = forms.ChoiceField(label=_("少选、错选的计分"), choices=MULTIPLE_RULES, required=False)
    per_option_mark = forms.CharField(label=_("每个正确选项的分值"), required=False, max_length=8)
    order = forms.ChoiceField(label=_("计分"), choices=ORDER_RULES, required=False)
    match = forms.ChoiceField(label=_("计分"), choices=MATCH_RULES, required=False)
    any_order = forms.BooleanField(label=_("各空的答案可以互换次序"), required=False)
    case = forms.BooleanField(label=_("区分英文大小写"), required=False)
    blank_marks = forms.CharField(
        label=_("各空的分值比例"),
        required=False,
        max_length=100,
        help_text=_("例如“1、1、2”；不填则各空相同。"),
    )

    RULES: Mapping[str, tuple[str, ...]] = {
        Kind.MULTIPLE: ("multiple", "per_option_mark"),
        Kind.ORDER: ("order",),
        Kind.MATCH: ("match",),
        Kind.FILL: ("any_order", "case", "blank_marks"),
    }

    def __init__(
        self, *args: Any, kind: str, bank: Bank, version: QuestionVersion | None = None, **kwargs: Any
    ) -> None:
        if version is not None:
            kwargs["initial"] = initial_of(version)
        super().__init__(*args, **kwargs)
        self.kind = Kind(kind)
        self.bank = bank
        for names in self.RULES.values():
            for name in names:
                if name not in self.RULES.get(self.kind, ()):
                    del self.fields[name]
        self.fields["chapter"].queryset = Chapter.objects.filter(bank=bank).order_by("full_name")  # type: ignore[attr-defined]
        points = KnowledgePoint.objects.filter(bank=bank).order_by("name")
        self.fields["knowledge_points"].queryset = points  # type: ignore[attr-defined]
        if version is None:
            del self.fields["change_note"]
        self.typed = read_rows(cast(QueryDict, self.data)) if self.is_bound else rows_of(version, self.kind)

    @property
    def rule_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.RULES.get(self.kind, ())]

    def content(self) -> QuestionContent:
        """The content as typed, sound or not; call after `is_valid`."""
        data = self.cleaned_data
        body, key = body_and_key(self.kind, self.typed)
        rule: dict[str, Any] = {
            name: data.get(name) for name in self.RULES.get(self.kind, ()) if data.get(name)
        }
        if marks := rule.pop("blank_marks", ""):
            rule["blank_marks"] = split_values(marks)
        if rule.get("multiple") != MultipleRule.PER_OPTION:
            rule.pop("per_option_mark", None)
        return QuestionContent(
            kind=self.kind.value,
            stem=from_typed(data.get("stem", "")),
            body=body,
            key=key,
            rule=rule,
            explanation=from_typed(data.get("explanation", "")),
            citation=data.get("citation", ""),
        )

    def placement(self) -> Placement:
        """Where the question goes; makes the new knowledge points that were named."""
        data = self.cleaned_data
        fresh = (
            ensure_points(bank=self.bank, names=split_words(data["new_points"])) if data["new_points"] else {}
        )
        points = {point.pk: point for point in [*data["knowledge_points"], *fresh.values()]}
        return Placement(
            chapter=data["chapter"],
            knowledge_points=tuple(points.values()),
            difficulty=data["difficulty"],
            tags=tuple(word[:NAME_LENGTH] for word in split_words(data["tags"])),
            valid_until_date=data["valid_until_date"],
        )


def initial_of(version: QuestionVersion) -> dict[str, Any]:
    question = version.question
    rule: dict[str, Any] = version.rule | {"blank_marks": "、".join(version.rule.get("blank_marks", ()))}
    return rule | {
        "stem": to_typed(version.stem),
        "explanation": to_typed(version.explanation),
        "citation": version.citation,
        "chapter": question.chapter_id,
        "knowledge_points": list(question.knowledge_points.values_list("pk", flat=True)),
        "difficulty": question.difficulty,
        "tags": "、".join(question.tags),
        "valid_until_date": question.valid_until_date,
        "base_no": version.no,
    }


def split_words(text: str) -> list[str]:
    """The words of a list typed with any of the usual marks between them, each once."""
    return list(dict.fromkeys(split_values(text)))


def split_values(text: str) -> list[str]:
    """The values of a list typed with any of the usual marks between them, as often as they stand there."""
    for mark in SEPARATORS:
        text = text.replace(mark, "\n")
    return [word.strip() for word in text.split("\n") if word.strip()]


def read_rows(data: QueryDict) -> Typed:
    """The rows of a POST; rows without any text are left out."""
    tokens, texts = data.getlist("row")[:MAX_ROWS], data.getlist("row_text")
    rights, right_tokens = data.getlist("row_right"), data.getlist("row_right_id")
    pinned = set(data.getlist("pinned"))

    def at(values: list[str], index: int) -> str:
        return values[index] if index < len(values) else ""

    rows = [
        Row(token, at(texts, index), at(rights, index), token in pinned, at(right_tokens, index))
        for index, token in enumerate(tokens)
    ]
    kept = tuple(row for row in rows if row.text.strip() or row.right.strip())
    return Typed(kept, tuple(data.getlist("key")), data.get("reference", ""))


def rows_of(version: QuestionVersion | None, kind: Kind) -> Typed:
    """The rows as the editor shows a saved version (an order in its right order), or empty ones."""
    if version is None:
        if kind in (*CHOICE_KINDS, Kind.MATCH, Kind.FILL):
            return Typed(
                tuple(Row(f"new{number}") for number in range(1 if kind == Kind.FILL else EMPTY_ROWS))
            )
        return Typed()
    options = {choice["id"]: choice for choice in version.body.get("options", ())}
    key: Any = version.key
    match kind:
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            names = key if kind == Kind.ORDER else options
            rows = [
                Row(n, to_typed(options[n]["text"]), pinned=bool(options[n].get("pinned"))) for n in names
            ]
            return Typed(tuple(rows), (key,) if isinstance(key, str) else tuple(key))
        case Kind.TRUE_FALSE:
            return Typed(key=("true" if key else "false",))
        case Kind.FILL:
            return Typed(tuple(Row(f"blank{at}", " | ".join(texts)) for at, texts in enumerate(key)))
        case Kind.MATCH:
            left = {side["id"]: to_typed(side["text"]) for side in version.body.get("left", ())}
            rows = [
                Row(n, text, to_typed(options[key[n]]["text"]), right_token=key[n])
                for n, text in left.items()
            ]
            spare = [name for name in options if name not in key.values()]
            rows += [
                Row("new-" + name, "", to_typed(options[name]["text"]), right_token=name) for name in spare
            ]
            return Typed(tuple(rows))
        case _:
            return Typed(reference=key.get("text", "") if isinstance(key, dict) else key or "")


def body_and_key(kind: Kind, typed: Typed) -> tuple[dict[str, Any], Any]:
    """Body and key as the rows say; ids of new rows are made here, those of kept rows stay."""
    fresh = iter(new_ids(2 * len(typed.rows)))

    def name(token: str) -> str:
        return token if token and not token.startswith(("new", "blank")) else next(fresh)

    match kind:
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            ids = {row.token: name(row.token) for row in typed.rows}
            options = [
                {
                    "id": ids[row.token],
                    "text": from_typed(row.text),
                    "pinned": kind != Kind.ORDER and row.pinned,
                }
                for row in typed.rows
            ]
            chosen = [ids[token] for token in ids if token in typed.key]
            if kind == Kind.ORDER:
                return {"options": options}, list(ids.values())
            if kind == Kind.SINGLE:
                return {"options": options}, chosen[0] if len(chosen) == 1 else chosen or None
            return {"options": options}, chosen
        case Kind.TRUE_FALSE:
            return {}, {"true": True, "false": False}.get(typed.key[0] if typed.key else "")
        case Kind.FILL:
            key = [[part.strip() for part in row.text.replace("｜", "|").split("|")] for row in typed.rows]
            return {"blanks": len(key)}, key
        case Kind.MATCH:
            left, right, pairs = [], [], {}
            for row in typed.rows:
                right_id = name(row.right_token)
                right.append({"id": right_id, "text": from_typed(row.right), "pinned": False})
                if row.text.strip():
                    left_id = name(row.token)
                    left.append({"id": left_id, "text": from_typed(row.text)})
                    pairs[left_id] = right_id
            return {"left": left, "options": right}, pairs
        case _:
            return {}, {"text": typed.reference.strip()} if typed.reference.strip() else None
