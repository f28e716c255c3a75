"""What the banks can supply for quota cells today: the figures of the builder, the checklist, and the
frozen pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from question_bank.engine.kinds import Kind
from question_bank.engine.supply import Cell as DrawnCell
from question_bank.engine.supply import (
    CellSupply,
    FixedItem,
    PoolItem,
    PreparedPool,
    Shortage,
    feasible,
)
from question_bank.questions.models import Chapter, Question

from .models import Cell


@dataclass(frozen=True, slots=True)
class Supply:
    """Per cell, in the order given: what it wants, what fits it, the version ids that fit; and the sets of
    cells that want more together than there is."""

    cells: tuple[CellSupply, ...]
    versions: tuple[tuple[int, ...], ...]
    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Chapters (full names) and knowledge points of a cell as a form has them, not the stored ones."""

    chapters: tuple[str, ...] = ()
    knowledge_points: tuple[int, ...] = ()


def live_supply(
    cells: Sequence[Cell],
    *,
    day: date,
    fixed_questions: Sequence[int] = (),
    chosen: Mapping[int, Chosen] | None = None,
) -> Supply:
    """The supply as the banks stand now, for questions valid on `day`; the questions of fixed items are
    spoken for. `chosen` holds, by index, the filters of cells that are being edited.

    Two queries a cell. A question that fits several cells can be used by one of them only: `shortages` says
    where that is too little.
    """
    editing = chosen or {}
    fitting = [
        eligible_questions(cell, day=day, but=fixed_questions, chosen=editing.get(number))
        for number, cell in enumerate(cells)
    ]
    cells_of: dict[int, set[str]] = {}
    question_of: dict[int, int] = {}
    for number, found in enumerate(fitting):
        for version, question in found:
            cells_of.setdefault(version, set()).add(str(number))
            question_of[version] = question
    pool = PreparedPool(
        PoolItem(version, question_of[version], Kind.SINGLE, tags=frozenset(numbers))
        for version, numbers in cells_of.items()
    )
    drawn = [DrawnCell(cell.n, Decimal(cell.mark), tags=frozenset({str(i)})) for i, cell in enumerate(cells)]
    nothing_fixed: Sequence[FixedItem] = ()
    found_feasible = feasible(drawn, pool, nothing_fixed)
    return Supply(
        found_feasible.supply,
        tuple(tuple(version for version, _ in found) for found in fitting),
        found_feasible.shortages,
    )


def eligible_questions(
    cell: Cell, *, day: date, but: Sequence[int] = (), chosen: Chosen | None = None
) -> list[tuple[int, int]]:
    """(current version, question) of what the cell may draw: ready, not retired, valid on `day`, meeting
    every filter; a chapter stands for itself and all below it."""
    questions = (
        Question.objects.usable()
        .filter(Q(valid_until_date=None) | Q(valid_until_date__gte=day), bank=cell.bank_id)
        .filter(difficulty__range=(cell.difficulty_min, cell.difficulty_max))
        .exclude(pk__in=but)
    )
    if cell.kind:
        questions = questions.filter(current__kind=cell.kind)
    if chosen is not None:
        chapters, points = list(chosen.chapters), list(chosen.knowledge_points)
    elif cell.pk:
        chapters = list(cell.chapters.values_list("full_name", flat=True))
        points = list(cell.knowledge_points.values_list("pk", flat=True))
    else:
        chapters, points = [], []
    if chapters:
        within = Q()
        for name in chapters:
            within |= Q(full_name=name) | Q(full_name__startswith=f"{name}/")
        questions = questions.filter(chapter__in=Chapter.objects.filter(within, bank=cell.bank_id))
    if points:
        questions = questions.filter(knowledge_points__in=points).distinct()
    rows = questions.order_by("pk").values_list("current_id", "pk", "tags")
    wanted = set(cell.tags)
    return [(current, pk) for current, pk, tags in rows if current and (not wanted or wanted & set(tags))]
