"""The parts of a blueprint: sections, quota cells, fixed questions. What was published is in Exam.plan and stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from question_bank.exams.errors import NotPossible
from question_bank.exams.models import Blueprint, Cell, Exam, ExamPool, FixedItem, Section
from question_bank.exams.publishing import parts_of
from question_bank.questions.models import Chapter, KnowledgePoint, QuestionVersion

from .seen import SECTION_FIELDS, cell_digest, cell_digests, check_seen, section_digest, whole_digests

CELL_FIELDS = ("bank", "kind", "difficulty_min", "difficulty_max", "tags", "n", "mark")


def save_section(
    *, blueprint_id: int, section: Section | None, fields: Mapping[str, Any], seen: str | None = None
) -> Section:
    """The section with the new fields; a new one at the end where `section` is None. `seen`: seen.section_digest of
    what the person's page showed. Raises ChangedMeanwhile."""
    with transaction.atomic():
        _lock(blueprint_id)
        if section is not None:
            section = Section.objects.filter(pk=section.pk).first()
            check_seen(seen, section_digest(section) if section else "")
        if section is None:
            last = Section.objects.filter(blueprint=blueprint_id).aggregate(last=Max("order"))["last"] or 0
            section = Section(blueprint_id=blueprint_id, order=last + 1)
        for name in SECTION_FIELDS:
            if name in fields:
                setattr(section, name, fields[name])
        section.save()
    return section


def move_section(*, section: Section, up: bool) -> None:
    """Changes places with the section before (or after) it; nothing happens at either end."""
    with transaction.atomic():
        _lock(section.blueprint_id)
        sections = list(Section.objects.filter(blueprint=section.blueprint_id).order_by("order"))
        here = next(i for i, each in enumerate(sections) if each.pk == section.pk)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(sections):
            return
        first, second = sections[here], sections[there]
        free = sections[-1].order + 1
        orders = ((first, free), (second, first.order), (first, second.order))
        for each, order in orders:
            Section.objects.filter(pk=each.pk).update(order=order)


def remove_section(*, section: Section, seen: str | None = None) -> None:
    """Raises NotPossible where a cell of it feeds a published exam, ChangedMeanwhile where it no longer is what the
    page showed (seen.whole_digests)."""
    with transaction.atomic():
        _lock(section.blueprint_id)
        if seen is not None:
            parts = parts_of(section.blueprint_id)
            check_seen(seen, whole_digests(parts, cell_digests(parts.cells)).get(section.pk, ""))
        _take_from_pools(list(Cell.objects.filter(section=section).values_list("pk", flat=True)))
        section.delete()


def save_cell(
    *,
    section: Section,
    cell: Cell | None,
    fields: Mapping[str, Any],
    chapters: Collection[Chapter],
    knowledge_points: Collection[KnowledgePoint],
    seen: str | None = None,
) -> Cell:
    """The cell with the new filters; a new one at the end of the section where `cell` is None. `seen`:
    seen.cell_digest of what the person's page showed. Raises ChangedMeanwhile."""
    with transaction.atomic():
        _lock(section.blueprint_id)
        if cell is not None:
            cell = Cell.objects.filter(pk=cell.pk).first()
            check_seen(seen, cell_digest(cell) if cell else "")
        if cell is None:
            cell = Cell(section=section, order=_next_order(section))
        for name in CELL_FIELDS:
            setattr(cell, name, fields[name])
        cell.save()
        cell.chapters.set(chapters)
        cell.knowledge_points.set(knowledge_points)
    return cell


def remove_cell(*, cell: Cell, seen: str | None = None) -> None:
    """Raises NotPossible where it feeds a published exam, ChangedMeanwhile as `save_cell`."""
    with transaction.atomic():
        _lock(cell.section.blueprint_id)
        stored = Cell.objects.filter(pk=cell.pk).first()
        check_seen(seen, cell_digest(stored) if stored else "")
        _take_from_pools([cell.pk])
        cell.delete()


def add_fixed(*, section: Section, versions: Sequence[QuestionVersion], mark: Decimal) -> int:
    """Puts these questions at the end of the section, each worth `mark`; returns how many. A question that stands in
    the blueprint already is left out."""
    with transaction.atomic():
        _lock(section.blueprint_id)
        there = set(
            FixedItem.objects.filter(section__blueprint=section.blueprint_id).values_list(
                "version__question", flat=True
            )
        )
        new = [version for version in versions if version.question_id not in there]
        first = _next_order(section)
        FixedItem.objects.bulk_create(
            FixedItem(section=section, order=order, version=version, mark=mark)
            for order, version in enumerate(new, first)
        )
    return len(new)


def copy_parts(*, source: int, target: int) -> int:
    """Appends copies of all sections of one blueprint to another; returns how many sections."""
    with transaction.atomic():
        _lock(target)
        last = Section.objects.filter(blueprint=target).aggregate(last=Max("order"))["last"] or 0
        sections = list(Section.objects.filter(blueprint=source).order_by("order"))
        for order, section in enumerate(sections, last + 1):
            cells = list(section.cells.order_by("order"))
            fixed = list(section.fixed_items.order_by("order", "pk"))
            section.pk, section.blueprint_id, section.order = None, target, order
            section._state.adding = True
            section.save()
            for cell in cells:
                chapters, points = list(cell.chapters.all()), list(cell.knowledge_points.all())
                cell.pk, cell.section = None, section
                cell._state.adding = True
                cell.save()
                cell.chapters.set(chapters)
                cell.knowledge_points.set(points)
            FixedItem.objects.bulk_create(
                FixedItem(section=section, order=item.order, version_id=item.version_id, mark=item.mark)
                for item in fixed
            )
    return len(sections)


def _next_order(section: Section) -> int:
    cells = section.cells.aggregate(last=Max("order"))["last"] or 0
    fixed = section.fixed_items.aggregate(last=Max("order"))["last"] or 0
    return int(max(cells, fixed)) + 1


def _lock(blueprint_id: int) -> None:
    """Two organisers at one blueprint take turns: orders are unique in it."""
    list(Blueprint.objects.select_for_update().filter(pk=blueprint_id).values_list("pk"))


def _take_from_pools(cells: Sequence[int]) -> None:
    pools = ExamPool.objects.filter(cell__in=cells)
    if pools.filter(exam__state=Exam.State.PUBLISHED).exists():
        raise NotPossible(_("正在使用的考试从这条规则抽题，不能删除。请先撤回考试，或只修改题数。"))
    # Papers already given hold their questions themselves; a withdrawn exam freezes its pool anew when published again.
    pools.delete()
