"""Values are rounded and said in one way."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from reports.shape import Column, Figure, Filter, Kind, Report, Table, Withheld
from reports.words import half_up, legend, plain, rounded, said, with_unit

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)  # 14:30 in Shanghai


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.TEXT, "电子支部", "电子支部"),
        (Kind.INT, 0, "0"),
        (Kind.INT, 1234567, "1234567"),
        (Kind.DECIMAL, Decimal("82.345"), "82.35"),
        (Kind.DECIMAL, Fraction(-1, 1000), "0.00"),
        (Kind.PERCENT, Fraction(181, 198), "91.4%"),
        (Kind.PERCENT, Fraction(1, 2000), "0.1%"),  # a half goes up
        (Kind.PERCENT, 1, "100.0%"),
        (Kind.DURATION, 3_900_000, "1小时05分"),
        (Kind.DURATION, 45 * 60_000, "45分钟"),
        (Kind.DURATION, 999, "0秒"),
        (Kind.INSTANT, NOW, "2026年11月21日 14:30"),
        (Kind.DATE, date(2026, 1, 2), "2026年1月2日"),
        (Kind.DECIMAL, None, "—"),
        (Kind.DECIMAL, Withheld.SMALL_SAMPLE, "样本不足"),
    ],
)
def test_a_value_is_said_by_its_kind(kind, value, words):
    assert said(Column("c", "列", kind), value) == words


def test_a_unit_stands_behind_numbers_only():
    column = Column("n", "人数", Kind.INT, "人")
    assert with_unit(column, 7) == "7 人"
    assert with_unit(column, None) == "—"


def test_halves_go_away_from_zero_and_nothing_is_minus_zero():
    assert half_up(Decimal("0.125"), 2) == Decimal("0.13")
    assert half_up(Decimal("-0.125"), 2) == Decimal("-0.13")
    assert str(half_up(Decimal("-0.001"), 2)) == "0.00"


def test_a_cell_of_a_spreadsheet_is_the_number_shown():
    percent = Column("p", "率", Kind.PERCENT)
    assert plain(percent, Fraction(2, 3)) == Decimal("0.667")
    assert said(percent, Fraction(2, 3)) == "66.7%"
    assert plain(Column("t", "用时", Kind.DURATION), 61_900) == 61
    assert plain(Column("n", "人数", Kind.INT), 3) == 3
    assert rounded(Column("r", "区分度", Kind.DECIMAL, places=3), Fraction(1, 3)) == Decimal("0.333")


def test_the_legend_names_each_way_of_counting_once():
    columns = (Column("a", "甲", how="按人"), Column("b", "乙"))
    report = Report(
        "报告",
        "一句话。",
        NOW,
        figures=(Figure("甲", 1, how="按人"), Figure("丙", 2, how="按次")),
        tables=(Table("表", columns, [("x", "y")]),),
    )
    assert legend(report) == [("甲", "按人"), ("丙", "按次")]


def test_rows_must_fit_their_columns():
    with pytest.raises(ValueError, match="rows of"):
        Table("表", (Column("a", "甲"),), [("x", "y")])
    with pytest.raises(ValueError, match="a link for each row"):
        Table("表", (Column("a", "甲"),), [("x",)], links=("/a/", "/b/"))


def test_a_filter_is_said_only_where_something_is_chosen():
    assert Filter("q", "姓名", "李").words == "李"
    assert Filter("unit", "党组织", "").words == ""
