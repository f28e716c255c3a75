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


@dataclass(frozen=True, slots=True)
class Option:
    """`right` is None while the question is asked; `place` is the member's place in an ordering,
    `right_place` the key's (both from 1, 0 = none)."""

    id: str
    letter: str
    text: str
    chosen: bool = False
    right: bool | None = None
    place: int = 0
    right_place: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A left side of a match with the letter the member gave it, and the right one's once judged."""

    id: str
    text: str
    chosen: str = ""
    chosen_letter: str = ""
    right_letter: str = ""


@dataclass(frozen=True, slots=True)
class Blank:
    """`accepted` and `right` only once judged."""

    n: int
    typed: str = ""
    accepted: str = ""
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What only an answered card has. `correct` is None where the member judges; `partly` says that some of
    it was right."""

    correct: bool | None
    partly: bool
    blank: bool
    reference: str
    explanation: str
    citation: str


@dataclass(frozen=True, slots=True)
class Card:
    version_id: int
    kind: str
    kind_label: str
    stem: str
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    blanks: tuple[Blank, ...] = ()
    text: str = ""
    verdict: Verdict | None = None


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
    """The card with the answer, the key and why; `correct` as it was kept."""
    key, rule = version.key, version.rule
    partly = False
    if not correct and correct is not None and not is_blank(answer):
        marked = mark(item.kind, key, rule, answer, item.max_mark, option_count=len(item.options))
        partly = bool(marked.mark)
    reference = key.get("text", "") if isinstance(key, dict) and item.kind in _TEXTS else ""
    verdict = Verdict(correct, partly, is_blank(answer), reference, version.explanation, version.citation)
    return _card(item, version, answer, verdict)


_TEXTS = (Kind.SHORT, Kind.ESSAY)


def _card(item: PaperItem, version: QuestionVersion, given: Any, verdict: Verdict | None) -> Card:
    show_key = verdict is not None
    options: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    blanks: tuple[Blank, ...] = ()
    match item.kind:
        case Kind.SINGLE | Kind.MULTIPLE:
            options = _choices(item, version, given, show_key=show_key)
        case Kind.TRUE_FALSE:
            options = tuple(
                Option(name, "", word, given is value, (version.key is value) if show_key else None)
                for name, value, word in (("true", True, _("正确")), ("false", False, _("错误")))
            )
        case Kind.ORDER:
            options = _steps(item, version, given, show_key=show_key)
        case Kind.MATCH:
            options = _choices(item, version, None, show_key=False)
            pairs = _pairs(item, version, given, options, show_key=show_key)
        case Kind.FILL:
            blanks = _blanks(item, version, given, show_key=show_key)
    return Card(
        version_id=version.pk,
        kind=item.kind.value,
        kind_label=version.get_kind_display(),
        stem=version.stem,
        options=options,
        pairs=pairs,
        blanks=blanks,
        text=given if isinstance(given, str) and item.kind in _TEXTS else "",
        verdict=verdict,
    )


def letter_of(position: int) -> str:
    """A, B, C … and numbers after Z; `position` from 0."""
    return LETTERS[position] if position < len(LETTERS) else str(position + 1)


def _texts(version: QuestionVersion, side: str) -> dict[str, str]:
    return {choice["id"]: choice["text"] for choice in version.body.get(side, ())}


def _choices(item: PaperItem, version: QuestionVersion, given: Any, *, show_key: bool) -> tuple[Option, ...]:
    texts = _texts(version, "options")
    chosen = {given} if isinstance(given, str) else set(given or ())
    key = (
        {version.key}
        if show_key and isinstance(version.key, str)
        else set(version.key or ())
        if show_key
        else set()
    )
    return tuple(
        Option(name, letter_of(at), texts[name], name in chosen, (name in key) if show_key else None)
        for at, name in enumerate(item.options)
        if name in texts
    )


def _steps(item: PaperItem, version: QuestionVersion, given: Any, *, show_key: bool) -> tuple[Option, ...]:
    texts = _texts(version, "options")
    own = {name: at for at, name in enumerate(given or (), start=1)}
    key = {name: at for at, name in enumerate(version.key or (), start=1)} if show_key else {}
    steps = [
        Option(
            name,
            letter_of(at),
            texts[name],
            place=own.get(name, 0),
            right_place=key.get(name, 0),
            right=(own.get(name) == key.get(name)) if show_key else None,
        )
        for at, name in enumerate(item.options)
        if name in texts
    ]
    return tuple(sorted(steps, key=lambda step: step.right_place) if show_key else steps)


def _pairs(
    item: PaperItem, version: QuestionVersion, given: Any, options: Sequence[Option], *, show_key: bool
) -> tuple[Pair, ...]:
    texts, given = _texts(version, "left"), given or {}
    letters = {option.id: option.letter for option in options}
    key = (version.key or {}) if show_key else {}
    return tuple(
        Pair(
            left,
            texts[left],
            given.get(left, ""),
            letters.get(given.get(left, ""), ""),
            letters.get(key.get(left, ""), ""),
        )
        for left in item.left
        if left in texts
    )


def _blanks(item: PaperItem, version: QuestionVersion, given: Any, *, show_key: bool) -> tuple[Blank, ...]:
    typed = [*(given or ()), *[""] * item.blanks][: item.blanks]
    if not show_key:
        return tuple(Blank(n, text) for n, text in enumerate(typed, start=1))
    rule, key = version.rule, version.key or []
    any_order = bool(rule.get("any_order"))
    right = right_blanks(
        key, typed, [Decimal(1)] * len(key), any_order=any_order, keep_case=bool(rule.get("case"))
    )
    return tuple(
        Blank(
            n,
            text,
            accepted=_(" 或 ").join(accepted),
            # In any order a text does not belong to one blank, so only the whole is judged.
            right=None if any_order else (n - 1) in right,
        )
        for n, (text, accepted) in enumerate(zip(typed, key, strict=False), start=1)
    )
