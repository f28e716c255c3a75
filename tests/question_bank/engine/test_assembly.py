from decimal import Decimal
from random import Random

import pytest

from question_bank.engine.assembly import (
    Cell,
    DuplicateQuestion,
    FixedItem,
    PoolItem,
    PoolTooSmall,
    PreparedPool,
    Section,
    build_paper,
    draw,
    feasible,
    shuffle_options,
)
from question_bank.engine.kinds import Kind

ONE = Decimal("1.00")
EASY, HARD = 1, 5


def item(number: int, **attributes: object) -> PoolItem:
    """Question `number` in its version 100 + number."""
    return PoolItem(version=100 + number, question=number, **{"kind": Kind.SINGLE, **attributes})  # type: ignore[arg-type]


def chapter_pool(*chapters: int) -> PreparedPool:
    return PreparedPool(item(number, chapter=chapter) for number, chapter in enumerate(chapters))


def of_chapters(n: int, *chapters: int) -> Cell:
    return Cell(n, ONE, chapters=frozenset(chapters))


def test_a_cell_accepts_what_meets_every_condition() -> None:
    cell = Cell(
        1,
        ONE,
        kinds=frozenset({Kind.FILL}),
        chapters=frozenset({3, 4}),
        knowledge_points=frozenset({7}),
        difficulties=frozenset({EASY}),
        tags=frozenset({"党章"}),
    )
    good = {
        "kind": Kind.FILL,
        "chapter": 4,
        "knowledge_points": frozenset({6, 7}),
        "difficulty": EASY,
        "tags": frozenset({"党章", "必考"}),
    }
    wrong = [
        {"kind": Kind.SINGLE},
        {"chapter": None},
        {"knowledge_points": frozenset({6})},
        {"difficulty": HARD},
        {"tags": frozenset[str]()},
    ]
    pool = PreparedPool([item(1, **good), *(item(10 + n, **{**good, **w}) for n, w in enumerate(wrong))])
    assert [cell.accepts(candidate) for candidate in pool.items] == [True] + [False] * 5
    assert draw([cell], pool, seed=1) == ((101,),)


def test_supply_is_counted_for_each_cell_alone() -> None:
    result = feasible([of_chapters(1, 1), of_chapters(1, 1, 2)], chapter_pool(1, 1, 2))
    assert result.ok
    assert [(cell.wanted, cell.available) for cell in result.supply] == [(1, 2), (1, 3)]


def test_a_cell_short_by_itself_is_named_alone() -> None:
    result = feasible([of_chapters(3, 1), of_chapters(1, 2)], chapter_pool(1, 1, 2))
    assert [(short.cells, short.wanted, short.available) for short in result.shortages] == [((0,), 3, 2)]


def test_cells_that_are_short_together_are_named_together_and_no_others() -> None:
    # Each has enough by itself; cells 0 and 2 want four of the same three; cell 1 has nothing to do with it.
    cells = [of_chapters(2, 1), of_chapters(1, 2), of_chapters(2, 1, 3)]
    result = feasible(cells, chapter_pool(1, 1, 3, 2, 2))
    assert [(short.cells, short.wanted, short.available) for short in result.shortages] == [((0, 2), 4, 3)]


def test_independent_shortages_are_all_named() -> None:
    cells = [of_chapters(2, 1), of_chapters(1, 1), of_chapters(5, 2), of_chapters(1, 3)]
    result = feasible(cells, chapter_pool(1, 1, 2, 3))
    assert {short.cells for short in result.shortages} == {(2,), (0, 1)}


def test_a_fixed_question_is_not_available_to_cells() -> None:
    # Fixed is an older version of the pool's question 0: it is the question that may not come twice.
    fixed = FixedItem(PoolItem(version=55, question=0, kind=Kind.SINGLE), ONE)
    pool = chapter_pool(1, 1)
    assert feasible([of_chapters(2, 1)], pool).ok
    assert not feasible([of_chapters(2, 1)], pool, [fixed]).ok
    assert draw([of_chapters(1, 1)], pool, fixed=[fixed], seed=3) == ((101,),)


def test_two_versions_of_a_question_are_refused() -> None:
    with pytest.raises(DuplicateQuestion):
        PreparedPool([PoolItem(1, 7, Kind.SINGLE), PoolItem(2, 7, Kind.SINGLE)])
    with pytest.raises(DuplicateQuestion):
        build_paper([Section((FixedItem(item(1), ONE), FixedItem(item(1), ONE)))], chapter_pool(), seed=1)


def test_overlapping_cells_are_filled_although_a_greedy_draw_would_fail() -> None:
    # The wide cell must leave the only item of chapter 2 to the narrow one, for every seed.
    cells = [of_chapters(2, 1, 2), of_chapters(1, 2)]
    for seed in range(30):
        wide, narrow = draw(cells, chapter_pool(1, 1, 2), seed=seed)
        assert (wide, narrow) == ((100, 101), (102,))


