"""From blueprint to paper: draws questions for quota cells, shuffles, and fixes the slots of one attempt.

The same seed, pool, usage and seen questions give the same paper on any Python: only Random.random() is used,
whose sequence the language promises.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from question_bank.engine.kinds import Kind, PaperItem
from question_bank.engine.supply import (
    Cell,
    CellSupply,
    DuplicateQuestion,
    Feasibility,
    FixedItem,
    PoolItem,
    PreparedPool,
    Shortage,
    excluded_by,
    feasible,
)

__all__ = [
    "Cell",
    "CellSupply",
    "DuplicateQuestion",
    "Feasibility",
    "FixedItem",
    "PoolItem",
    "PoolTooSmall",
    "PreparedPool",
    "Section",
    "Shortage",
    "build_paper",
    "draw",
    "feasible",
    "shuffle_options",
]

_T = TypeVar("_T")

# More than any usage count: a question this member has seen comes after every other one.
_SEEN = float(2**30)


class PoolTooSmall(ValueError):
    """The cells cannot all be filled; `shortages` names the short ones. A shorter paper is never given
    instead."""

    def __init__(self, shortages: tuple[Shortage, ...]) -> None:
        super().__init__(f"cells short of questions: {[shortage.cells for shortage in shortages]}")
        self.shortages = shortages


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the paper in its author's order; drawn questions stand where their cell stands."""

    parts: tuple[FixedItem | Cell, ...]
    shuffle_questions: bool = False
    shuffle_options: bool = False


def draw(
    cells: Sequence[Cell],
    pool: PreparedPool,
    *,
    seed: int,
    fixed: Sequence[FixedItem] = (),
    usage: Mapping[int, int] | None = None,
    seen: AbstractSet[int] = frozenset(),
) -> tuple[tuple[int, ...], ...]:
    """The drawn version ids of each cell, in pool order: unseen before seen, then the least used, then by the
    seed.

    `usage` counts and `seen` names questions, not versions. No question is drawn twice, nor one of the fixed.
    Raises PoolTooSmall exactly when `feasible` says no.
    """
    drawn = _draw_positions(tuple(cells), pool, seed=seed, fixed=fixed, usage=usage or {}, seen=seen)
    return tuple(tuple(pool.items[position].version for position in cell) for cell in drawn)


def _draw_positions(
    cells: tuple[Cell, ...],
    pool: PreparedPool,
    *,
    seed: int,
    fixed: Sequence[FixedItem],
    usage: Mapping[int, int],
    seen: AbstractSet[int],
) -> list[list[int]]:
    plan = pool.plan(cells, excluded_by(fixed))
    chance = _random("draw", seed).random
    rank = [chance() for _ in plan.positions]
    if usage or seen:
        questions = pool.questions
        for index, position in enumerate(plan.positions):
            question = questions[position]
            rank[index] += usage.get(question, 0) + (_SEEN if question in seen else 0.0)

    # The sets of items that can be placed together form a matroid (transversal), so taking the best ranked
    # item that still fits, moving placed ones between cells where needed, fills every fillable cell with the
    # best ranked items.
    signatures = plan.signatures
    held: list[list[int]] = [[] for _ in cells]
    open_cells = sum(1 << number for number, cell in enumerate(cells) if cell.n > 0)
    closed = ~open_cells
    for index in sorted(range(len(rank)), key=rank.__getitem__):
        if not open_cells:
            break
        signature = signatures[index]
        room = signature & open_cells
        if room:
            number = (room & -room).bit_length() - 1
            held[number].append(index)
        elif signature & ~closed:
            filled, reached = _make_room(index, held, signatures, open_cells)
            if filled is None:
                # Full cells whose items fit nowhere else: no later item can come in either.
                closed |= reached
                continue
            number = filled
        else:
            continue
        if len(held[number]) == cells[number].n:
            open_cells ^= 1 << number
    if open_cells:
        raise PoolTooSmall(feasible(cells, pool, fixed).shortages)
    return [sorted(plan.positions[index] for index in cell) for cell in held]


