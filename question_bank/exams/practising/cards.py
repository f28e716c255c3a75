"""An answered question as a card: own answer, key and why. How a question is asked, and that without its key, is
views.forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from question_bank.engine.fill import right_blanks
from question_bank.engine.kinds import Kind, PaperItem, is_blank
from question_bank.engine.marking import mark
from question_bank.questions.models import QuestionVersion

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TEXTS = (Kind.SHORT, Kind.ESSAY)


@dataclass(frozen=True, slots=True)
class Option:
    """`place` is the member's place in an ordering, `right_place` the key's (from 1, 0 = none)."""

    id: str
    letter: str
    text: str
    chosen: bool = False
    right: bool | None = None
    place: int = 0
    right_place: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A left side of a match with the letters of the member's choice ("" = none) and of the right one."""

    text: str
    chosen: str
    right: str


@dataclass(frozen=True, slots=True)
class Blank:
    """`right` is None where the blanks may be filled in any order: only the whole is judged."""

    n: int
    typed: str
    accepted: str
    right: bool | None


@dataclass(frozen=True, slots=True)
class Card:
    """`correct` is None where the member judges; `partly` says that some of it was right. Only one of options
    (with pairs), blanks and text is filled, by kind."""

    kind: str
    kind_label: str
    stem: str
    correct: bool | None
    partly: bool
    blank: bool
    explanation: str
    citation: str
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    blanks: tuple[Blank, ...] = ()
    text: str = ""
    reference: str = ""


def item_of(version: QuestionVersion) -> PaperItem:
    """The version as a slot of its own, options in the author's order: to show an answer, never to ask."""
    body = version.body
    return PaperItem(
        version=version.pk,
        kind=Kind(version.kind),
        max_mark=Decimal("1.00"),
        options=tuple(option["id"] for option in body.get("options", ())),
        left=tuple(left["id"] for left in body.get("left", ())),
        blanks=body.get("blanks", 0),
    )


def judged(item: PaperItem, version: QuestionVersion, answer: Any, correct: bool | None) -> Card:
    """The card of an answer, None if it was left blank; `correct` as it was kept."""
    key = version.key
    partly = False
    if correct is False and not is_blank(answer):
        marked = mark(item.kind, key, version.rule, answer, item.max_mark, option_count=len(item.options))
        partly = bool(marked.mark)
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    blanks: tuple[Blank, ...] = ()
    match item.kind:
        case Kind.SINGLE | Kind.MULTIPLE:
            options = _choices(item, version, answer)
        case Kind.TRUE_FALSE:
            options = tuple(
                Option(name, "", word, chosen=answer is value, right=key is value)
                for name, value, word in (("true", True, _("正确")), ("false", False, _("错误")))
            )
        case Kind.ORDER:
            options = _steps(item, version, answer)
        case Kind.MATCH:
            options = _choices(item, version, None)
            pairs = _pairs(item, version, answer, options)
        case Kind.FILL:
            blanks = _blanks(item, version, answer)
    text = item.kind in TEXTS
    return Card(
        kind=item.kind.value,
        kind_label=version.get_kind_display(),
        stem=version.stem,
        correct=correct,
        partly=partly,
        blank=is_blank(answer),
        explanation=version.explanation,
        citation=version.citation,
        options=options,
        pairs=pairs,
        blanks=blanks,
        text=answer if text and isinstance(answer, str) else "",
        reference=key.get("text", "") if text and isinstance(key, dict) else "",
    )


def letter_of(position: int) -> str:
    """A, B, C … and numbers after Z; `position` from 0."""
    return LETTERS[position] if position < len(LETTERS) else str(position + 1)


def _texts(version: QuestionVersion, side: str) -> dict[str, str]:
    return {choice["id"]: choice["text"] for choice in version.body.get(side, ())}


def _choices(item: PaperItem, version: QuestionVersion, answer: Any) -> tuple[Option, ...]:
    texts = _texts(version, "options")
    chosen = {answer} if isinstance(answer, str) else set(answer or ())
    key = {version.key} if isinstance(version.key, str) else set(version.key or ())
    return tuple(
        Option(name, letter_of(at), texts[name], chosen=name in chosen, right=name in key)
        for at, name in enumerate(item.options)
        if name in texts
    )


def _steps(item: PaperItem, version: QuestionVersion, answer: Any) -> tuple[Option, ...]:
    """In the right order."""
    texts = _texts(version, "options")
    own = {name: at for at, name in enumerate(answer or (), start=1)}
    return tuple(
        Option(
            name,
            str(at),
            texts[name],
            right=own.get(name) == at,
            place=own.get(name, 0),
            right_place=at,
        )
        for at, name in enumerate(version.key or (), start=1)
        if name in texts
    )


def _pairs(
    item: PaperItem, version: QuestionVersion, answer: Any, options: Sequence[Option]
) -> tuple[Pair, ...]:
    texts, own, key = _texts(version, "left"), answer or {}, version.key or {}
    letters = {option.id: option.letter for option in options}
    return tuple(
        Pair(texts[left], letters.get(own.get(left, ""), ""), letters.get(key.get(left, ""), ""))
        for left in item.left
        if left in texts
    )


def _blanks(item: PaperItem, version: QuestionVersion, answer: Any) -> tuple[Blank, ...]:
    rule, key = version.rule, version.key or []
    typed = [*(answer or ()), *[""] * len(key)][: len(key)]
    any_order = bool(rule.get("any_order"))
    right = right_blanks(
        key, typed, [Decimal(1)] * len(key), any_order=any_order, keep_case=bool(rule.get("case"))
    )
    return tuple(
        Blank(n, text, _(" 或 ").join(accepted), None if any_order else (n - 1) in right)
        for n, (text, accepted) in enumerate(zip(typed, key, strict=True), start=1)
    )
