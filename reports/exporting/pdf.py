"""A report on paper: sentence, figures, the chart as bars, then every table, by learning.printing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil

from django.utils.translation import gettext as _

from learning.printing import pdf
from reports.shape import (
    Chart,
    ChartKind,
    Column,
    Kind,
    Report,
    Row,
    Table,
    Value,
    Withheld,
    repeats_withheld,
    withheld_once,
)
from reports.words import as_of_words, chosen_words, figure_said, heading, legend, rounded, said, with_unit

MOST_ROWS = 2000  # of a table on paper; the workbook holds all
WIDE = 8  # columns from which the paper lies
NARROWEST, WIDEST = 2.5, 16.0  # of a column, in Chinese characters
WHOLE = 6.0  # a cell up to this is not broken
WORDS = re.compile(r"[!-~]+")
PIECES = re.compile("（[^）]*）|[^（]+")
PADDING = 1.0
HALF_WIDTH = 0x2E7F  # the letters before it are narrow
IN_BARS = (ChartKind.BAR, ChartKind.FUNNEL, ChartKind.RADAR, ChartKind.BOX)
MOST_BARS = 40


def document(report: Report) -> bytes:
    """The file's bytes; the same report gives the same ones."""
    wide = any(len(table.columns) > WIDE for table in report.all_tables)
    paper = pdf.Document(
        report.title, footer=footer(report), landscape=wide,
        page_words=_("第 {n} / {total} 页"),
    )  # fmt: skip
    figures = withheld_once(report.figures, _("、"))
    if report.about:
        paper.facts(report.about)
    paper.paragraph(report.sentence)
    for line in (as_of_words(report), chosen_words(report), *report.notes):
        if line:
            paper.paragraph(line, small=True)
    if figures:
        paper.figures(
            [pdf.Figure(heading(each.label, each.unit), figure_said(each), each.how) for each in figures]
        )
    if report.chart is not None:
        paper.heading(report.chart.title or report.chart.table.title)
        _draw(paper, report.chart)
        _write(paper, report.chart.table)
    for table in report.tables:
        paper.heading(table.title)
        _write(paper, table)
    said_above = {(each.label, each.how) for each in figures}
    notes = [note for note in legend(report) if note not in said_above]
    if notes:
        paper.heading(_("这些数字是怎样统计的"), level=2)
        paper.facts(notes)
    return paper.finish()


def footer(report: Report) -> str:
    """What the report is, of whom, and as of when: for the foot of each page."""
    return " · ".join(part for part in (report.title, report.whose, as_of_words(report)) if part)


def _draw(paper: pdf.Document, chart: Chart) -> None:
    """Bars for what can be read as bars; the table below says the rest."""
    table = chart.table
    names = [said(table.column(chart.category), value) for value in table.values(chart.category)]
    if chart.kind is ChartKind.HISTOGRAM and len(chart.series) == 1 and names:
        counts = [int(value) if isinstance(value, int) else 0 for value in table.values(chart.series[0])]
        marked = chart.lines[0] if chart.lines else None
        paper.histogram(
            list(zip(names, counts, strict=True)),
            marked=marked.category if marked else None,
            note=marked.label if marked else "",
        )
        return
    if chart.kind not in IN_BARS or not names:
        return
    if chart.stacked and len(chart.series) > 1:
        _draw_stacked(paper, chart, names)
        return
    keys = _drawn_side_by_side(chart)
    if len(keys) < len(chart.series):
        paper.paragraph(_("条形表示：%(what)s") % {"what": table.column(keys[0]).label}, small=True)
    most = MOST_BARS // len(keys)
    _say_how_many(paper, len(names), most)
    bars: list[pdf.Bar] = []
    for name, row in list(zip(names, table.rows, strict=False))[:most]:
        for key in keys:
            column, value = table.column(key), row[table.place(key)]
            text = with_unit(column, value)
            said_so = f"{column.label} {text}" if len(keys) > 1 else text
            bars.append(
                pdf.Bar("" if key != keys[0] else name, _length(column, value), said_so, key != keys[0])
            )
    paper.bars(bars)


def _say_how_many(paper: pdf.Document, count: int, most: int) -> None:
    if count > most:
        paper.paragraph(
            _("共 %(count)d 行，图中为前 %(shown)d 行，表中为全部。") % {"count": count, "shown": most},
            small=True,
        )


