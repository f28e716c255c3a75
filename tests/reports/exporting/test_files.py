"""The files say the same numbers as the page, and no text in them is a formula."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pypdfium2
import pytest
from openpyxl import load_workbook

from reports.exporting.pdf import document
from reports.exporting.xlsx import workbook
from reports.shape import Chart, ChartKind, Column, Figure, Kind, Report, Table, Withheld
from reports.words import said

COLUMNS = (
    Column("name", "姓名"),
    Column("n", "人数", Kind.INT, "人"),
    Column("mean", "平均分", Kind.DECIMAL),
    Column("rate", "合格率", Kind.PERCENT),
    Column("used", "用时", Kind.DURATION),
    Column("at", "时间", Kind.INSTANT),
    Column("day", "日期", Kind.DATE),
)
AT = datetime(2026, 6, 1, 17, 30, tzinfo=UTC)  # the next day in Shanghai
ROWS = [
    ("甲支部", 12, Fraction(200, 3), Fraction(11, 12), 3_965_900, AT, date(2026, 6, 1)),
    ('=HYPERLINK("http://x")', 0, None, Withheld.SMALL_GROUP, None, None, None),
]


def report(rows: Any = ROWS) -> Report:
    table = Table(
        "下级党组织", COLUMNS, rows, total=("合计", 12, Fraction(200, 3), None, 0, None, None), key="children"
    )
    return Report(
        title="测评报告",
        sentence="应考 12，实考 11。",
        as_of=AT,
        figures=(
            Figure("平均分", Fraction(200, 3), Kind.DECIMAL, "分"),
            Figure("标准差", Withheld.SMALL_GROUP),
        ),
        chart=Chart(ChartKind.BAR, table, "name", ("n",)),
        tables=(Table("缺考/名单", COLUMNS[:1], [("@SUM(1)",), ("\x07张",)]),),
    )


def test_numbers_of_the_workbook_are_those_of_the_page() -> None:
    book = load_workbook(io.BytesIO(workbook(report())))
    page = book["下级党组织"]
    head, first, second, total = ([cell.value for cell in row] for row in page.iter_rows())
    assert head == ["姓名", "人数（人）", "平均分", "合格率", "用时（秒）", "时间", "日期"]
    assert first[1:3] == [12, 66.67]
    assert said(COLUMNS[2], ROWS[0][2]) == "66.67"  # type: ignore[arg-type]
    assert first[3] == pytest.approx(0.917)
    assert said(COLUMNS[3], ROWS[0][3]) == "91.7%"  # type: ignore[arg-type]
    assert first[4] == 3965
    assert first[5] == datetime(2026, 6, 2, 1, 30)  # noqa: DTZ001 — a sheet knows local times only
    assert second[3] == "人数过少，不显示"
    assert total[:2] == ["合计", 12]
    assert page["D2"].number_format == "0.0%"


def test_no_text_is_a_formula() -> None:
    book = load_workbook(io.BytesIO(workbook(report())))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert book["下级党组织"]["A3"].value == '=HYPERLINK("http://x")'
    assert book["缺考名单"]["A3"].value == "张"


def test_paper_says_what_the_page_says() -> None:
    pages = pypdfium2.PdfDocument(document(report()))
    # Cells break into lines: what is compared has no white space.
    text = "".join("".join(page.get_textpage().get_text_range() for page in pages).split())
    for words in (
        "测评报告",
        "应考 12，实考 11。",
        "66.67",
        "91.7%",
        "1小时06分",
        "2026年6月2日 01:30",
        "人数过少，不显示",
    ):
        assert "".join(words.split()) in text, words


def test_same_report_gives_the_same_paper() -> None:
    assert document(report()) == document(report())


def test_sheet_names_differ_whatever_the_titles_are() -> None:
    tables = tuple(Table("一" * 40, COLUMNS[:1], [("x",)]) for _ in range(3))
    book = load_workbook(io.BytesIO(workbook(Report("t", "s", AT, tables=tables))))
    assert len(set(book.sheetnames)) == 4


def test_long_tables_are_written_row_by_row() -> None:
    class Rows:
        """As long as a school, and never held as a list."""

        def __len__(self) -> int:
            return 20_000

        def __iter__(self) -> Iterator[Any]:
            return (
                ("人", n, Decimal(n), Fraction(1, 2), n, AT + timedelta(seconds=n), None)
                for n in range(20_000)
            )

        def __getitem__(self, place: Any) -> Any:
            raise AssertionError("read by place")

    table = Table("名单", COLUMNS[:1], [])
    object.__setattr__(table, "columns", COLUMNS)
    object.__setattr__(table, "rows", Rows())
    book = load_workbook(io.BytesIO(workbook(Report("t", "s", AT, tables=(table,)))), read_only=True)
    assert sum(1 for _row in book["名单"].iter_rows()) == 20_001