def _make_room(
    index: int, held: list[list[int]], signatures: Sequence[int], open_cells: int
) -> tuple[int | None, int]:
    """Place the item in a full cell by moving others on, along the shortest chain that ends in an open cell.

    Returns the cell that grew (None: there is no such chain) and the cells reached, as bits.
    """
    reached = signatures[index]
    comes_from: dict[
        int, tuple[int, int]
    ] = {}  # cell -> (the item that would move in, the cell it leaves or -1)
    queue = []
    for number in _numbers(reached):
        comes_from[number] = (index, -1)
        queue.append(number)
    for number in queue:
        for item in held[number]:
            fresh = signatures[item] & ~reached
            goal = fresh & open_cells
            if goal:
                grown = (goal & -goal).bit_length() - 1
                comes_from[grown] = (item, number)
                _move(grown, held, comes_from)
                return grown, reached
            for other in _numbers(fresh):
                comes_from[other] = (item, number)
                queue.append(other)
            reached |= fresh
    return None, reached


def _move(grown: int, held: list[list[int]], comes_from: Mapping[int, tuple[int, int]]) -> None:
    number = grown
    while number != -1:
        item, source = comes_from[number]
        held[number].append(item)
        if source != -1:
            held[source].remove(item)
        number = source


def _random(purpose: str, seed: int) -> Random:
    # Streams of their own: a pinned option more must not change which questions are drawn. The seed is a
    # secret of the attempt and 63 bits long, which is what keeps a paper from being foreseen, not the
    # generator.
    return Random(f"{purpose} {seed}")  # noqa: S311


def _numbers(bits: int) -> list[int]:
    numbers = []
    while bits:
        low = bits & -bits
        numbers.append(low.bit_length() - 1)
        bits ^= low
    return numbers


def shuffle_options(options: Sequence[str], pinned: AbstractSet[str], rng: Random) -> tuple[str, ...]:
    """The options in random order, each pinned one (以上都是) left in its place."""
    loose = _shuffled([option for option in options if option not in pinned], rng)
    if not pinned:
        return tuple(loose)
    following = iter(loose)
    return tuple(option if option in pinned else next(following) for option in options)


def _shuffled(values: list[_T], rng: Random) -> list[_T]:
    keys = [rng.random() for _ in values]
    return [values[index] for index in sorted(range(len(values)), key=keys.__getitem__)]


def build_paper(
    sections: Sequence[Section],
    pool: PreparedPool,
    *,
    seed: int,
    usage: Mapping[int, int] | None = None,
    seen: AbstractSet[int] = frozenset(),
) -> list[PaperItem]:
    """The slots of one attempt, all sections in one draw so that no question comes twice.

    Options of an ordering question and the right side of a match are shuffled even where the section does not
    ask for it: their author's order would give the answer away. Raises PoolTooSmall, DuplicateQuestion.
    """
    cells = tuple(part for section in sections for part in section.parts if isinstance(part, Cell))
    fixed = [part for section in sections for part in section.parts if isinstance(part, FixedItem)]
    drawn = iter(_draw_positions(cells, pool, seed=seed, fixed=fixed, usage=usage or {}, seen=seen))
    order = _random("order", seed)
    options = _random("options", seed)
    paper = []
    for number, section in enumerate(sections):
        slots = []
        for part in section.parts:
            if isinstance(part, Cell):
                slots += [(pool.items[position], part.mark) for position in next(drawn)]
            else:
                slots.append((part.item, part.mark))
        if section.shuffle_questions:
            slots = _shuffled(slots, order)
        for item, mark in slots:
            shuffled = section.shuffle_options or item.kind in (Kind.ORDER, Kind.MATCH)
            paper.append(
                PaperItem(
                    version=item.version,
                    kind=item.kind,
                    max_mark=mark,
                    section=number,
                    options=shuffle_options(item.options, item.pinned, options) if shuffled else item.options,
                    left=item.left,
                    blanks=item.blanks,
                )
            )
    return paper
