"""Rows found by the words that somebody typed into a search box."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

PERSON = ("full_name", "number")
THEIR_PERSON = ("user__full_name", "user__number")
THEIR_PERSON_AND_UNIT = (*THEIR_PERSON, "unit__name")

LONGEST_TEXT = 200  # characters that are read of what was typed, and
MOST_WORDS = 20  # words of them: SQLite gives up at conditions a thousand deep and at very long patterns
NOT_KEPT = re.compile("[\x00\ud800-\udfff]")  # no database takes NUL or half of a surrogate pair

R = TypeVar("R", bound=QuerySet[Any])


def words_of(text: str) -> list[str]:
    """The words of what was typed that a database can be asked for; none of a text that has none."""
    return NOT_KEPT.sub(" ", text[:LONGEST_TEXT]).split()[:MOST_WORDS]


def holding(rows: R, words: str, *fields: str) -> R:
    """The rows of which every word stands in one of the fields, in any case of letters; all rows for no word."""
    for word in words_of(words):
        fits = Q()
        for field in fields:
            fits |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(fits)
    return rows
