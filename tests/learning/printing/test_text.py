"""Line breaking and what the font cannot show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.printing import text


def test_font_has_every_character_of_gb2312() -> None:
    lead = [bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    characters = "".join(pair.decode("gb2312", errors="ignore") for pair in lead)
    assert len(characters) == 6763
    assert text.clean(characters) == characters


def test_signs_of_reports_are_in_the_font() -> None:
    signs = "①②③ ✓ ✗ ★ ■ □ → ≥ ≤ ± × ÷ ° ℃ ‰ — … · “ ” ‘ ’ 《》 〈〉 【】 √ Σ"
    assert text.clean(signs) == signs


@pytest.mark.parametrize(
    ("given_text", "printed"),
    [
        ("𰻝面😀", "□面□"),
        ("a\x00b\x1bc\u200bd\ufeffe\u202ef", "abcdef"),
        ("姓\t名\u3000甲\u00a0乙", "姓 名\u3000甲\u00a0乙"),
        ("葛\ufe00", "葛"),
        ("e\u0301", "é"),
        ("\ud800x", "□x"),
        ("第一行\r\n第二行", "第一行\n第二行"),
    ],
)
def test_what_the_font_lacks_is_shown_as_a_box_and_the_invisible_is_left_out(
    given_text: str, printed: str
) -> None:
    assert text.clean(given_text) == printed


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    sentence = "他说：“学习，永无止境。”（党章）第一条，《准则》；再读，三遍！" * 8
    for room in range(40, 200, 7):
        for line in text.lines(sentence, 10, room)[1:]:
            assert line[0] not in text.NOT_FIRST
        for line in text.lines(sentence, 10, room)[:-1]:
            assert line[-1] not in text.NOT_LAST


def test_word_and_number_stay_whole() -> None:
    broken = text.lines("得分率为 91.4% 的 Dangxiao 平台，学时 32.5", 10, 80)
    assert any("91.4%" in line for line in broken)
    assert any("Dangxiao" in line for line in broken)


def test_endless_word_is_broken_and_blank_line_is_kept() -> None:
    assert all(text.width(line, 10) <= 100 for line in text.lines("https://" + "x" * 500, 10, 100))
    assert text.lines("甲\n\n乙", 10, 100) == ["甲", "", "乙"]
    assert text.lines("", 10, 100) == [""]


@given(st.text(max_size=200), st.integers(20, 300))
def test_breaking_loses_nothing_but_blanks(words: str, room: int) -> None:
    kept = "".join(text.lines(words, 9, room)).replace(" ", "")
    meant = text.clean(words).replace("\n", "").replace(" ", "")
    assert "".join(kept.split()) == "".join(meant.split())


def test_long_name_is_set_smaller_but_not_below_the_least_size() -> None:
    assert text.fitting("张三", 20, 100, 9) == 20
    assert 9 < text.fitting("中" * 8, 20, 100, 9) < 20
    assert text.fitting("中" * 80, 20, 100, 9) == 9
