"""Rows found by the words that somebody typed into a search box."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Q, QuerySet

PERSON = ("full_name", "number")
THEIR_PERSON = ("user__full_name", "user__number")
THEIR_PERSON_AND_UNIT = (*THEIR_PERSON, "unit__name")

R = TypeVar("R", bound=QuerySet[Any])


def holding(rows: R, words: str, *fields: str) -> R:
    """The rows of which every word stands in one of the fields, in any case of letters; all rows for no word."""
    for word in words.split():
        fits = Q()
        for field in fields:
            fits |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(fits)
    return rows
