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

from learning.printing import pdf
from learning.printing.text import lines
from reports.exporting.pdf import document, widths_of
from reports.exporting.xlsx import workbook
from reports.shape import Chart, ChartKind, Column, Figure, Kind, Report, Table, Withheld
from reports.words import heading, said

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


def words_on(paper: bytes) -> str:
    """All text of the pages; cells break into lines, so without white space."""
    pages = pypdfium2.PdfDocument(paper)
    return "".join("".join(page.get_textpage().get_text_range() for page in pages).split())


def names_on_paper(people: int, most: int) -> str:
    names = [(f"学员{n:03}号",) for n in range(people)]
    table = Table("缺考名单", COLUMNS[:1], names, key="absent", paper_rows=most)
    return words_on(document(Report("测评报告", "应考 12。", AT, tables=(table,))))


def test_a_list_of_a_few_is_printed_and_a_longer_one_said_to_be_in_the_workbook() -> None:
    text = names_on_paper(60, 60)
    assert text.count("学员") == 60
    assert "XLSX" not in text
    text = names_on_paper(61, 60)
    assert "学员" not in text
    assert "缺考名单共61行，不印在纸上，全部见本报告的XLSX文件。" in text
    assert names_on_paper(61, 0).count("学员") == 61


def test_a_list_of_nobody_is_a_sentence_and_no_header() -> None:
    table = Table("缺考名单", COLUMNS[:2], [], empty="没有人缺考。")
    text = words_on(document(Report("测评报告", "应考 12。", AT, tables=(table,))))
    assert "缺考名单没有人缺考。" in text
    assert "姓名" not in text


def test_how_a_figure_is_counted_is_printed_once() -> None:
    columns = (COLUMNS[0], Column("others", "其他情况", Kind.INT, how="缓考、作答中。"))
    figures = (Figure("实考", 11, how="已交卷的人。"), Figure("其他情况", 1))
    tables = (Table("下级党组织", columns, [("甲支部", 1)]),)
    text = words_on(document(Report("测评报告", "应考 12。", AT, figures, tables=tables)))
    assert text.count("已交卷的人。") == text.count("缓考、作答中。") == 1


def test_a_chart_of_more_bars_than_paper_takes_says_so() -> None:
    def drawn(children: int) -> str:
        table = Table("下级党组织", COLUMNS[:2], [(f"第{n}支部", n) for n in range(children)])
        return words_on(document(Report("t", "s", AT, chart=Chart(ChartKind.BAR, table, "name", ("n",)))))

    assert "共41行，图中为前40行，表中为全部。" in drawn(41)
    assert "图中为前" not in drawn(40)


def test_same_report_gives_the_same_paper() -> None:
    assert document(report()) == document(report())


def test_sheet_names_differ_whatever_the_titles_are() -> None:
    tables = tuple(Table("一" * 40, COLUMNS[:1], [("x",)]) for _ in range(3))
    book = load_workbook(io.BytesIO(workbook(Report("t", "s", AT, tables=tables))))
    assert len(set(book.sheetnames)) == 4


def test_long_tables_are_written_row_by_row() -> None:
    class Rows:
        """Longer than what a writer would hold back, and never held as a list."""

        def __len__(self) -> int:
            return 4_000

        def __iter__(self) -> Iterator[Any]:
            return (
                ("人", n, Decimal(n), Fraction(1, 2), n, AT + timedelta(seconds=n), None)
                for n in range(4_000)
            )

        def __getitem__(self, place: Any) -> Any:
            raise AssertionError("read by place")

    table = Table("名单", COLUMNS[:1], [])
    object.__setattr__(table, "columns", COLUMNS)
    object.__setattr__(table, "rows", Rows())
    book = load_workbook(io.BytesIO(workbook(Report("t", "s", AT, tables=(table,)))), read_only=True)
    assert sum(1 for _row in book["名单"].iter_rows()) == 4_001


