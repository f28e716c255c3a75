"""Which questions a new run gets, and its paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from question_bank.engine.assembly import Cell, FixedItem, PoolItem, PreparedPool, Section, build_paper, draw
from question_bank.engine.kinds import Kind
from question_bank.exams.papers import paper_json, pool_items

FULL_MARK = Decimal("1.00")


def next_stretch(
    questions: Sequence[tuple[int, int]], *, after: int | None, n: int
) -> Sequence[tuple[int, int]]:
    """Up to `n` (question, version) pairs that follow the question `after`; from the beginning again once
    the end was reached, or if that question is gone."""
    place = next((at for at, (question, _) in enumerate(questions) if question == after), -1)
    start = (place + 1) % len(questions) if questions else 0
    return questions[start : start + n]


def random_versions(
    questions: Iterable[tuple[int, int]], *, n: int, seed: int, met: AbstractSet[int]
) -> tuple[int, ...]:
    """`n` version ids, or all there are: first of questions the member has not met in practice."""
    pool = PreparedPool(PoolItem(version, question, Kind.SINGLE) for question, version in questions)
    cell = Cell(min(n, len(pool.items)), FULL_MARK)
    return draw([cell], pool, seed=seed, seen=met)[0]


def practice_paper(versions: Sequence[int], *, seed: int, shuffle: bool) -> list[dict[str, Any]]:
    """The paper of these versions as JSON, options shuffled; the questions too if asked. One query."""
    items = pool_items({version: set() for version in versions})
    section = Section(
        parts=tuple(FixedItem(items[version], FULL_MARK) for version in versions),
        shuffle_questions=shuffle,
        shuffle_options=True,
    )
    return paper_json(build_paper([section], PreparedPool(()), seed=seed))
