"""What is offered when nothing fits."""

from __future__ import annotations

import pytest

from search.analysis import similarity
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


@pytest.mark.parametrize("typed", ["陈慧明", "陈惠民", "沈志远", "宋自远"])
def test_sounds_that_many_do_not_tell_apart_are_near(typed: str) -> None:
    assert max(near(typed, "陈慧敏"), near(typed, "申志远"), near(typed, "宋志远")) >= THRESHOLD


@pytest.mark.parametrize("typed", ["支部换届选举", "支部换界选举", "换届选举办法", "支部 换届 日程"])
def test_most_of_several_words_in_title_and_body_together_are_close_enough(typed: str) -> None:
    assert near(typed, "支部委员会换届", f"{AROUND}选举的办法{AROUND}") >= THRESHOLD
    assert near(typed, "支部委员会", AROUND) < THRESHOLD


def test_words_apart_are_less_than_the_query_with_an_error_in_one_piece() -> None:
    apart = near("人民英雄纪念埤", "英雄保护法", f"{AROUND}纪念{AROUND}人民")
    assert THRESHOLD <= apart < near("人民英雄纪念埤", "别的", f"{AROUND}人民英雄纪念碑{AROUND}")


def test_another_number_is_another_thing_whatever_words_it_stands_among() -> None:
    assert near("宪法宣誓 第三十一条", "宪法宣誓", f"{AROUND}第三十二条{AROUND}") < THRESHOLD
    assert near("宪法宣誓 第三十一条", "宪法宣誓", f"{AROUND}第三十一条{AROUND}") >= THRESHOLD


def test_among_equals_the_shorter_text_comes_first() -> None:
    long, short = f"党员权利{AROUND * 20}", f"党员权利{AROUND}"
    assert closest(parse("党员权力"), [Row(9, 4, 5, "别的", long), Row(1, 4, 5, "别的", short)]) == [1, 9]


def test_very_long_bodies_stop_being_looked_at() -> None:
    """They are read in the order of the engine, so the first ones, which share most, are looked at."""
    long = "无关" * 25_000
    rows = [Row(number, 4, 5, "别的", long) for number in range(400)]
    rows[0] = Row(0, 4, 5, "别的", long + "党员权利")
    rows[399] = Row(399, 4, 5, "别的", long + "党员权利")
    assert closest(parse("党员权力"), rows) == [0]


@pytest.mark.parametrize("typed", ["的" * 64, "".join(map(chr, range(0x4E00, 0x4E40)))])
def test_two_hundred_long_titles_keep_nobody_waiting(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    alignment = similarity._alignment

    def counted(pattern: str, text: str) -> float:
        nonlocal compared
        compared += len(pattern) * len(text)
        return alignment(pattern, text)

    monkeypatch.setattr(similarity, "_alignment", counted)
    title = "".join(chr(0x4E00 + place * 37 % 64) for place in range(299)) + "的"
    rows = [Row(number, 4, 2, title, "") for number in range(200)]
    assert closest(parse(typed), rows) == []
    assert 0 < compared < 1_000_000
