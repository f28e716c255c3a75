"""A question as a plain HTML form, without any script: its fields with their values, and the answer read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from question_bank.engine.kinds import MAX_ESSAY_CHARS, MAX_SHORT_CHARS, Answer, Kind
from question_bank.questions.models import QuestionVersion


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: its text as HTML and as words, and whether it is chosen."""

    id: str
    html: SafeString
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of several (a blank, a step to place, a left side): `value` as it stands in the form."""

    name: str
    label: SafeString
    value: str


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """`items` is the slot as `papers.shown_items` gives it."""

    kind: str
    kind_label: str | Promise
    max_mark: str
    stem: SafeString
    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()
    text: str = ""
    longest: int = 0


class Incomplete(ValueError):
    """The fields do not make an answer; the message says what is missing."""


INCOMPLETE_ORDER = _("请给每一项选一个不同的位置。")


def form_question(item: Mapping[str, Any], answer: Any) -> FormQuestion:
    """The slot with this answer in its fields."""
    kind = Kind(item["kind"])
    chosen: Sequence[str] = (
        [answer] if kind is Kind.SINGLE and answer else answer or [] if kind is Kind.MULTIPLE else []
    )
    choices = tuple(
        Choice(each["id"], html(each["text"]), words(each["text"]), each["id"] in chosen)
        for each in item["options"]
    )
    if kind is Kind.TRUE_FALSE:
        choices = (
            Choice("true", SafeString(""), str(_("正确")), answer is True),
            Choice("false", SafeString(""), str(_("错误")), answer is False),
        )
    return FormQuestion(
        kind=kind.value,
        kind_label=QuestionVersion.Kind(kind.value).label,
        max_mark=item["max_mark"],
        stem=html(item["stem"]),
        choices=choices,
        fields=_fields(kind, item, answer),
        text=answer or "" if kind in (Kind.SHORT, Kind.ESSAY) else "",
        longest=MAX_ESSAY_CHARS if kind is Kind.ESSAY else MAX_SHORT_CHARS,
    )


def _fields(kind: Kind, item: Mapping[str, Any], answer: Any) -> tuple[Field, ...]:
    match kind:
        case Kind.FILL:
            said = answer or []
            return tuple(
                Field(
                    f"blank_{n}",
                    html(str(_("第 %(n)s 空") % {"n": n})),
                    said[n - 1] if len(said) >= n else "",
                )
                for n in range(1, item["blanks"] + 1)
            )
        case Kind.ORDER:
            places = {option: str(n) for n, option in enumerate(answer or [], start=1)}
            return tuple(
                Field(f"place_{each['id']}", html(each["text"]), places.get(each["id"], ""))
                for each in item["options"]
            )
        case Kind.MATCH:
            pairs = answer or {}
            return tuple(
                Field(f"match_{each['id']}", html(each["text"]), pairs.get(each["id"], ""))
                for each in item["left"]
            )
        case _:
            return ()


def answer_from(item: Mapping[str, Any], form: QueryDict) -> Answer:
    """What the form says, in the API's shape; an empty value of its kind (never null) where nothing was said. Raises
    Incomplete."""
    match Kind(item["kind"]):
        case Kind.SINGLE:
            return form.get("answer", "")
        case Kind.MULTIPLE:
            return form.getlist("answer")
        case Kind.TRUE_FALSE:
            return {"true": True, "false": False}.get(form.get("answer", ""), "")
        case Kind.FILL:
            return [form.get(f"blank_{n}", "") for n in range(1, item["blanks"] + 1)]
        case Kind.SHORT | Kind.ESSAY:
            return form.get("text", "").replace("\r\n", "\n")
        case Kind.ORDER:
            return _order(item, form)
        case Kind.MATCH:
            pairs = {left["id"]: form.get(f"match_{left['id']}", "") for left in item["left"]}
            return {left: right for left, right in pairs.items() if right}


def _order(item: Mapping[str, Any], form: QueryDict) -> list[str]:
    places = {each["id"]: form.get(f"place_{each['id']}", "") for each in item["options"]}
    if not any(places.values()):
        return []
    if sorted(places.values(), key=str) != sorted(str(n) for n in range(1, len(places) + 1)):
        raise Incomplete(INCOMPLETE_ORDER)
    return sorted(places, key=lambda option: int(places[option]))


def as_typed(item: Mapping[str, Any], form: QueryDict) -> FormQuestion:
    """The slot with its fields as they came, good or not: nothing typed is ever lost."""
    try:
        return form_question(item, answer_from(item, form))
    except Incomplete:
        empty = form_question(item, None)
        fields = tuple(Field(each.name, each.label, form.get(each.name, "")) for each in empty.fields)
        return FormQuestion(
            empty.kind,
            empty.kind_label,
            empty.max_mark,
            empty.stem,
            empty.choices,
            fields,
            longest=empty.longest,
        )


def html(sanitised: str) -> SafeString:
    """Stems and options were sanitised when they were saved."""
    return mark_safe(sanitised)


def words(sanitised: str) -> str:
    return " ".join(strip_tags(sanitised).split())
