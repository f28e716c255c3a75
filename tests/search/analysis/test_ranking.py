"""The order of the first hits."""

from __future__ import annotations

from itertools import permutations

import pytest

from search.analysis.queries import parse
from search.analysis.ranking import Row, ranked

EXACT, TITLE, TITLE_WORDS, TEXT, TEXT_WORDS = range(5)


def row(number: int, title: str = "别的", body: str = "", *, level: int = TEXT, kind_order: int = 5) -> Row:
    return Row(number, level, kind_order, title, body)


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        pytest.param("党章", [row(1, level=TITLE, title="党章概论"), row(9, body="党章党章")], id="level"),
        pytest.param(
            "党章",
            [row(1, level=TITLE, title="党章"), row(9, level=TITLE, title="新时代的党章与高校的党建工作")],
            id="how little else the title says",
        ),
        pytest.param(
            "党员纪律",
            [row(1, level=TITLE, title="党员纪律教育"), row(9, level=TITLE, title="党员的先进性与纪律")],
            id="as it is in the title",
        ),
        pytest.param(
            "党员 纪律",
            [row(1, title="党员", body="纪律"), row(9, body="党员纪律党员纪律")],
            id="words of the title",
        ),
        pytest.param(
            "党员纪律",
            [row(1, body="党员纪律"), row(9, body="党员党员，纪律纪律")],
            id="as it is in the body",
        ),
        pytest.param(
            "党章", [row(1, body="党章", kind_order=7), row(9, body="党章党章党章", kind_order=1)], id="kind"
        ),
        pytest.param("党章", [row(1, body="党章，" * 9), row(9, body="党章")], id="how often"),
        pytest.param(
            "党章", [row(1, body="党章" + "别" * 900), row(9, body="别" * 900 + "党章")], id="how early"
        ),
        pytest.param("党章", [row(9, body="党章"), row(1, body="党章")], id="the newest"),
        pytest.param(
            "law",
            [row(1, level=TITLE, title="LAW school"), row(9, level=TITLE, title="立案完毕")],
            id="letters",
        ),
    ],
)
def test_hits_come_in_this_order(typed: str, rows: list[Row]) -> None:
    for mixed in permutations(rows):
        assert ranked(parse(typed), mixed) == [row.id for row in rows]


@pytest.mark.parametrize("typed", ["第三十一条", "第31条", "宪法第三十一条", "宪法 第31条"])
@pytest.mark.parametrize("before", ["", "总则\n", "总则\n　　", "总则\n## ", "总则\n**"])
def test_the_article_itself_comes_before_what_cites_it(typed: str, before: str) -> None:
    law = row(1, title="宪法", body=f"{before}第三十一条 国家在必要时得设立特别行政区。", level=TEXT_WORDS)
    citing = row(9, title="基本法", body="根据宪法第三十一条，依照宪法第三十一条。" * 5, kind_order=7)
    assert ranked(parse(typed), [citing, law]) == [1, 9]


def test_the_title_that_says_the_article_comes_first() -> None:
    law = row(1, title="宪法", body="第三十一条 国家", level=TEXT)
    lesson = row(2, title="学习宪法第三十一条", level=TITLE)
    assert ranked(parse("宪法第三十一条"), [law, lesson]) == [2, 1]


def test_an_empty_query_leaves_the_order_of_ids() -> None:
    assert ranked(parse(""), [row(1), row(3), row(2)]) == [3, 2, 1]
