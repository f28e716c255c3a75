"""What is looked up for what was typed."""

from __future__ import annotations

import pytest

from search.analysis.queries import LENGTH, TERMS, parse, words
from search.analysis.tokens import title_tokens


def shown(terms: object) -> list[str]:
    return [term.text + "*" * term.prefix for term in terms]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("党章", ["党章"]),
        ("党", ["党*"]),
        ("入党积极分子培训", ["入党", "积极", "极分", "分子", "培训"]),
        ("什么是党的纪律", ["党*", "纪律"]),
        ("党章党", ["党章"]),
        ("的", ["的*"]),
        ("第31条", ["\ue00231条"]),
        ("第三十一条", ["\ue00231条"]),
        ("A股", ["\ue003a", "股*"]),
        ("COVID-19", ["\ue003covid*", "19*"]),
        ("2035年", ["\ue0022035年"]),
        ("2035", ["\ue0032035*"]),
        ("到 2035 为止", ["到*", "2035", "为止"]),
        ("20230001", ["\ue00320230001*"]),
        ("黨員 權利", ["党员", "权利"]),
        ('"党章" AND (纪律*)', ["党章", "and*", "纪律"]),
    ],
)
def test_words_decide_what_is_found(typed: str, terms: list[str]) -> None:
    assert shown(parse(typed).words) == terms


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("党章学习", ["党章", "章学", "学习"]),
        ("党章 学习", ["党章", "学习"]),
        ("宪法第三十一条规定", ["宪法", "\ue00231条", "规定"]),
        ("宪法第31条规定", ["宪法", "\ue00231条", "规定"]),
    ],
)
def test_the_whole_asks_for_every_pair(typed: str, terms: list[str]) -> None:
    assert shown(parse(typed).whole) == terms


@pytest.mark.parametrize(
    "nothing", ["", "   ", "\x00\x1f", "🎉", "\ud83d", "《》“”", "*?%_\\", "\u200b\ue000"]
)
def test_what_holds_no_word_is_empty(nothing: str) -> None:
    query = parse(nothing)
    assert query.empty
    assert (query.exact, query.whole, query.loose) == ("", (), ())


def test_the_exact_term_is_that_of_the_title() -> None:
    title = "关于加强新时代高校党的建设工作的若干意见——以基层党组织为例，论组织力提升与党员教育管理的十二个重点问题（2021年修订）"
    assert parse("  " + title.replace("，", " ")).exact in title_tokens(title)
    assert parse(title[:-1]).exact in title_tokens(title)
    assert parse(title[:-2]).exact not in title_tokens(title)


def test_a_long_query_is_cut_and_says_so() -> None:
    query = parse("".join(map(chr, range(0x4E00, 0x4E00 + 10_000))))
    assert query.shortened
    assert len(query.text) == LENGTH
    assert len(query.whole) == TERMS
    assert len(query.loose) <= TERMS
    assert not parse("字" * LENGTH).shortened
    assert parse("字" * (LENGTH + 1)).shortened


def test_the_cut_leaves_no_other_number() -> None:
    assert shown(parse("字" * 62 + "2035").words)[-1] == "字字"
    assert shown(parse("字" * 58 + "20350001").words)[-1] == "203500*"


def test_similar_things_share_pairs_sounds_characters_and_beginnings() -> None:
    terms = shown(parse("党张 consitution").loose)
    assert {"党张", "\ue001dang\ue001zhang", "党", "张", "con*"} <= set(terms)


def test_the_words_to_mark_carry_their_spellings() -> None:
    assert [word.spellings for word in words("宪法第31条的规定")] == [
        ("宪法",),
        ("第31条", "第三十一条"),
        ("规定",),
    ]
    assert [word.starts for word in words("党章 party 学习")] == [False, True, False]
