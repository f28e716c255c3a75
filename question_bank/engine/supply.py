"""What a pool of questions can supply: quota cells, the pool prepared for fast selection, and the proof that
overlapping cells can all be filled at once (a maximum flow over groups of alike items).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from question_bank.engine.kinds import Kind

_PLANS_KEPT = 16


class DuplicateQuestion(ValueError):
    """A question stands twice in a pool or among the fixed items of a paper."""


@dataclass(frozen=True, slots=True)
class PoolItem:
    """A question version that a paper may get, with all that its slot needs; `options` in the author's
    order."""

    version: int
    question: int
    kind: Kind
    chapter: int | None = None
    knowledge_points: frozenset[int] = frozenset()
    difficulty: int | None = None
    tags: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    pinned: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()
    blanks: int = 0


@dataclass(frozen=True, slots=True)
class FixedItem:
    """A question that stands in every paper, worth `mark` points."""

    item: PoolItem
    mark: Decimal


@dataclass(frozen=True, slots=True)
class Cell:
    """A quota: `n` questions at `mark` points each that meet every condition.

    A condition is met by any one of its values, an empty one by all. Chapters are taken literally: whoever
    means a chapter with those below it lists them. A supply frozen at publish tags items with their cells.
    """

    n: int
    mark: Decimal
    kinds: frozenset[Kind] = frozenset()
    chapters: frozenset[int] = frozenset()
    knowledge_points: frozenset[int] = frozenset()
    difficulties: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()

    def accepts(self, item: PoolItem) -> bool:
        """Whether the item may fill this cell (PreparedPool answers the same for a whole pool at once)."""
        return (
            (not self.kinds or item.kind in self.kinds)
            and (not self.chapters or item.chapter in self.chapters)
            and (not self.knowledge_points or bool(self.knowledge_points & item.knowledge_points))
            and (not self.difficulties or item.difficulty in self.difficulties)
            and (not self.tags or bool(self.tags & item.tags))
        )


@dataclass(frozen=True, slots=True)
class CellSupply:
    """`available` counts the items that meet this cell alone, whatever other cells want of them."""

    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """The cells (by index) that want more questions together than all the items meeting any of them."""

    cells: tuple[int, ...]
    wanted: int
    available: int


@dataclass(frozen=True, slots=True)
class Feasibility:
    """`supply` has one entry per cell; without `shortages` every cell can be filled, each question used
    once."""

    supply: tuple[CellSupply, ...]
    shortages: tuple[Shortage, ...]

    @property
    def ok(self) -> bool:
        return not self.shortages


@dataclass(frozen=True, slots=True)
class Plan:
    """A pool seen by given cells: `signatures` holds, for each item of `positions`, the cells it may fill as
    bits; `groups` counts the items of each signature."""

    positions: tuple[int, ...]
    signatures: tuple[int, ...]
    groups: tuple[tuple[int, int], ...]


class PreparedPool:
    """A pool indexed by its attributes; made once per frozen pool and kept by the worker.

    Raises DuplicateQuestion if two versions of one question are in it.
    """

    def __init__(self, items: Iterable[PoolItem]) -> None:
        self.items = tuple(items)
        self.questions = tuple(item.question for item in self.items)
        if len(set(self.questions)) != len(self.questions):
            raise DuplicateQuestion("two versions of one question in a pool")
        self._having: dict[tuple[str, object], int] = defaultdict(int)  # attribute value -> items, as bits
        for position, item in enumerate(self.items):
            bit = 1 << position
            self._having["kind", item.kind] |= bit
            self._having["chapter", item.chapter] |= bit
            self._having["difficulty", item.difficulty] |= bit
            for point in item.knowledge_points:
                self._having["point", point] |= bit
            for tag in item.tags:
                self._having["tag", tag] |= bit
        self._plans: dict[tuple[tuple[Cell, ...], frozenset[int]], Plan] = {}

    def plan(self, cells: tuple[Cell, ...], excluded: frozenset[int] = frozenset()) -> Plan:
        """The plan for these cells without the excluded questions; kept, because every start asks for the
        same."""
        plan = self._plans.get((cells, excluded))
        if plan is None:
            if len(self._plans) >= _PLANS_KEPT:
                self._plans.clear()
            plan = self._plans[cells, excluded] = self._make_plan(cells, excluded)
        return plan

    def _make_plan(self, cells: tuple[Cell, ...], excluded: frozenset[int]) -> Plan:
        left = (1 << len(self.items)) - 1
        for position, question in enumerate(self.questions):
            if question in excluded:
                left ^= 1 << position
        members = {0: left}
        for number, cell in enumerate(cells):
            eligible = self._eligible(cell)
            split = {}
            for signature, bits in members.items():
                inside = bits & eligible
                if inside:
                    split[signature | 1 << number] = inside
                if inside != bits:
                    split[signature] = bits ^ inside
            members = split
        members.pop(0, None)
        found = sorted(
            (position, signature) for signature, bits in members.items() for position in _positions(bits)
        )
        return Plan(
            positions=tuple(position for position, _ in found),
            signatures=tuple(signature for _, signature in found),
            groups=tuple(sorted((signature, bits.bit_count()) for signature, bits in members.items())),
        )

    def _eligible(self, cell: Cell) -> int:
        eligible = (1 << len(self.items)) - 1
        conditions: tuple[tuple[str, AbstractSet[object]], ...] = (
            ("kind", cell.kinds),
            ("chapter", cell.chapters),
            ("point", cell.knowledge_points),
            ("difficulty", cell.difficulties),
            ("tag", cell.tags),
        )
        for name, values in conditions:
            if values:
                having = 0
                for value in values:
                    having |= self._having.get((name, value), 0)
                eligible &= having
        return eligible


def feasible(cells: Sequence[Cell], pool: PreparedPool, fixed: Sequence[FixedItem] = ()) -> Feasibility:
    """Whether all cells can be filled from the pool at once, and if not, which cells are short.

    The fixed items' questions are not available. By Hall's theorem the answer "no" comes with sets of cells
    that want more than exists for them; each set named is minimal.
    """
    groups = pool.plan(tuple(cells), excluded_by(fixed)).groups
    available = [_count(groups, 1 << number) for number in range(len(cells))]
    supply = tuple(CellSupply(cell.n, count) for cell, count in zip(cells, available, strict=True))
    shortages = [
        Shortage((number,), cell.wanted, cell.available)
        for number, cell in enumerate(supply)
        if cell.wanted > cell.available
    ]
    # A cell that is short by itself is named once; it takes part in the flow with what it could get at most.
    wanted = [min(cell.wanted, cell.available) for cell in supply]
    for tight in _tight_sets(wanted, groups):
        short = _minimal(tight, wanted, groups)
        shortage = Shortage(short, sum(cells[number].n for number in short), _count(groups, _bits(short)))
        if shortage not in shortages:
            shortages.append(shortage)
    return Feasibility(supply, tuple(shortages))


def excluded_by(fixed: Sequence[FixedItem]) -> frozenset[int]:
    """The fixed items' questions, which no cell may draw again; raises DuplicateQuestion."""
    questions = frozenset(part.item.question for part in fixed)
    if len(questions) != len(fixed):
        raise DuplicateQuestion("a question is fixed twice in one paper")
    return questions


