"""Kinds of questions, the slots of a paper, and the JSON shape of an answer.

Knows when an answer is well formed; not when it is right (marking.py), nor whether a question is
(authoring.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

Answer: TypeAlias = str | bool | list[str] | dict[str, str] | None

MAX_FILL_CHARS = 2_000
MAX_SHORT_CHARS = 10_000
MAX_ESSAY_CHARS = 50_000


class Kind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    FILL = "fill"
    SHORT = "short"
    ESSAY = "essay"
    ORDER = "order"
    MATCH = "match"


# A look-up costs a third of Kind("single"), and closing an exam reads half a million slots.
_KIND_OF = {kind.value: kind for kind in Kind}


class MultipleRule(StrEnum):
    """How a partly right choice of several options is paid (TIMING.md 2.5)."""

    EXACT = "exact"
    HALF = "half"
    PROPORTIONAL = "proportional"
    PER_OPTION = "per_option"
    NET = "net"
    COVERAGE = "coverage"
    EACH = "each"


class OrderRule(StrEnum):
    EXACT = "exact"
    ADJACENT = "adjacent"


class MatchRule(StrEnum):
    SHARE = "share"
    EXACT = "exact"


class InvalidAnswer(ValueError):
    """The answer cannot belong to this slot; `code` is one of wrong_shape, unknown_option, duplicate_option,
    wrong_blanks, too_long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PaperItem:
    """One slot of an attempt's paper; enough by itself to judge an answer's shape.

    `options` are the option ids in the order shown (for match: the right side), `left` the left ids of a
    match, `section` counts from 0, `max_mark` is in points.
    """

    version: int
    kind: Kind
    max_mark: Decimal
    section: int = 0
    options: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    blanks: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PaperItem":
        """The slot that `to_json` wrote; KeyError or ValueError where it did not."""
        return cls(
            version=data["v"],
            kind=_KIND_OF[data["k"]],
            max_mark=Decimal(data["m"]),
            section=data["s"],
            options=tuple(data.get("o", ())),
            left=tuple(data.get("l", ())),
            blanks=data.get("b", 0),
        )

    def to_json(self) -> dict[str, Any]:
        """{"v", "k", "s", "o"?, "l"?, "b"?, "m"}: short names, because an attempt stores 50 or more of
        them."""
        data: dict[str, Any] = {"v": self.version, "k": self.kind.value, "s": self.section}
        if self.options:
            data["o"] = list(self.options)
        if self.left:
            data["l"] = list(self.left)
        if self.blanks:
            data["b"] = self.blanks
        data["m"] = str(self.max_mark)
        return data


_FOR_A_PERSON = frozenset({Kind.SHORT, Kind.ESSAY})


def needs_human(kind: Kind) -> bool:
    """Whether an answer of this kind waits for a person's mark."""
    return kind in _FOR_A_PERSON


def is_blank(answer: object) -> bool:
    """Whether nothing was answered: null, or an empty answer."""
    return answer is None or is_empty(answer)


def is_empty(answer: object) -> bool:
    """Whether the answer says nothing without being the explicit clear (null): "", [], {}, only blank texts.

    An empty answer never replaces a stored one: a stale or half-loaded page sends it without its member's
    will.
    """
    if isinstance(answer, str):
        return not answer.strip()
    if isinstance(answer, dict):
        return all(is_blank(value) for value in answer.values())
    if isinstance(answer, list | tuple):
        return all(is_blank(part) for part in answer)
    return False


def validate_answer(item: PaperItem, answer: object) -> Answer:  # noqa: PLR0911 - a table of kinds
    """The answer in its normal form: options of a multiple in the order shown, pairs of a match in the left
    order, texts without characters that no database takes. Null and empty answers of the right type are well
    formed.

    Raises InvalidAnswer.
    """
    if answer is None:
        return None
    match item.kind:
        case Kind.SINGLE:
            return _single(item, answer)
        case Kind.MULTIPLE:
            chosen = _distinct_options(item, answer)
            return [option for option in item.options if option in chosen]
        case Kind.TRUE_FALSE:
            if not isinstance(answer, bool):
                raise InvalidAnswer("wrong_shape")
            return answer
        case Kind.FILL:
            return _fill(item, answer)
        case Kind.SHORT:
            return _text(answer, MAX_SHORT_CHARS)
        case Kind.ESSAY:
            return _text(answer, MAX_ESSAY_CHARS)
        case Kind.ORDER:
            return _distinct_options(item, answer)
        case Kind.MATCH:
            return _match(item, answer)


def _single(item: PaperItem, answer: object) -> str:
    if not isinstance(answer, str):
        raise InvalidAnswer("wrong_shape")
    if answer and answer not in item.options:
        raise InvalidAnswer("unknown_option")
    return answer


def _distinct_options(item: PaperItem, answer: object) -> list[str]:
    if not isinstance(answer, list):
        raise InvalidAnswer("wrong_shape")
    for option in answer:
        if not isinstance(option, str):
            raise InvalidAnswer("wrong_shape")
        if option not in item.options:
            raise InvalidAnswer("unknown_option")
    if len(set(answer)) != len(answer):
        raise InvalidAnswer("duplicate_option")
    return list(answer)


def _fill(item: PaperItem, answer: object) -> list[str]:
    if not isinstance(answer, list):
        raise InvalidAnswer("wrong_shape")
    if answer and len(answer) != item.blanks:
        raise InvalidAnswer("wrong_blanks")
    return [_text(part, MAX_FILL_CHARS) for part in answer]


def _match(item: PaperItem, answer: object) -> dict[str, str]:
    if not isinstance(answer, dict):
        raise InvalidAnswer("wrong_shape")
    for left, right in answer.items():
        if not isinstance(left, str) or not isinstance(right, str):
            raise InvalidAnswer("wrong_shape")
        if left not in item.left or (right and right not in item.options):
            raise InvalidAnswer("unknown_option")
    return {left: answer[left] for left in item.left if answer.get(left)}


def _text(answer: object, limit: int) -> str:
    if not isinstance(answer, str):
        raise InvalidAnswer("wrong_shape")
    text = storable(answer)
    if len(text) > limit:
        raise InvalidAnswer("too_long")
    return text


def storable(text: str) -> str:
    """The text without NUL and lone surrogates: PostgreSQL refuses both, and an essay is not lost for one of
    them."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "ignore").decode()
    return text
