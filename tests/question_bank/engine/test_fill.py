from decimal import Decimal

import pytest

from question_bank.engine.fill import fold, right_blanks

ONE = Decimal(1)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("１９２１年７月", "1921年7月"),
        ("1921 年 7 月", "1921年7月"),
        (" 中国　共产党 ", "中国共产党"),
        ("中国共产党。", "中国共产党"),
        ("团结、紧张、严肃、活泼", "团结,紧张，严肃,活泼"),
        ("“三严三实”", '"三严三实"'),
        ("《党章》", "<党章>"),
        ("实事求是——精髓", "实事求是-精髓"),
        ("PARTY", "party"),
        ("ＣＰＣ", "cpc"),
        ("１００％", "100%"),
        ("2020—2025", "2020-2025"),
        ("Karl   Marx", "karl marx"),
        ("马克思\u200b主义", "马克思主义"),
        ("卡尔•马克思", "卡尔·马克思"),
    ],
)
def test_differences_of_typing_do_not_count(typed: str, accepted: str) -> None:
    assert fold(typed) == fold(accepted)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("3.14", "314"),
        ("Karl Marx", "KarlMarx"),
        ("1 000", "1000"),
        ("甲,乙", "甲乙"),
        ("不是", "是"),
        ("。", "，"),
    ],
)
def test_differences_of_content_count(typed: str, accepted: str) -> None:
    assert fold(typed) != fold(accepted)


def test_case_counts_where_the_rule_keeps_it() -> None:
    assert fold("pH", keep_case=True) != fold("PH", keep_case=True)


def test_blanks_are_compared_in_place_by_default() -> None:
    assert right_blanks([["甲", "甲方"], ["乙"]], ["甲方", "甲"], [ONE, ONE]) == {0}


def test_an_empty_text_fills_no_blank() -> None:
    assert right_blanks([[""], ["乙"]], ["", "乙"], [ONE, ONE]) == {1}


def test_in_any_order_texts_find_the_blanks_they_fit() -> None:
    assert right_blanks([["甲"], ["乙"], ["丙"]], ["丙", "甲", "丁"], [ONE] * 3, any_order=True) == {0, 2}


def test_in_any_order_a_text_makes_way_for_one_that_fits_less() -> None:
    # 甲 fits both blanks, 甲方 only the first: taken in the order of typing they would win one blank.
    assert right_blanks([["甲", "甲方"], ["甲"]], ["甲", "甲方"], [ONE, ONE], any_order=True) == {0, 1}


def test_in_any_order_the_heaviest_blanks_are_won() -> None:
    both = [["甲", "乙"], ["甲", "乙"]]
    assert right_blanks(both, ["甲", "丙"], [ONE, Decimal(2)], any_order=True) == {1}


def test_naming_one_thing_twice_is_naming_it_once() -> None:
    any_two = [["甲", "乙", "丙"], ["甲", "乙", "丙"]]
    assert len(right_blanks(any_two, ["甲", "甲"], [ONE, ONE], any_order=True)) == 1
    assert len(right_blanks(any_two, ["丙", "甲"], [ONE, ONE], any_order=True)) == 2


def test_two_blanks_with_the_same_only_answer_need_it_twice() -> None:
    assert right_blanks([["0"], ["0"]], ["0", "０"], [ONE, ONE], any_order=True) == {0, 1}
    assert right_blanks([["0"], ["0"]], ["0", ""], [ONE, ONE], any_order=True) in ({0}, {1})
