"""What people search for, counted by day and unit so that organisers learn what is missing. Nobody's searches are kept:
no row names a person, and words that look for one are left out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from learning.organisation.models import Membership, User
from search.models import Asked, Kind
from search.models.asked import WORDS_LENGTH

from .results import Results

KEPT_DAYS = 180
SQLITE_PATIENCE_MS = 200
# Numbers of people (学号/工号, telephones, identity cards) are longer than any year, article or mark.
NUMBER = re.compile(r"\d{6}")
# As they are given out otherwise (2026XX0101): of letters and digits, as one word.
WHOLE_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
NAME_LENGTHS = range(2, 21)  # of names written without blanks
NAME_WORDS = 5

logger = logging.getLogger(__name__)

# "similar" is a word of PostgreSQL's own.
UPSERT = """
    INSERT INTO search_asked (day, unit_id, words, times, "similar", zero) VALUES (%s, %s, %s, 1, %s, %s)
    ON CONFLICT {place} DO UPDATE SET times = search_asked.times + 1,
        "similar" = search_asked."similar" + excluded."similar", zero = search_asked.zero + excluded.zero
"""
IN_UNIT = UPSERT.format(place="(day, unit_id, words)")
IN_NO_UNIT = UPSERT.format(place="(day, words) WHERE unit_id IS NULL")


def remember(*, results: Results, user: User, now: datetime) -> bool:
    """Counts a search that somebody has typed, for the unit they belong to today; returns whether it was counted. Only
    the first page without filters counts, and only what may be kept (`worth_counting`, `names_somebody`). A failure is
    logged and raises nothing."""
    if not worth_counting(results):
        return False
    day = timezone.localdate(now)
    try:
        # Read before the transaction: on SQLite its beginning already waits for the one writer.
        if names_somebody(results.words, results.text):
            return False
        unit_id = _unit_of(user, day)
        with _little_patience(), transaction.atomic():
            _count(results, unit_id, day)
    except DatabaseError:
        logger.warning("A search was not counted.", exc_info=True)
        return False
    return True


def worth_counting(results: Results) -> bool:
    """Whether a search may say anything about what is missing: words of its own, from the first page, without filters,
    answered as it should be. Numbers of people are not words; and what leads to nothing but people looks for one."""
    words = results.words.strip()
    kinds = {value.value for value in results.facets.get("kind", ()) if value.count}
    return (
        bool(words)
        and results.searchable
        and results.page == 1
        and not any(results.filters.values())
        and not results.fallback
        and not NUMBER.search(words)
        and kinds != {Kind.MEMBER}
    )


def names_somebody(*texts: str) -> bool:
    """Whether somebody's whole name or number stands in one of the texts (as typed; as folded); one query."""
    named = Q(full_name__in=set().union(*map(possible_names, texts)))
    if numbers := set().union(*map(possible_numbers, texts)):
        named |= Q(number__in=numbers)
    return User.objects.filter(named).exists()


def possible_numbers(words: str) -> set[str]:
    """Every word that could be somebody's number, in letters of either size."""
    found = {each for each in WHOLE_NUMBER.findall(words) if any(sign.isdigit() for sign in each)}
    return found.union({each.upper() for each in found}, {each.lower() for each in found})


def possible_names(words: str) -> set[str]:
    """Every part of the words that could be a whole name: neighbouring words (Li Ming), and pieces of one word, since
    Chinese has no blanks. Whoever types a name in small letters means the same person."""
    parts = words.split()
    found = {
        " ".join(parts[first:last])
        for first in range(len(parts))
        for last in range(first + 1, min(first + NAME_WORDS, len(parts)) + 1)
    }
    for part in parts:
        for length in NAME_LENGTHS:
            found.update(part[first : first + length] for first in range(len(part) - length + 1))
    found = {each for each in found if len(each) > 1}
    return found.union(*({each.title(), each.upper()} for each in found if each.isascii()))


def _unit_of(user: User, day: date) -> int | None:
    units = Membership.objects.on(day).filter(user=user).order_by("-from_date", "-pk")
    return units.values_list("unit_id", flat=True).first()


def _count(results: Results, unit_id: int | None, day: date) -> None:
    words = results.words.strip()[:WORDS_LENGTH].strip()
    similar, zero = int(results.similar), int(results.total == 0)
    place = IN_NO_UNIT if unit_id is None else IN_UNIT
    with connection.cursor() as cursor:
        cursor.execute(place, [day, unit_id, words, similar, zero])


@contextmanager
def _little_patience() -> Iterator[None]:
    """On SQLite there is one writer: a page that only counts does not wait for it as long as one that saves."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_PATIENCE_MS}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(before)}")


def drop_old(*, now: datetime) -> int:
    """Drops what was asked more than KEPT_DAYS days ago; returns how many rows."""
    oldest = timezone.localdate(now) - timedelta(days=KEPT_DAYS)
    dropped, _ = Asked.objects.filter(day__lt=oldest).delete()
    return dropped
