"""A question as the screens show it: to a member (no key at all) or, for organisers, with the key marked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from question_bank.engine.kinds import Kind

from .content import QuestionContent
from .differences import key_text, letter
from .models import QuestionVersion


@dataclass(frozen=True)
class ShownOption:
    id: str
    letter: str
    text: SafeString
    right: bool = False


@dataclass(frozen=True)
class ShownQuestion:
    """`key` and `explanation` are empty unless asked for; texts are HTML that went through the allow-list."""

    kind: str
    kind_label: str | Promise
    stem: SafeString
    options: tuple[ShownOption, ...] = ()
    left: tuple[ShownOption, ...] = ()
    blanks: tuple[int, ...] = ()
    key: str = ""
    explanation: SafeString | str = ""
    citation: str = ""


def as_member_sees(content: QuestionContent) -> ShownQuestion:
    """What a member gets before release: nothing of the key."""
    return _shown(content, right=())


def with_key(content: QuestionContent) -> ShownQuestion:
    """The same with right options marked, the key in words, explanation and citation: for organisers only."""
    key: Any = content.key
    right = [key] if isinstance(key, str) else key if content.kind == Kind.MULTIPLE else ()
    shown = _shown(content, right=right or ())
    return ShownQuestion(
        shown.kind,
        shown.kind_label,
        shown.stem,
        shown.options,
        shown.left,
        shown.blanks,
        key=key_text(content) if key is not None else "",
        explanation=mark_safe(content.explanation),  # through clean_html when it was saved
        citation=content.citation,
    )


def _shown(content: QuestionContent, *, right: Collection[str]) -> ShownQuestion:
    body = content.body
    blanks = body.get("blanks", 0) if content.kind == Kind.FILL else 0
    return ShownQuestion(
        kind=content.kind,
        kind_label=QuestionVersion.Kind(content.kind).label,
        stem=mark_safe(content.stem),  # through clean_html when it was saved
        options=tuple(_choice(at, choice, right) for at, choice in enumerate(body.get("options", ()))),
        left=tuple(_choice(at, choice, ()) for at, choice in enumerate(body.get("left", ()))),
        blanks=tuple(range(1, blanks + 1)),
    )


def _choice(at: int, choice: Any, right: Collection[str]) -> ShownOption:
    text = mark_safe(choice["text"])  # through clean_html when it was saved
    return ShownOption(str(choice["id"]), letter(at), text, choice["id"] in right)
