"""Two editors at one exam: a page carries a digest of what it showed, and a save over anything newer is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy

from question_bank.exams.errors import NotPossible
from question_bank.exams.models import Cell, Exam, FixedItem, Section
from question_bank.exams.publishing import Parts

SECTION_FIELDS = ("title", "instructions", "shuffle_questions", "shuffle_options", "rule")
CELL_FIELDS = ("bank_id", "kind", "difficulty_min", "difficulty_max", "tags", "n", "mark")
DIGEST_CHARS = 32


class ChangedMeanwhile(NotPossible):
    """Somebody else saved after the page was loaded; nothing was written."""

    message = gettext_lazy("刚刚有人修改过这里，您的改动没有保存。")


def exam_digest(exam: Exam, names: Collection[str]) -> str:
    """Of these fields of the exam."""
    return _digest([[name, getattr(exam, name)] for name in sorted(names)])


def section_digest(section: Section) -> str:
    """Of the section's own fields, not of what stands in it."""
    return _digest([getattr(section, name) for name in SECTION_FIELDS])


def cell_digests(cells: Collection[Cell]) -> dict[int, str]:
    """By cell id, filters included; two queries."""
    chapters = _linked(Cell.chapters.through.objects.filter(cell__in=cells), "chapter_id")
    points = _linked(Cell.knowledge_points.through.objects.filter(cell__in=cells), "knowledgepoint_id")
    return {
        cell.pk: _digest(
            [
                *(getattr(cell, name) for name in CELL_FIELDS[:-1]),
                f"{cell.mark:.2f}",
                sorted(chapters.get(cell.pk, ())),
                sorted(points.get(cell.pk, ())),
            ]
        )
        for cell in cells
    }


def cell_digest(cell: Cell) -> str:
    return cell_digests([cell])[cell.pk]


def whole_digests(parts: Parts, cells: Mapping[int, str]) -> dict[int, str]:
    """By section id, with everything in it: what goes when the section is removed."""
    return {
        section.pk: _digest([section_digest(section), *(_named(part, cells) for part in parts.parts[section.pk])])
        for section in parts.sections
    }  # fmt: skip


def check_seen(seen: str | None, stored: str) -> None:
    """Raises ChangedMeanwhile where a page saw something else than what is stored; None: no page was asked."""
    if seen is not None and seen != stored:
        raise ChangedMeanwhile


def _named(part: Cell | FixedItem, cells: Mapping[int, str]) -> list[Any]:
    if isinstance(part, Cell):
        return ["cell", cells[part.pk]]
    return ["fixed", part.version_id, f"{part.mark:.2f}"]


def _linked(rows: Any, column: str) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    pairs: Iterable[tuple[int, int]] = rows.values_list("cell_id", column)
    for cell, linked in pairs:
        found.setdefault(cell, []).append(linked)
    return found


def _digest(values: list[Any]) -> str:
    text = json.dumps(values, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARS]
