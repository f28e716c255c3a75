"""Tells the same question again: fingerprints that ignore punctuation, blanks and the order of options."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from question_bank.engine.kinds import Kind
from question_bank.questions.exchange import messages
from question_bank.questions.exchange.verdicts import Answer, ParsedQuestion, Verdict, warning

_MEANT = frozenset("-+.%:/'")  # punctuation that changes a number


def fingerprint(stem: str, options: Sequence[str], group: str | None = None) -> str:
    """32 hex digits, equal for equal questions. Kind and key are left out, so that other keys show up."""
    parts = [_essence(stem), _essence(group or ""), *sorted(map(_option_essence, options))]
    return _digest(parts)


def key_fingerprint(kind: str, options: Sequence[str], answer: Answer) -> str:
    """32 hex digits that are equal for equal keys, however the options are ordered."""
    if isinstance(answer, bool):
        parts = ["true" if answer else "false"]
    elif isinstance(answer, tuple) and kind == Kind.FILL:
        parts = [
            "/".join(sorted(map(_option_essence, blank))) for blank in answer if isinstance(blank, tuple)
        ]
    elif isinstance(answer, tuple):
        parts = [_option_essence(options[at]) for at in answer if isinstance(at, int)]
        if kind != Kind.ORDER:
            parts.sort()
    else:
        parts = [_essence(answer or "")]
    return _digest(parts)


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _essence(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum() or unicodedata.category(letter)[0] in "SM")


def _option_essence(text: str) -> str:
    essence = _essence(text)
    if not essence or re.search(r"\d", essence):
        folded = unicodedata.normalize("NFKC", text).casefold()
        kept = "".join(letter for letter in folded if letter in essence or letter in _MEANT)
        return kept or re.sub(r"\s", "", folded)
    return essence


@dataclass
class Seen:
    """Judges questions one after the other against those of the bank and those before in the same file."""

    known: Mapping[str, str]

    def __post_init__(self) -> None:
        self._keys: dict[str, tuple[str, int]] = {}
        self._stems: dict[str, tuple[int, frozenset[str]]] = {}

    def judge(self, question: ParsedQuestion, rows: list[ParsedQuestion]) -> ParsedQuestion:
        """The question with its verdict; an earlier row with another key for the same question is warned."""
        if question.verdict in (Verdict.REJECTED, Verdict.DUPLICATE):
            return question
        mark = fingerprint(question.stem, question.options, question.group)
        key = key_fingerprint(question.kind or "", question.options, question.answer)
        if mark in self.known:
            if self.known[mark] == key:
                return decided(question, Verdict.DUPLICATE, "already_in_bank")
            return decided(question, Verdict.REJECTED, "key_conflict_bank")
        if mark in self._keys:
            first_key, at = self._keys[mark]
            first = rows[at]
            if first_key == key:
                return decided(
                    question, Verdict.DUPLICATE, "duplicate_of_row", row=first.row, sheet=first.sheet
                )
            rows[at] = warned(first, "key_conflict_below", row=question.row, sheet=question.sheet)
            return decided(question, Verdict.REJECTED, "key_conflict", row=first.row, sheet=first.sheet)
        self._keys[mark] = (key, len(rows))
        return self._similar(question, rows)

    def _similar(self, question: ParsedQuestion, rows: list[ParsedQuestion]) -> ParsedQuestion:
        stem = _essence(question.stem) + "\x1f" + _essence(question.group or "")
        options = frozenset(map(_option_essence, question.options))
        other = self._stems.setdefault(stem, (len(rows), options))
        if other[0] != len(rows) and 2 * len(other[1] & options) >= max(len(options), 1):
            return warned(question, "similar_question", row=rows[other[0]].row, sheet=rows[other[0]].sheet)
        return question


def decided(question: ParsedQuestion, verdict: Verdict, reason: str, **params: str | int) -> ParsedQuestion:
    """The question with that verdict and its reason in words."""
    return replace(
        question,
        verdict=verdict,
        reason=reason,
        message=messages.text(reason, params),
        reason_params=tuple(params.items()),
    )


def warned(question: ParsedQuestion, code: str, **params: str | int) -> ParsedQuestion:
    return replace(question, verdict=Verdict.WARNED, warnings=(*question.warnings, warning(code, **params)))