def test_a_draw_from_too_small_a_pool_names_the_short_cell() -> None:
    with pytest.raises(PoolTooSmall) as refused:
        draw([of_chapters(1, 1), of_chapters(2, 2)], chapter_pool(1, 2), seed=1)
    assert [short.cells for short in refused.value.shortages] == [(1,)]


def test_the_same_seed_draws_the_same_and_another_draws_differently() -> None:
    pool = chapter_pool(*[1] * 100)
    cells = [of_chapters(20, 1)]
    assert draw(cells, pool, seed=8) == draw(cells, PreparedPool(pool.items), seed=8)
    assert len({draw(cells, pool, seed=seed) for seed in range(10)}) == 10


def test_a_kept_seed_gives_this_paper_on_every_python() -> None:
    drawn = draw([of_chapters(3, 1), of_chapters(2, 2)], chapter_pool(*[1, 2] * 8), seed=2024)
    assert drawn == ((104, 108, 112), (101, 109))


def test_unseen_questions_come_first_then_the_least_used() -> None:
    pool = chapter_pool(*[1] * 6)
    usage = {0: 0, 1: 0, 2: 5, 3: 5, 4: 9, 5: 9}
    for seed in range(20):
        [drawn] = draw([of_chapters(4, 1)], pool, seed=seed, usage=usage, seen={0, 1})
        assert drawn == (102, 103, 104, 105)
        [drawn] = draw([of_chapters(5, 1)], pool, seed=seed, usage=usage, seen={1, 2})
        assert drawn == (100, 101, 103, 104, 105)


def test_equally_fresh_questions_are_drawn_equally_often() -> None:
    pool = chapter_pool(*[1] * 5)
    times = dict.fromkeys(range(100, 105), 0)
    for seed in range(1000):
        for version in draw([of_chapters(2, 1)], pool, seed=seed)[0]:
            times[version] += 1
    assert all(330 < count < 470 for count in times.values())


def test_options_are_shuffled_around_pinned_ones() -> None:
    options = ("a", "b", "c", "以上都是", "d")
    shown = {shuffle_options(options, frozenset({"以上都是"}), Random(seed)) for seed in range(200)}
    assert {order[3] for order in shown} == {"以上都是"}
    assert all(sorted(order) == sorted(options) for order in shown)
    assert len(shown) == 24


def test_a_paper_keeps_its_authors_order_unless_told_to_shuffle() -> None:
    fixed = FixedItem(item(90, kind=Kind.ESSAY), Decimal("10.00"))
    pool = PreparedPool(item(number, chapter=1, options=("a", "b", "c")) for number in range(4))
    paper = build_paper([Section((of_chapters(4, 1), fixed)), Section(())], pool, seed=5)
    assert [slot.version for slot in paper] == [100, 101, 102, 103, 190]
    assert [slot.options for slot in paper] == [("a", "b", "c")] * 4 + [()]
    assert [slot.max_mark for slot in paper] == [ONE] * 4 + [Decimal("10.00")]


def test_shuffling_stays_inside_its_section() -> None:
    pool = chapter_pool(*[1] * 10, *[2] * 10)
    sections = [Section((of_chapters(10, 1),), shuffle_questions=True), Section((of_chapters(10, 2),))]
    paper = build_paper(sections, pool, seed=5)
    assert [slot.section for slot in paper] == [0] * 10 + [1] * 10
    first, second = [slot.version for slot in paper[:10]], [slot.version for slot in paper[10:]]
    assert sorted(first) == list(range(100, 110)) != first
    assert second == list(range(110, 120))


def test_the_authors_order_of_an_ordering_question_is_never_shown() -> None:
    pool = PreparedPool(
        [
            item(0, kind=Kind.ORDER, options=("a", "b", "c", "d")),
            item(1, kind=Kind.MATCH, options=("a", "b", "c", "d"), left=("l", "m")),
            item(2, options=("a", "b", "c", "d")),
        ]
    )
    papers = [build_paper([Section((Cell(3, ONE),))], pool, seed=seed) for seed in range(60)]
    shown = [{paper[slot].options for paper in papers} for slot in range(3)]
    assert len(shown[0]) > 10
    assert len(shown[1]) > 10
    assert shown[2] == {("a", "b", "c", "d")}
    assert papers[0][1].left == ("l", "m")


def test_a_question_more_pinned_does_not_change_what_is_drawn() -> None:
    loose = PreparedPool(item(number, options=("a", "b", "c")) for number in range(20))
    pinned = PreparedPool(item(n, options=("a", "b", "c"), pinned=frozenset({"c"})) for n in range(20))
    section = [Section((Cell(5, ONE),), shuffle_questions=True, shuffle_options=True)]
    one, other = (build_paper(section, pool, seed=4) for pool in (loose, pinned))
    assert [slot.version for slot in one] == [slot.version for slot in other]