def _tight_sets(wanted: Sequence[int], groups: Sequence[tuple[int, int]]) -> list[set[int]]:
    """A maximum flow from groups to cells; the set of cells reached from each cell that stayed short."""
    spare = [count for _, count in groups]
    flow: list[dict[int, int]] = [{} for _ in groups]
    groups_of = [
        [g for g, (signature, _) in enumerate(groups) if signature >> cell & 1] for cell in range(len(wanted))
    ]
    tight = []
    for cell, n in enumerate(wanted):
        missing = n
        while missing:
            origin: dict[int, tuple[int, int]] = {}  # cell -> (cell that takes from it, group they share)
            end = _reach_spare(cell, groups_of, spare, flow, origin)
            if end is None:
                tight.append({cell, *origin})
                break
            giver, group = end
            amount = min(missing, spare[group])
            step = giver
            while step != cell:
                taker, shared = origin[step]
                amount = min(amount, flow[shared][step])
                step = taker
            spare[group] -= amount
            while True:
                flow[group][giver] = flow[group].get(giver, 0) + amount
                if giver == cell:
                    break
                taker, group = origin[giver]
                flow[group][giver] -= amount
                giver = taker
            missing -= amount
    return tight


def _reach_spare(
    start: int,
    groups_of: Sequence[Sequence[int]],
    spare: Sequence[int],
    flow: Sequence[dict[int, int]],
    origin: dict[int, tuple[int, int]],
) -> tuple[int, int] | None:
    """The nearest cell that may take from a group with items left, searching along cells that could give one
    up."""
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for group in groups_of[cell]:
            if spare[group]:
                return cell, group
        for group in groups_of[cell]:
            for other, amount in flow[group].items():
                if amount and other != start and other not in origin:
                    origin[other] = (cell, group)
                    queue.append(other)
    return None


def _minimal(tight: set[int], wanted: Sequence[int], groups: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    short = sorted(tight)
    for number in sorted(tight):
        rest = [other for other in short if other != number]
        if sum(wanted[other] for other in rest) > _count(groups, _bits(rest)):
            short = rest
    return tuple(short)


def _count(groups: Sequence[tuple[int, int]], cells: int) -> int:
    return sum(count for signature, count in groups if signature & cells)


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _positions(bits: int) -> list[int]:
    return [position for position, digit in enumerate(bin(bits)[:1:-1]) if digit == "1"]
