"""A report as a workbook: a first sheet with the finding and the figures, then a sheet for each table.

Rows are written as they are read, so that memory does not grow with them. Numbers are numbers, instants local; text is
never a formula, whatever a member has typed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from reports.shape import Column, Kind, Report, Table, Value
from reports.words import as_of_words, chosen_words, figure_said, legend, plain

TITLE_CHARS = 31  # a sheet's name in Excel
FORBIDDEN = str.maketrans("", "", "[]:*?/\\")
WIDTHS = {Kind.TEXT: 24, Kind.INSTANT: 20, Kind.DATE: 13}
NUMBER_WIDTH = 12
FORMATS = {
    Kind.TEXT: "@",
    Kind.INT: "0",
    Kind.PERCENT: "0.0%",
    Kind.DURATION: "0",
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
    Kind.DATE: "yyyy-mm-dd",
}
BOLD = Font(bold=True)


def workbook(report: Report) -> bytes:
    """The file's bytes."""
    book = Workbook(write_only=True)
    names: set[str] = set()
    _write_summary(book.create_sheet(_sheet_name(_("概要"), names)), report)
    for table in report.all_tables:
        _write_table(book.create_sheet(_sheet_name(table.title, names)), table)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _write_summary(page: Any, report: Report) -> None:
    page.column_dimensions["A"].width = 28
    page.column_dimensions["B"].width = 40
    page.column_dimensions["C"].width = 60
    page.append([_text(page, report.title, bold=True)])
    for line in (report.sentence, as_of_words(report), chosen_words(report), *report.notes):
        if line:
            page.append([_text(page, line)])
    page.append([])
    for figure in report.figures:
        value = _cell(page, figure.column)
        said = figure_said(figure) if isinstance(plain(figure.column, figure.value), str | None) else None
        _fill(value, figure.column, figure.value)
        page.append(
            [
                _text(
                    page, f"{figure.label}（{unit}）" if (unit := unit_of(figure.column)) else figure.label
                ),
                _text(page, said) if said else value,
                _text(page, figure.how),
            ]
        )
    page.append([])
    for label, how in legend(report):
        page.append([_text(page, label), _text(page, how)])


def _write_table(page: Any, table: Table) -> None:
    page.freeze_panes = "B2"
    for at, column in enumerate(table.columns, start=1):
        page.column_dimensions[get_column_letter(at)].width = WIDTHS.get(column.kind, NUMBER_WIDTH)
    page.append([_text(page, heading(column), bold=True) for column in table.columns])
    cells = [_cell(page, column) for column in table.columns]
    for row in table.rows:
        page.append(_filled(cells, table.columns, row))
    if table.total:
        bold = [_cell(page, column) for column in table.columns]
        for cell in bold:
            cell.font = BOLD
        page.append(_filled(bold, table.columns, table.total))


def heading(column: Column) -> str:
    unit = unit_of(column)
    return f"{column.label}（{unit}）" if unit else column.label


def unit_of(column: Column) -> str:
    return _("秒") if column.kind is Kind.DURATION else column.unit


# One cell a column, filled again for each row: the writer has written it before the next one is asked for.
def _filled(cells: Sequence[Any], columns: Iterable[Column], row: Iterable[Value]) -> Iterator[Any]:
    for cell, column, value in zip(cells, columns, row, strict=True):
        _fill(cell, column, value)
        yield cell


def _fill(cell: Any, column: Column, value: Value) -> None:
    shown = plain(column, value)
    if isinstance(shown, datetime):
        cell.value = timezone.make_naive(shown) if timezone.is_aware(shown) else shown
    elif isinstance(shown, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", shown)
        cell.data_type = "s"
    else:
        cell.value = shown
    cell.number_format = "@" if isinstance(shown, str) else number_format(column)


def number_format(column: Column) -> str:
    if column.kind is Kind.DECIMAL:
        return f"0.{'0' * column.places}" if column.places else "0"
    return FORMATS[column.kind]


def _cell(page: Any, column: Column) -> Any:
    cell = WriteOnlyCell(page)
    cell.number_format = number_format(column)
    return cell


def _text(page: Any, text: str | None, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(page, value=ILLEGAL_CHARACTERS_RE.sub("", text or ""))
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = BOLD
    return cell


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel allows, different from those taken whatever their case."""
    name = title.translate(FORBIDDEN)[:TITLE_CHARS].strip("' ") or "1"
    n = 2
    while name.casefold() in taken:
        name = f"{name[: TITLE_CHARS - 3]} {n}"
        n += 1
    taken.add(name.casefold())
    return name
