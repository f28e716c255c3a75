"""Markup, subtitles and lists of names as plain words."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest

from search.models.entries import BODY_LENGTH, TITLE_LENGTH
from search.sources.texts import body_of, names_in, plain, spoken, title_of, year_of

FILM = """\ufeffWEBVTT - 党史

NOTE 初稿
不要索引

STYLE
::cue { color: red }

1
00:00:01.000 --> 00:00:02.000 align:start
<v 李老师>同志们</v>好&amp;早

00:00:03.000 --> 00:00:04.000
一大
召开
"""


@pytest.mark.parametrize("sign", ["<", "<p", "<p ", "<v "])
def test_a_file_of_nothing_but_beginnings_of_tags_takes_no_time(sign: str) -> None:
    began = process_time()
    plain(sign * (2_000_000 // len(sign)))
    assert process_time() - began < 5  # twenty minutes, where each sought its end through all others


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<h2>总纲</h2><p>中国<b>共产</b>党</p>", "总纲\n中国共产党"),
        ("<ul><li>甲</li><li>乙</li></ul>", "甲\n乙"),
        ("一行<br/>二行<hr>三行", "一行\n二行\n三行"),
        ('<p>见<a linktype="page" id="3">党章</a>&nbsp;&lt;总纲&gt;</p>', "见党章\xa0<总纲>"),
        ("<table><tr><td>甲</td><td>乙</td></tr></table>", "甲\n乙"),
        ("没有标记", "没有标记"),
        ("", ""),
    ],
)
def test_blocks_end_lines_and_other_markup_joins(markup: str, words: str) -> None:
    assert plain(markup) == words


def test_subtitles_are_what_is_said() -> None:
    assert spoken(FILM) == "同志们好&早\n一大 召开"
    assert spoken(FILM.replace("\n", "\r\n")) == spoken(FILM)
    assert spoken("不是字幕") == ""


def test_titles_and_bodies_are_cut_to_what_a_row_holds() -> None:
    assert len(title_of("题" * 999)) == TITLE_LENGTH
    assert title_of(" 两\n行 ") == "两 行"
    assert len(body_of(["文" * 30_000] * 3)) == BODY_LENGTH
    assert body_of(["甲", "", "乙"]) == "甲\n乙"


def test_what_no_database_takes_is_left_out() -> None:
    assert title_of("甲\x00\ud800乙") == "甲乙"
    assert body_of(["甲\x00", "\udfff乙"]) == "甲\n乙"


def test_names_are_cut_at_the_marks_of_lists() -> None:
    assert names_in("张三、李四，王五, Edgar Snow；张三") == ("张三", "李四", "王五", "Edgar Snow")
    assert names_in(" 、 ") == ()


def test_years_are_local() -> None:
    assert year_of(datetime(2025, 12, 31, 20, tzinfo=UTC)) == "2026"
    assert year_of(None) == ""
