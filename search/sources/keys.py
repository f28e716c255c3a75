"""The keys by which entries are found: an entry carries some, a viewer holds some, one in common is enough. Each says one
of the live rules; what they say together must be what the object's own page says (tests/search/sources/test_audiences.py)."""

from __future__ import annotations


def member(unit: int, status: str = "") -> str:
    """Members of the unit or of one below it, as the tree stands now; with `status` only those of that person status."""
    return f"u{unit}s{status}" if status else f"u{unit}"


def reader(unit: int) -> str:
    """The same by the closure of the day, which topics go by."""
    return f"t{unit}"


def enrolled(activity: int) -> str:
    return f"c{activity}"


def sitting(exam: int) -> str:
    """Its candidates, and who watches some of them."""
    return f"e{exam}"


def teaching(group: int) -> str:
    """May view exams for the people of the group."""
    return f"g{group}"


def courses_of(unit: int) -> str:
    """May view the courses of units in the unit."""
    return f"cv{unit}"


def exams_of(unit: int) -> str:
    return f"ev{unit}"


def members_of(unit: int) -> str:
    return f"mv{unit}"


def bank(bank: int) -> str:
    return f"b{bank}"
