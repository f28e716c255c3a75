"""What is offered when nothing fits."""

from __future__ import annotations

import pytest

from search.analysis.queries import parse
from search.analysis.ranking import Row
from search.analysis.similarity import THRESHOLD, closeness, closest

AROUND = "这里写的是别的内容，与所找的没有关系。" * 5


def near(typed: str, title: str, body: str = "") -> float:
    return closeness(parse(typed).text, title, body)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("党员权力", "党员权利"),
        ("入党积极份子", "入党积极分子"),
        ("民主几中制", "民主集中制"),
        ("常征精神", "长征精神"),
        ("党章习", "党章学习"),
        ("入积极分子", "入党积极分子"),
        ("入了党积极分子", "入党积极分子"),
        ("积极子分", "积极分子"),
        ("组织声活会", "组织生活会"),
        ("党史学习较育", "党史学习教育"),
        ("consitution", "The Constitution"),
        ("contsitution", "The constitution"),
        ("宪发 consitution", "宪法 Constitution"),
    ],
)
def test_one_error_in_about_four_characters_is_forgiven(typed: str, meant: str) -> None:
    assert THRESHOLD <= near(typed, meant) < 1
    if parse(typed).text.isascii() or "宪" not in typed:
        assert (
            THRESHOLD
            <= near(typed, "别的标题", f"{AROUND}{meant}，{AROUND}")
            < near(typed, parse(typed).text)
        )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("党张", "党章"),
        ("限法", "宪法"),
        ("章党", "党章"),
        ("党张纪律", "纪律与党章"),
        ("入党积极份子", "入黨積極分子培訓班"),
    ],
)
def test_in_titles_two_characters_glued_words_and_other_writings_are_close_too(
    typed: str, meant: str
) -> None:
    assert near(typed, meant) >= THRESHOLD


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("党课", "党章"),
        ("中国", "美国"),
        ("党员权利", "党员义务"),
        ("王大明", "王小明"),
        ("wto", "wtp"),
        ("党", "章"),
        ("2021年", "2022年"),
        ("第三十一条", "第三十二条"),
        ("🎉", "党章"),
        ("党章", ""),
    ],
)
def test_another_thing_is_not_similar(typed: str, other: str) -> None:
    assert near(typed, other) < THRESHOLD
    assert near(typed, "别的标题", f"{AROUND}{other}{AROUND}") < THRESHOLD


def test_a_title_that_is_the_query_is_closest() -> None:
    assert (
        near("党章", "《党章》")
        > near("党章", "党章学习辅导")
        > near("党章", "别的", "学习党章")
        >= THRESHOLD
    )
    assert near("党章", "党章") == 1


def test_the_closest_come_first_and_the_others_not_at_all() -> None:
    rows = [
        Row(1, 4, 5, "别的", f"{AROUND}党员权利{AROUND}"),
        Row(2, 4, 5, "党员义务", AROUND),
        Row(3, 4, 5, "党员权利与义务教育专题", ""),
        Row(4, 4, 5, "党员权利", ""),
        Row(5, 4, 7, "别的", f"党员权利{AROUND}"),
    ]
    assert closest(parse("党员权力"), rows) == [4, 3, 5, 1]
    assert closest(parse("🎉"), rows) == []


def test_very_long_bodies_stop_being_looked_at() -> None:
    """They are read in the order of the engine, so the first ones, which share most, are looked at."""
    long = "无关" * 25_000
    rows = [Row(number, 4, 5, "别的", long) for number in range(400)]
    rows[0] = Row(0, 4, 5, "别的", long + "党员权利")
    rows[399] = Row(399, 4, 5, "别的", long + "党员权利")
    assert closest(parse("党员权力"), rows) == [0]