def test_a_box_stands_on_paper_as_a_bar_of_its_median() -> None:
    keys = ("p10", "p25", "p50", "p75", "p90")
    columns = (Column("name", "党组织"), *(Column(key, key.upper(), Kind.INT) for key in keys))
    table = Table("成绩", columns, [("甲支部", 11, 22, 33, 44, 55)])
    chart = Chart(ChartKind.BOX, table, "name", keys)
    pages = pypdfium2.PdfDocument(document(Report("t", "s", AT, chart=chart)))
    text = "".join("".join(page.get_textpage().get_text_range() for page in pages).split())
    assert "条形表示：P50" in text
    assert text.count("33") == 2
    assert text.count("22") == 1


def test_paper_and_workbook_say_whose_they_are_at_the_head_and_at_each_foot() -> None:
    about = (("姓名", "张三丰"), ("学号/工号", "2026XX0101"), ("党组织", "学校党委 › 第一支部"))
    table = Table("名单", COLUMNS[:1], [(f"第{n}行",) for n in range(80)])
    told = Report("我的报告", "一句话。", AT, tables=(table,), about=about, whose="张三丰 2026XX0101")
    pages = pypdfium2.PdfDocument(document(told))
    assert len(pages) > 1
    for page in pages:
        assert "我的报告 · 张三丰 2026XX0101 · 数据截至" in page.get_textpage().get_text_range()
    assert "第一支部" in pages[0].get_textpage().get_text_range()
    first = load_workbook(io.BytesIO(workbook(told))).worksheets[0]
    assert [row[:2] for row in first.iter_rows(min_row=2, max_row=4, values_only=True)] == list(about)


def test_bars_of_two_series_stand_beside_each_other_on_paper() -> None:
    columns = (COLUMNS[0], Column("own", "本人", Kind.INT, "秒"), Column("all", "全体中位数", Kind.INT, "秒"))
    table = Table("逐题", columns, [("1", 12, 34), ("2", 56, None)])
    text = words_on(document(Report("t", "s", AT, chart=Chart(ChartKind.BAR, table, "name", ("own", "all")))))
    for words in ("本人12秒", "全体中位数34秒", "本人56秒", "全体中位数—"):
        assert words in text
    assert "条形表示" not in text


def test_a_stacked_bar_stands_on_paper_with_all_its_parts() -> None:
    columns = (COLUMNS[0], Column("passed", "合格", Kind.INT), Column("failed", "不合格", Kind.INT))
    table = Table("下级党组织", columns, [("甲支部", 12, 34), ("乙支部", 5, 0), ("丙支部", None, 0)])
    chart = Chart(ChartKind.BAR, table, "name", ("passed", "failed"), stacked=True, lying=True)
    content = document(Report("t", "s", AT, chart=chart))
    text = words_on(content)
    assert "条形表示" not in text
    assert text.count("不合格") == 2  # in the key and in the table
    assert text.count("46") == 1
    (page,) = pypdfium2.PdfDocument(content)
    seen = {color for _n, color in page.render(scale=1).to_pil().convert("RGB").getcolors(10**6)}
    assert {(0xB3, 0x19, 0x1F), (0xE0, 0x8A, 0x1E)} <= seen


@pytest.mark.parametrize("room", [55.0, 83.0])
def test_no_title_of_a_crowded_table_stands_as_a_column_of_single_letters(room: float) -> None:
    columns = (
        Column("slot", "题号"),
        Column("stem", "题目内容"),
        Column("changes", "改动", Kind.INT, "次"),
        Column("used", "用时（实测）", Kind.DECIMAL, "秒"),
        Column("answer", "作答内容"),
        *(Column(f"t{n}", "首次作答") for n in range(3)),
    )
    row = ["1", "题" * 60, "0", "12.5", "答" * 80, *["09:12:30"] * 3]
    widths = widths_of(columns, [row], room)
    assert sum(widths) <= room + 1e-9
    size, pad = pdf.CELL, 2 * pdf.CELL_PAD
    for column, wide, cell in zip(columns, widths, row, strict=True):
        assert len(lines(heading(column.label, column.unit), size, wide * size - pad)) <= 3, column.label
        if len(cell) < 9:
            assert len(lines(cell, size, wide * size - pad)) == 1, cell