def _draw_stacked(paper: pdf.Document, chart: Chart, names: Sequence[str]) -> None:
    """A bar a row, made of every series; its sum stands at the end, the table below has the parts."""
    columns = [chart.table.column(key) for key in chart.series]
    places = [chart.table.place(key) for key in chart.series]
    _say_how_many(paper, len(names), MOST_BARS)
    paper.paragraph(_("条形末端为各部分之和。"), small=True)
    paper.key([column.label for column in columns])
    bars = []
    for name, row in list(zip(names, chart.table.rows, strict=False))[:MOST_BARS]:
        parts = [_length(column, row[place]) or 0.0 for column, place in zip(columns, places, strict=True)]
        bars.append(pdf.Bar(name, sum(parts), f"{sum(parts):g}", parts=tuple(parts)))
    paper.bars(bars)


def _drawn_side_by_side(chart: Chart) -> tuple[str, ...]:
    """Bars that stand beside each other; elsewhere one series, of a box its median."""
    if chart.kind is ChartKind.BAR:
        return chart.series
    return (chart.series[len(chart.series) // 2 if chart.kind is ChartKind.BOX else 0],)


def _length(column: Column, value: Value) -> float | None:
    if isinstance(value, int | Decimal | Fraction) and not isinstance(value, Withheld):
        return max(0.0, float(rounded(column, value)))
    return None


def _write(paper: pdf.Document, table: Table) -> None:
    if not table.rows and not table.total:
        paper.paragraph(table.empty or _("没有数据。"), small=True)
        return
    if table.paper_rows and len(table.rows) > table.paper_rows:
        paper.paragraph(
            _("共 %(count)d 行，不印在纸上，全部见本报告的 XLSX 文件。") % {"count": len(table.rows)},
            small=True,
        )
        return
    rows = [_said(table.columns, row) for row in table.rows[:MOST_ROWS]]
    if table.total:
        rows.append(_said(table.columns, table.total))
    shares = widths_of(table.columns, rows, paper.room / pdf.CELL)
    columns = [
        pdf.Column(heading(each.label, each.unit), share, "right" if each.kind.is_number else "left")
        for each, share in zip(table.columns, shares, strict=True)
    ]
    paper.table(columns, rows)
    if len(table.rows) > MOST_ROWS:
        paper.paragraph(
            _("共 %(count)d 行，纸面列出前 %(shown)d 行，其余见 XLSX。")
            % {"count": len(table.rows), "shown": MOST_ROWS},
            small=True,
        )


def widths_of(columns: Sequence[Column], rows: Sequence[Sequence[str | None]], room: float) -> list[float]:
    """In Chinese characters: each column as wide as nine of ten of its cells want, within reason; where the paper has not
    the `room`, long texts give way first and nobody goes below what its title and short cells need."""
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    least, wanted = [], []
    for column, values in zip(columns, by_column, strict=True):
        widths = sorted(_width(value) for value in values)
        common = widths[(len(widths) - 1) * 9 // 10] if widths else 0.0
        halved = min(common, max(WHOLE, common / 2 if column.kind is Kind.INSTANT else 0.0))
        least.append(max(NARROWEST, max(halved, _title_width(column)) + PADDING))
        wanted.append(max(least[-1], min(WIDEST, common + PADDING)))
    spare, wish = room - sum(least), sum(wanted) - sum(least)
    granted = max(0.0, min(1.0, spare / wish)) if wish else 0.0
    return [few + (many - few) * granted for few, many in zip(least, wanted, strict=True)]


def _title_width(column: Column) -> float:
    """That a title needs: no word broken, what stands in brackets in one line, and longer Chinese in two."""
    title = heading(column.label, column.unit)
    words = max((_width(word) for word in WORDS.findall(title)), default=0.0)
    pieces = [_width(piece) for piece in PIECES.findall(title)]
    return max(words, *(min(wide, max(4.0, float(ceil(wide / 2)))) for wide in pieces), 0.0)


def _width(text: str | None) -> float:
    """In Chinese characters; Latin letters and digits are half as wide."""
    return sum(1.0 if ord(letter) > HALF_WIDTH else 0.5 for letter in text or "")


def _said(columns: Sequence[Column], row: Row) -> list[str | None]:
    """None where the cell before says it: neighbours withheld for one reason."""
    return [
        None if repeats_withheld(row, place) else said(column, value)
        for place, (column, value) in enumerate(zip(columns, row, strict=True))
    ]
