"""What changed between two contents of a question, field by field and word by word, for people."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from question_bank.engine.kinds import Kind

from .content import QuestionContent
from .sanitise import to_plain

_WORDS = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A run of text that stayed ("same"), went ("gone") or came ("new")."""

    text: str
    state: str


@dataclass(frozen=True)
class Difference:
    """One field that differs; `pieces` tell both texts at once."""

    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


def differences(before: QuestionContent, after: QuestionContent) -> list[Difference]:
    """The fields whose words or key differ, in the order of the editor; empty where both say the same."""
    old, new = _fields(before), _fields(after)
    found = []
    for label in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(label, ""), new.get(label, "")
        if was != now:
            found.append(Difference(label, was, now, pieces(was, now)))
    return found


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Both texts merged, word by word (a Chinese character is a word)."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    found: list[Piece] = []
    for action, i, j, k, m in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if action == "equal":
            found.append(Piece("".join(old[i:j]), "same"))
            continue
        if i < j:
            found.append(Piece("".join(old[i:j]), "gone"))
        if k < m:
            found.append(Piece("".join(new[k:m]), "new"))
    return tuple(found)


def key_text(content: QuestionContent) -> str:
    """The key as a person writes it: letters for options in the order of the body, 对/错, texts of the blanks."""
    letters = {choice["id"]: letter(index) for index, choice in enumerate(content.body.get("options", ()))}
    key: Any = content.key
    match Kind(content.kind):
        case Kind.SINGLE:
            return letters.get(key, "")
        case Kind.MULTIPLE:
            return "".join(sorted(letters.get(name, "") for name in key or ()))
        case Kind.ORDER:
            return " → ".join(letters.get(name, "") for name in key or ())
        case Kind.TRUE_FALSE:
            return _("正确") if key else _("错误")
        case Kind.FILL:
            return "；".join(" / ".join(alternatives) for alternatives in key or ())
        case Kind.MATCH:
            sides = enumerate(content.body.get("left", ()), start=1)
            return "；".join(
                f"{number} — {letters.get((key or {}).get(side['id']), '')}" for number, side in sides
            )
        case _:
            return (key or {}).get("text", "") if isinstance(key, dict) else str(key or "")


def letter(index: int) -> str:
    """A, B … Z, then 27, 28 …: the mark of an option in the author's order."""
    return chr(ord("A") + index) if index < 26 else str(index + 1)


def _fields(content: QuestionContent) -> dict[str, str]:
    fields = {_("题干"): to_plain(content.stem)}
    for index, side in enumerate(content.body.get("left", ()), start=1):
        fields[_("左项 %(number)s") % {"number": index}] = to_plain(side["text"])
    for index, choice in enumerate(content.body.get("options", ())):
        pinned = " " + _("（固定位置）") if choice.get("pinned") else ""
        fields[_("选项 %(letter)s") % {"letter": letter(index)}] = to_plain(choice["text"]) + pinned
    fields[_("答案")] = key_text(content)
    fields[_("计分规则")] = "；".join(f"{name}: {value}" for name, value in sorted(content.rule.items()))
    fields[_("解析")] = to_plain(content.explanation)
    fields[_("依据")] = content.citation
    return fields
