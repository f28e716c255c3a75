"""The number of a book (ISBN-10, ISBN-13): its check digit, and the form in which we keep it. Pure."""

from __future__ import annotations

import re

HYPHENS = re.compile(r"[\s\-\u2010-\u2015\uFF0D]")


def normal(text: str) -> str:
    """The number without spaces and hyphens, X upper case; whether it is right is another question."""
    return HYPHENS.sub("", text).upper()


def is_isbn(text: str) -> bool:
    """Whether the check digit is right (ISO 2108: weights 10…1 mod 11, or 1 and 3 in turn mod 10)."""
    digits = normal(text)
    if re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        values = [10 if digit == "X" else int(digit) for digit in digits]
        return sum((10 - place) * value for place, value in enumerate(values)) % 11 == 0
    if re.fullmatch(r"97[89][0-9]{10}", digits):
        return sum((3 if place % 2 else 1) * int(digit) for place, digit in enumerate(digits)) % 10 == 0
    return False
