"""What a lesson asks for, and when lesson and course are complete: the rules over parts, without a clock or Django."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from .crediting import fixed_hours, hours_of

MEDIA = frozenset({"video", "audio"})
READING = frozenset({"text", "pdf"})
DEEDS = frozenset({"book", "link", "exam", "reflection"})  # done once, told by other rooms
KINDS = MEDIA | READING | DEEDS
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a lesson asks for. `least_ms`: per block or page of a text."""

    key: str
    kind: str
    required: bool = True
    length_ms: int = 0
    least_ms: tuple[int, ...] = ()

    @property
    def total_ms(self) -> int:
        """What there is to cover: milliseconds, or 1 of a deed."""
        if self.kind in MEDIA:
            return self.length_ms
        return sum(self.least_ms) if self.kind in READING else 1

    @property
    def timed(self) -> bool:
        return self.kind not in DEEDS


class BadParts(ValueError):
    """A lesson was published with parts that cannot be kept: a fault of the publisher, told to nobody else."""


def parts_of(found: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """From `Activity.parts`. Raises BadParts."""
    parts = tuple(_part(each) for each in found)
    keys = [each.key for each in parts]
    if len(set(keys)) != len(keys):
        raise BadParts(f"a key stands twice: {keys}")
    return parts


def _part(found: Mapping[str, Any]) -> Part:
    key, kind = found.get("key"), found.get("kind")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY or kind not in KINDS:
        raise BadParts(f"no part: {dict(found)}")
    least = tuple(int(each) for each in found.get("least_ms") or ())
    span = int(found.get("length_ms") or 0)
    if span < 0 or any(each < 0 for each in least):
        raise BadParts(f"negative lengths: {dict(found)}")
    return Part(key, str(kind), bool(found.get("required", True)), span, least)


class Covered(NamedTuple):
    """How far one part is: ms (or deeds) of the total, and whether it is complete."""

    covered_ms: int
    complete: bool


def demanded(parts: Sequence[Part]) -> list[Part]:
    """The required parts."""
    return [each for each in parts if each.required]


def lesson_complete(parts: Sequence[Part], covered: Mapping[str, Covered]) -> bool:
    """Every required part is complete. A lesson that requires nothing is complete as soon as it is studied at all."""
    return all(each.key in covered and covered[each.key].complete for each in demanded(parts))


def coverage_ms(parts: Sequence[Part], covered: Mapping[str, Covered]) -> tuple[int, int]:
    """(covered, total) ms over the required parts that take time."""
    timed = [each for each in demanded(parts) if each.timed]
    done = sum(min(covered[each.key].covered_ms, each.total_ms) for each in timed if each.key in covered)
    return done, sum(each.total_ms for each in timed)


def coverage(parts: Sequence[Part], covered: Mapping[str, Covered]) -> float:
    """0 to 1: of the time that the required parts take; where none takes time, of their number."""
    done, total = coverage_ms(parts, covered)
    if total:
        return done / total
    deeds = demanded(parts)
    complete = sum(1 for each in deeds if each.key in covered and covered[each.key].complete)
    return complete / len(deeds) if deeds else 0.0


def is_test(parts: Sequence[Part]) -> bool:
    """A lesson that asks for an exam and nothing else: the rule table has its own hours for it."""
    asked = demanded(parts)
    return bool(asked) and all(each.kind == "exam" for each in asked)


def lesson_hours(credit: Mapping[str, Any]) -> Decimal:
    """Credit hours of a lesson, by its own `credit`: its share of its course's; 0 where the course carries them."""
    return Decimal(str(credit.get("hours") or "0.00"))


def own_hours(credit: Mapping[str, Any], minutes: int) -> Decimal:
    """Credit hours of something with no course above it: a meeting."""
    return fixed_hours(credit) or hours_of(credit, minutes=minutes)


class Lesson(NamedTuple):
    """A course's lesson as its order and its completion see it."""

    id: int
    required: bool


def open_in_order(lessons: Sequence[Lesson], completed: Collection[int]) -> set[int]:
    """The lessons that may be opened where they are taken in order: up to the first required one not complete, and all
    that were completed before."""
    found = {each.id for each in lessons if each.id in completed}
    for each in lessons:
        found.add(each.id)
        if each.required and each.id not in completed:
            break
    return found


def course_complete(lessons: Sequence[Lesson], completed: Collection[int]) -> bool:
    """Every required lesson is; where none is required, every lesson. A course without lessons never is."""
    asked = [each for each in lessons if each.required] or lessons
    return bool(asked) and all(each.id in completed for each in asked)
