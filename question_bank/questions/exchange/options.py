"""Cuts options out of one text: labelled A. B. C. by any separator, or bare and parted by lines, | or ;."""

import json
import re
import unicodedata
from dataclasses import dataclass

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARK = r"\s*[.．、:：)）。,，]\s*"
_EDGE = ",，;；|｜ \t\r\n\u3000"
_KIND_LEFTOVER = re.compile(r"^\s*(?:单选题|多选题|判断题|选项)\s*[,，:：;；|]?\s*")


_SEPARATORS = (
    ("lines", "\n"),
    ("bars", "||"),
    ("bars", "|"),
    ("bars", "｜"),
    ("marks", "$$"),
    ("marks", "##"),
    ("marks", "@@"),
    ("semicolons", ";"),
    ("tabs", "\t"),
)
_TEXT_KEYS = ("value", "content", "text", "name", "optionContent", "内容")


@dataclass(frozen=True)
class SplitOptions:
    """`texts` without letters, empty places kept; `how` names the separator; `before` stood in front."""

    texts: tuple[str, ...]
    how: str
    before: str = ""


def _variants(letter: str) -> str:
    return f"{letter}{chr(ord(letter) + 0xFEE0)}"


def _label(letter: str, mark: str, edge: str) -> re.Pattern[str]:
    return re.compile(rf"{edge}[(（\[【]?\s*[{_variants(letter)}]{mark}")


_LOOSE = r"(?:^|(?<=[^A-Za-zＡ-Ｚ0-9.·]))"
_STYLES: tuple[tuple[str, list[re.Pattern[str]]], ...] = tuple(
    (name, [_label(letter, mark, edge) for letter in _LETTERS])
    for name, mark, edge in (
        ("letters", _MARK, r"(?:^|(?<=[\s,，;；|｜。]))"),
        ("letters", r"\s*[.．、:：)）\]】]\s*", _LOOSE),
        ("letter_and_space", r"\s+", r"(?:^|(?<=\s))"),
        ("letter_at_line_start", r"(?=[^\x00-\x7f]|\d)", r"(?m:^)"),
        ("letter_before_word", r"(?=[\u4e00-\u9fff“《])", r"(?:^|(?<=[\s,，;；|]))"),
    )
)
_LOWER = [re.compile(rf"(?:^|(?<=[\s,，;；|]))[(（]?{letter}\s*[.．、:：)）]\s*") for letter in "abcdefghij"]
_NUMBERS = [re.compile(rf"(?:^|(?<=\s))[(（]?{number}\s*[.．、:：)）]\s*(?!\d)") for number in range(1, 11)]
_CIRCLED = [re.compile(rf"(?:^|(?<=\s)){mark}\s*(?![①-⑩])") for mark in "①②③④⑤⑥⑦⑧⑨⑩"]


def _chain(text: str, patterns: list[re.Pattern[str]], at_least: int = 2) -> tuple[str, ...] | None:
    """Text before the first label, then what follows each label, when A, B, C … follow one another."""
    marks: list[re.Match[str]] = []
    position = 0
    for pattern in patterns:
        match = pattern.search(text, position)
        if match is None:
            break
        marks.append(match)
        position = match.end()
    if len(marks) < at_least:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = tuple(_trim(text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True))
    return (text[: marks[0].start()], *parts)


def _trim(text: str) -> str:
    return text.rstrip(_EDGE).strip()


def labelled(text: str) -> SplitOptions | None:
    """Options told by their letters, or None where the text has no chain of letters from A on."""
    for how, patterns in _STYLES:
        if parts := _chain(text, patterns):
            return SplitOptions(parts[1:], how, parts[0])
    if parts := _chain(text, _LOWER):
        return SplitOptions(parts[1:], "letters", parts[0])
    return None


def split_options(text: str) -> SplitOptions:
    """The options of a cell that holds them all. A cell without any separator is one option."""
    text = text.strip()
    if text[:1] in "[{":
        listed = _from_json(text)
        if listed:
            return SplitOptions(listed, "json")
    body = _KIND_LEFTOVER.sub("", text)
    found = labelled(body)
    if found and not found.before.strip(_EDGE):
        return found
    for patterns, at_least in ((_NUMBERS, 3), (_CIRCLED, 2)):
        parts = _chain(body, patterns, at_least)
        if parts and not parts[0].strip() and all(parts[1:]):
            return SplitOptions(parts[1:], "numbers")
    return _bare_options(body)


def _bare_options(body: str) -> SplitOptions:
    if "\\n" in body and "\n" not in body:
        body = body.replace("\\n", "\n")
    for how, separator in _SEPARATORS:
        # "||" parts options where all bars are doubled; a single pair is an empty option
        if separator == "||" and (body.replace("||", "").count("|") or body.count("||") < 2):
            continue
        pieces = [
            piece.strip()
            for piece in re.split("[；;]" if how == "semicolons" else re.escape(separator), body)
        ]
        while pieces and not pieces[-1]:
            pieces.pop()
        if len(pieces) > 1:
            return SplitOptions(tuple(pieces), how)
    for how, pattern in (("spaces", r"\s+"), ("commas", r"\s*[,，]\s*"), ("pauses", r"\s*[、/]\s*")):
        pieces = [piece for piece in re.split(pattern, body) if piece]
        if 2 <= len(pieces) <= 10:
            return SplitOptions(tuple(pieces), how)
    return SplitOptions((body,) if body else (), "one")


def _from_json(text: str) -> tuple[str, ...] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)] if all(len(key) == 1 for key in value) else None
    if not isinstance(value, list):
        return None
    texts = [_json_text(item) for item in value]
    return (
        strip_labels(tuple(text.strip() for text in texts if text is not None)) if None not in texts else None
    )


def _json_text(item: object) -> str | None:
    if isinstance(item, dict):
        item = next((item[key] for key in _TEXT_KEYS if key in item), None)
    return str(item) if isinstance(item, str | int | float) else None


def strip_labels(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Options without the letters of their columns ("A.民主" in column A); all must carry theirs."""
    filled = [at for at, text in enumerate(texts) if text]
    if len(filled) < 2 or filled[-1] >= len(_LETTERS):
        return texts
    for mark in (r"\s*[.．、:：)）]\s*", r"\s+"):
        patterns = [
            re.compile(rf"[(（]?\s*[{_variants(_LETTERS[at])}{_LETTERS[at].lower()}]{mark}") for at in filled
        ]
        matches = [pattern.match(texts[at]) for pattern, at in zip(patterns, filled, strict=True)]
        if all(match and match.end() < len(texts[at]) for match, at in zip(matches, filled, strict=True)):
            stripped = list(texts)
            for match, at in zip(matches, filled, strict=True):
                stripped[at] = texts[at][match.end() if match else 0 :].strip()
            return tuple(stripped)
    return texts


def same_text(text: str) -> str:
    """An option for comparison: width, case and blanks do not count."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())
