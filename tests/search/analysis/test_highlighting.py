"""What of a hit is shown, and which words of it are marked."""

from __future__ import annotations

from html import unescape

import pytest

from search.analysis.highlighting import SNIPPET, marked, snippet
from search.analysis.queries import parse

FILLER = "这里写的是别的内容，与所找的没有关系。"


@pytest.mark.parametrize(
    ("text", "typed", "html"),
    [
        ("党章学习", "党章", "<mark>党章</mark>学习"),
        ("《黨章》學習", "党章学习", "《<mark>黨章</mark>》<mark>學習</mark>"),
        ("学习党的纪律", "党的纪律", "学习<mark>党的纪律</mark>"),
        ("党章与党课", "党课 党章", "<mark>党章</mark>与<mark>党课</mark>"),
        ("A&B <党章>", "党章 a", "<mark>A</mark>&amp;B &lt;<mark>党章</mark>&gt;"),
        ("Constitution reconstitution", "cons", "<mark>Cons</mark>titution re<mark>cons</mark>titution"),
        ("19 与 2019", "19", "<mark>19</mark> 与 20<mark>19</mark>"),
        ("依第31条", "第三十一条", "依<mark>第31条</mark>"),
        ("占地12㎡的基地", "m2", "占地12<mark>㎡</mark>的基地"),
        ("约㎡数", "m2", "约<mark>㎡</mark>数"),
        ("ＡＢＣ党", "abc", "<mark>ＡＢＣ</mark>党"),
        ("re\u0301sume\u0301", "resume", "<mark>résumé</mark>"),
        ("党\u200b章", "党章", "<mark>党\u200b章</mark>"),
        ("积极的分子们", "积极分子", "<mark>积极</mark>的<mark>分子</mark>们"),
        ("党员权利", "党员权力", "<mark>党员</mark>权利"),
        ("曾小明", "zxm", "曾小明"),
        ("党\ud83d章\x00", "党章", "<mark>党章</mark> "),
        ("", "党章", ""),
        ("党章", "", "党章"),
    ],
)
def test_words_are_marked_where_they_stand(text: str, typed: str, html: str) -> None:
    assert marked(text, parse(typed)) == html


def plain(html: str) -> str:
    return unescape(html.replace("<mark>", "").replace("</mark>", ""))


def test_the_whole_query_is_shown_before_its_scattered_words() -> None:
    body = f"党员有纪律。{FILLER * 20}重视党员纪律的教育。{FILLER * 20}"
    shown = snippet(body, parse("党员纪律"))
    assert "重视<mark>党员纪律</mark>的教育" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")


def test_the_piece_with_most_words_is_shown() -> None:
    body = f"支部。{FILLER * 20}组织生活。{FILLER * 20}支部的组织生活与批评。{FILLER * 20}"
    shown = snippet(body, parse("支部 批评 生活"))
    assert "<mark>支部</mark>的组织<mark>生活</mark>与<mark>批评</mark>" in shown


def test_an_article_is_shown_where_it_begins_not_where_it_is_cited() -> None:
    body = f"依照第三十一条办理。\n{FILLER * 20}\n第三十一条 国家设立。\n{FILLER * 20}"
    assert "<mark>第三十一条</mark> 国家设立" in snippet(body, parse("第31条"))
    assert "<mark>第三十一条</mark> 国家设立" in snippet(body, parse("第三十一条"))


def test_of_something_similar_the_place_is_shown_that_is_like_the_query() -> None:
    body = f"党员很多。{FILLER * 20}保障党员权利。{FILLER * 20}"
    assert "保障<mark>党员</mark>权利" in snippet(body, parse("党员权力"))
    assert "<mark>民主</mark>集<mark>中制</mark>" in snippet(
        f"{FILLER * 20}民主集中制。{FILLER * 20}", parse("民主几中制")
    )


@pytest.mark.parametrize("typed", ["党章", "黨章", "ABC", "ＡＢＣ"])
def test_a_body_in_traditional_characters_and_full_width_is_searched_too(typed: str) -> None:
    body = "學習內容與其他無關的文字很多。" * 30 + "學習黨章ＡＢＣ。" + "其他。" * 50
    assert "<mark>" in snippet(body, parse(typed))


def test_capitals_do_not_hide_a_word() -> None:
    assert "<mark>CONS</mark>TITUTION" in snippet(
        f"{FILLER * 20}The CONSTITUTION.{FILLER * 20}", parse("cons")
    )


def test_without_a_word_the_body_is_shown_from_its_beginning() -> None:
    shown = snippet("开头的话。\n" + FILLER * 20, parse("党章"))
    assert shown.startswith("开头的话。 这里")
    assert shown.endswith("…")
    assert "<mark>" not in shown


def test_a_short_body_is_shown_whole() -> None:
    assert snippet("学习\n\n党章", parse("党章")) == "学习 <mark>党章</mark>"
    assert snippet("", parse("党章")) == ""


def test_a_hit_at_the_end_is_shown_with_what_is_before_it() -> None:
    shown = snippet(FILLER * 20 + "党章", parse("党章"))
    assert shown.endswith("<mark>党章</mark>")
    assert len(plain(shown)) > SNIPPET - 30


def test_a_piece_begins_at_a_sentence_and_in_no_word() -> None:
    assert snippet(f"{FILLER * 9}学习党章。{FILLER * 9}", parse("党章")).startswith("…学习<mark>党章</mark>")
    assert snippet("word " * 60 + "organisation of 党章 " + "word " * 60, parse("党章")).startswith("…word")


def test_a_mark_stays_with_its_letter() -> None:
    body = "ཀི" * 100
    assert not plain(snippet(body, parse("党"))).removesuffix("…").endswith("ཀ")


def test_text_of_a_body_is_escaped() -> None:
    assert snippet("<script>alert('党章')</script>", parse("党章 alert")) == (
        "&lt;script&gt;<mark>alert</mark>(&#x27;<mark>党章</mark>&#x27;)&lt;/script&gt;"
    )
