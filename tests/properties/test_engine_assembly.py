"""Draws and their feasibility, against brute force on small cases."""

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.engine.assembly import (
    Cell,
    FixedItem,
    PoolItem,
    PoolTooSmall,
    PreparedPool,
    Section,
    build_paper,
    draw,
    feasible,
)
from question_bank.engine.kinds import Kind

ONE = Decimal("1.00")
chapters = st.frozensets(st.integers(1, 4), max_size=3)
difficulties = st.frozensets(st.integers(1, 2), max_size=1)
cells = st.lists(
    st.builds(
        lambda n, c, d: Cell(n, ONE, chapters=c, difficulties=d), st.integers(0, 3), chapters, difficulties
    ),
    min_size=1,
    max_size=4,
)
pools = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), max_size=8).map(
    lambda drawn: PreparedPool(
        PoolItem(
            version=100 + number, question=number, kind=Kind.SINGLE, chapter=chapter, difficulty=difficulty
        )
        for number, (chapter, difficulty) in enumerate(drawn)
    )
)
usages = st.dictionaries(st.integers(0, 7), st.integers(0, 3))
seen_questions = st.frozensets(st.integers(0, 7))
seeds = st.integers(0, 2**63 - 1)


def can_be_filled(wanted: list[Cell], items: tuple[PoolItem, ...]) -> bool:
    """Tries every choice for the first cell, and so on: slow, and obviously right."""
    if not wanted:
        return True
    cell, *rest = wanted
    fitting = [item for item in items if cell.accepts(item)]
    return any(
        can_be_filled(rest, tuple(item for item in items if item not in chosen))
        for chosen in combinations(fitting, cell.n)
    )


def cost(items: list[PoolItem], usage: dict[int, int], seen: frozenset[int]) -> list[tuple[bool, int]]:
    return sorted((item.question in seen, usage.get(item.question, 0)) for item in items)


@given(cells, pools)
def test_feasible_is_never_wrong(wanted: list[Cell], pool: PreparedPool) -> None:
    assert feasible(wanted, pool).ok == can_be_filled(wanted, pool.items)


@given(cells, pools)
def test_every_shortage_is_a_proof_and_its_supply_is_counted_rightly(
    wanted: list[Cell], pool: PreparedPool
) -> None:
    result = feasible(wanted, pool)
    for cell, supply in zip(wanted, result.supply, strict=True):
        assert supply.available == sum(cell.accepts(item) for item in pool.items)
    for short in result.shortages:
        named = [wanted[number] for number in short.cells]
        assert short.wanted == sum(cell.n for cell in named)
        assert short.available == sum(any(cell.accepts(item) for cell in named) for item in pool.items)
        assert short.wanted > short.available


@given(cells, pools, seeds, usages, seen_questions)
def test_a_draw_fills_every_cell_without_duplicates_exactly_when_feasible(
    wanted: list[Cell], pool: PreparedPool, seed: int, usage: dict[int, int], seen: frozenset[int]
) -> None:
    if not feasible(wanted, pool).ok:
        with pytest.raises(PoolTooSmall) as refused:
            draw(wanted, pool, seed=seed, usage=usage, seen=seen)
        assert refused.value.shortages
        return
    drawn = draw(wanted, pool, seed=seed, usage=usage, seen=seen)
    versions = [version for cell in drawn for version in cell]
    by_version = {item.version: item for item in pool.items}
    assert len(set(versions)) == len(versions)
    for cell, got in zip(wanted, drawn, strict=True):
        assert len(got) == cell.n
        assert all(cell.accepts(by_version[version]) for version in got)
    assert drawn == draw(wanted, PreparedPool(pool.items), seed=seed, usage=usage, seen=seen)


@given(cells, pools, seeds, usages, seen_questions)
def test_no_other_filling_is_fresher_than_the_one_drawn(
    wanted: list[Cell], pool: PreparedPool, seed: int, usage: dict[int, int], seen: frozenset[int]
) -> None:
    if not feasible(wanted, pool).ok:
        return
    versions = {version for cell in draw(wanted, pool, seed=seed, usage=usage, seen=seen) for version in cell}
    got = cost([item for item in pool.items if item.version in versions], usage, seen)
    best = min(
        cost(list(chosen), usage, seen)
        for chosen in combinations(pool.items, len(versions))
        if can_be_filled(wanted, chosen)
    )
    assert got == best


@given(cells, pools, seeds, st.integers(0, 7))
def test_a_paper_has_every_question_once_and_every_mark(
    wanted: list[Cell], pool: PreparedPool, seed: int, fixed_question: int
) -> None:
    fixed = FixedItem(PoolItem(version=999, question=fixed_question, kind=Kind.ESSAY), Decimal("10.00"))
    sections = [Section((*wanted[:2], fixed), shuffle_questions=True), Section(tuple(wanted[2:]))]
    if not feasible(wanted, pool, [fixed]).ok:
        with pytest.raises(PoolTooSmall):
            build_paper(sections, pool, seed=seed)
        return
    paper = build_paper(sections, pool, seed=seed)
    question_of = {item.version: item.question for item in pool.items} | {999: fixed_question}
    questions = [question_of[slot.version] for slot in paper]
    assert len(set(questions)) == len(questions) == sum(cell.n for cell in wanted) + 1
    assert sum(slot.max_mark for slot in paper) == sum(cell.n for cell in wanted) + 10
    assert [slot.section for slot in paper] == sorted(slot.section for slot in paper)
    assert paper == build_paper(sections, pool, seed=seed)
