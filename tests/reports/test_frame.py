"""A table's row as the page writes it."""

from __future__ import annotations

from fractions import Fraction

import pypdfium2

from reports.exporting.pdf import document
from reports.frame import cells, shown_figure
from reports.shape import Column, Figure, Kind, Report, Table, Value, Withheld, withheld_once
from tests.factories import NOW

FEW, GROUP = Withheld.SMALL_SAMPLE, Withheld.SMALL_GROUP
COLUMNS = tuple(
    Column(key, label, Kind.PERCENT if place else Kind.TEXT)
    for place, (key, label) in enumerate(
        [("name", "试题"), ("p", "得分率"), ("r", "区分度"), ("blank", "空白率"), ("d", "用时")]
    )
)


def spans(*values: Value) -> list[tuple[str, str, int]]:
    row = ("第 1 题", *values)
    return [(each.text, each.label, each.span) for each in cells(Table("试题", COLUMNS, [row]), row, "")][1:]


def test_neighbours_withheld_for_one_reason_say_it_once_under_all_their_columns() -> None:
    assert spans(FEW, FEW, FEW, FEW) == [("样本不足", "得分率、区分度、空白率、用时", 4)]
    assert spans(FEW, FEW, Fraction(1, 2), FEW) == [
        ("样本不足", "得分率、区分度", 2),
        ("50.0%", "空白率", 1),
        ("样本不足", "用时", 1),
    ]


def test_two_reasons_are_said_apart_and_nothing_else_is_joined() -> None:
    assert [span for *_words, span in spans(FEW, GROUP, GROUP, None)] == [1, 2, 1]
    assert [span for *_words, span in spans(None, None, Fraction(0), Fraction(0))] == [1, 1, 1, 1]


def test_paper_says_it_once_as_well() -> None:
    table = Table("试题", COLUMNS, [("第 1 题", FEW, FEW, FEW, FEW), ("第 2 题", GROUP, None, FEW, FEW)])
    pages = pypdfium2.PdfDocument(document(Report("报告", "一句话。", NOW, tables=(table,))))
    text = "".join("".join(page.get_textpage().get_text_range() for page in pages).split())
    assert (text.count("样本不足"), text.count("人数过少，不显示")) == (2, 1)


def test_figures_withheld_for_one_reason_are_one_and_the_others_stay_in_their_order() -> None:
    figures = (
        Figure("人数", 3), Figure("平均分", GROUP, unit="分"), Figure("α", FEW), Figure("标准差", GROUP),
        Figure("合格", 3), Figure("SEM", FEW),
    )  # fmt: skip
    found = [(each.label, each.value, each.unit) for each in withheld_once(figures, "、")]
    assert found == [("人数", 3, ""), ("平均分、标准差", GROUP, ""), ("α、SEM", FEW, ""), ("合格", 3, "")]


def test_a_figure_that_is_withheld_has_no_unit() -> None:
    assert shown_figure(Figure("平均分", GROUP, Kind.DECIMAL, "分")).unit == ""
    assert shown_figure(Figure("平均分", Fraction(1), Kind.DECIMAL, "分")).unit == "分"
    assert shown_figure(Figure("平均分", None, Kind.DECIMAL, "分")).unit == ""


def test_a_duration_in_a_figure_stands_in_one_line() -> None:
    for ms, wordy in ((45_000, False), (13 * 60_000 + 9_000, True), (3_900_000, True)):
        assert shown_figure(Figure("有效学习时长", ms, Kind.DURATION)).is_wordy is wordy
    assert not shown_figure(Figure("学时", 123456)).is_wordy
