"""Articles and years are the same however they are written."""

from __future__ import annotations

import pytest

from search.analysis.numbers import MARK, numbers, spelled, value_of


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("依照第三十一条", ["31条"]),
        ("依照第31条、第 32 条", ["31条", "32条"]),
        ("第一百零五条", ["105条"]),
        ("第一〇五条", ["105条"]),
        ("第二十届三中全会", ["20届"]),
        ("到二〇三五年", ["2035年"]),
        ("到2035年", ["2035年"]),
        ("二零二一年与2021年", ["2021年", "2021年"]),
        ("12021年", []),
        ("第三十一个", []),
        ("三十一条", []),
        ("十年", []),
        ("第十十条", ["20条"]),
    ],
)
def test_counted_things_have_one_token(text: str, tokens: list[str]) -> None:
    assert [number.token for number in numbers(text)] == [MARK + token for token in tokens]


def test_a_year_behind_other_digits_is_still_counted() -> None:
    assert [text.token for text in numbers("一二〇三五年")] == [MARK + "2035年"]


def test_a_number_names_its_other_spellings() -> None:
    assert next(numbers("第31条")).spellings == ("第31条", "第三十一条")
    assert next(numbers("2021年")).spellings == ("2021年", "二〇二一年", "二零二一年")


def test_numbers_are_spelled_as_laws_spell_them() -> None:
    assert [spelled(value) for value in (0, 7, 10, 12, 20, 31, 100, 105, 110, 1001, 1010, 1100)] == [
        *("零", "七", "十", "十二", "二十", "三十一", "一百", "一百零五", "一百一十", "一千零一"),
        *("一千零一十", "一千一百"),
    ]
    assert all(value_of(spelled(value)) == value for value in range(12_000))
