"""What the lesson page says of its parts before the scripts run; words.js says the same afterwards."""

from __future__ import annotations

import pytest

from courses.reading.parts import Part, heading_of, text_blocks
from courses.reading.words import clock_words, covered_words, gaps_of, missing_words, read_words

MINUTE = 60_000


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [
        (12 * MINUTE, 20 * MINUTE, "已学 12/20 分钟"),
        (12 * MINUTE + 59_000, 19 * MINUTE + 1, "已学 12/20 分钟"),
        (0, 40_000, "已学 0:00/0:40"),
        (12_400, 299_000, "已学 0:12/4:59"),
    ],
)
def test_what_was_covered_is_said_in_minutes_or_for_short_media_in_seconds(
    done: int, total: int, words: str
) -> None:
    assert covered_words(done, total) == words


@pytest.mark.parametrize(
    ("spans", "total", "words"),
    [
        ([[0, 8 * MINUTE], [14 * MINUTE, 20 * MINUTE]], 20 * MINUTE, "还差第 8–14 分钟"),
        ([], 20 * MINUTE, "还差第 0–20 分钟"),
        ([[0, 20 * MINUTE]], 20 * MINUTE, ""),
        ([[0, 10_000], [10_900, 40_000]], 40_000, ""),
        ([[0, 8_000]], 14_000, "还差 0:08–0:14"),
        (
            [[0, 60_000], [120_000, 180_000], [240_000, 300_000], [360_000, 420_000]],
            480_000,
            "还差第 1–2、3–4、5–6 分钟等 4 处",
        ),
    ],
)
def test_what_is_missing_is_named_by_its_minutes(spans: list[list[int]], total: int, words: str) -> None:
    assert missing_words(spans, total) == words


def test_gaps_too_short_to_see_are_not_missing() -> None:
    assert gaps_of([[0, 5_000], [6_000, 9_500]], 10_000) == []
    assert gaps_of([[2_000, 5_000]], 10_000) == [(0, 2_000), (5_000, 10_000)]


def test_a_text_names_the_sections_that_are_missing() -> None:
    assert read_words("text", [5_000, 0, 0], [5_000, 5_000, 5_000], ["一", "二", "三"]) == (
        "已读 1/3 节，还差：二、三"
    )
    assert read_words("pdf", [0], [5_000], ["第 1 页"]) == "已读 0/1 页，还差：第 1 页"
    assert read_words("text", [5_000], [5_000], ["一"]) == "已学完"


def test_times_are_written_as_the_player_writes_them() -> None:
    assert [clock_words(each) for each in (0, 492, 3_912)] == ["0:00", "8:12", "1:05:12"]


def test_a_block_is_called_by_its_heading_or_its_place() -> None:
    html = "<p>导语</p><h2>总 <b>纲</b> &amp; 说明</h2><p>正文</p>"
    assert [block.label for block in text_blocks(html)] == ["第 1 段", "总 纲 & 说明"]
    assert heading_of("<p>没有标题</p>") == ""


@pytest.mark.parametrize(
    ("title", "html", "name"),
    [
        ("导读", "<h2>总纲</h2><p>学</p>", "导读"),
        ("", "<p>学</p><h2>总纲</h2><p>学</p>", "总纲"),
        ("", "<p>学</p>", "正文"),
    ],
)
def test_a_link_to_an_article_without_title_says_its_first_heading(title: str, html: str, name: str) -> None:
    part = Part("a", "article", {"title": title}, {"title": title}, None, blocks=text_blocks(html))
    assert part.name == name
