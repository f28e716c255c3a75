"""Numbers that people write in two ways: 第三十一条 and 第31条, 二〇三五年 and 2035年. They are one token in the index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARK = "\ue002"  # private use, which fold() takes out of every text
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_WRITTEN = "零一二三四五六七八九"

_ORDINAL = re.compile(
    r"第 *(?P<number>[0-9]{1,6}|[〇零一二两三四五六七八九十百千]{1,9}) *(?P<of>[条章节款项编届次号课讲回期卷部篇])"
)
# A year of four Chinese digits may stand behind other digits, so that every part of a text that holds it counts it too.
_YEAR = re.compile(r"(?<![0-9])(?P<number>[0-9]{4})(?P<of>年)|(?=(?P<spelled>[〇零一二三四五六七八九]{4})年)")


@dataclass(frozen=True, slots=True)
class Number:
    """`first` and `end` are places in the text. The first spelling is that of the text."""

    first: int
    end: int
    token: str
    spellings: tuple[str, ...]


def numbers(folded: str) -> Iterator[Number]:
    """What is counted in a folded text, in order of the text within each of both sorts."""
    if "第" in folded:
        for found in _ORDINAL.finditer(folded):
            value, of = value_of(found["number"]), found["of"]
            ways = (found[0], f"第{value}{of}", f"第{spelled(value)}{of}")
            yield Number(*found.span(), f"{MARK}{value}{of}", _each_once(*ways))
    if "年" in folded:
        for found in _YEAR.finditer(folded):
            digits, first = found["number"] or found["spelled"], found.start()
            year = f"{value_of(digits):04}"
            by_digit = "".join(_WRITTEN[int(digit)] for digit in year)
            yield Number(
                *(first, first + 5, f"{MARK}{year}年"),
                _each_once(f"{digits}年", f"{year}年", f"{by_digit.replace('零', '〇')}年", f"{by_digit}年"),
            )


def _each_once(*spellings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spellings))


def value_of(number: str) -> int:
    """一百零五 → 105; 一〇五 and 105 too. What is no proper number still has one value."""
    if number.isascii():
        return int(number)
    if not any(sign in _UNITS for sign in number):
        return int("".join(str(_DIGITS[sign]) for sign in number))
    total, digit = 0, 0
    for sign in number:
        if sign in _UNITS:
            total += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def spelled(value: int) -> str:
    """105 → 一百零五; from ten thousand on digit by digit."""
    if value >= 10_000:
        return "".join(_WRITTEN[int(digit)] for digit in str(value))
    written, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            written += ("零" if gap and written else "") + _WRITTEN[digit] + unit
        gap = not digit
    return (written.removeprefix("一") if 10 <= value < 20 else written) or "零"
