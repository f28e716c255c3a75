"""A report as a workbook: a first sheet with the finding and the figures, then a sheet for each table.

Rows are written as they are read, so that memory does not grow with them. Numbers are numbers, instants local; text is
never a formula, whatever a member has typed."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from reports.shape import Column, Kind, Report, Table, Value
from reports.words import as_of_words, chosen_words, heading, legend, plain

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
    for label, text in report.about:
        page.append([_text(page, label), _text(page, text)])
    for line in (report.sentence, as_of_words(report), chosen_words(report), *report.notes):
        if line:
            page.append([_text(page, line)])
    page.append([])
    for figure in report.figures:
        label = _text(page, title_of(figure.column))
        page.append([label, Cells(page, figure.column).filled(figure.value), _text(page, figure.how)])
    page.append([])
    for label, how in legend(report):
        page.append([_text(page, label), _text(page, how)])


def _write_table(page: Any, table: Table) -> None:
    page.freeze_panes = "B2"
    for at, column in enumerate(table.columns, start=1):
        page.column_dimensions[get_column_letter(at)].width = WIDTHS.get(column.kind, NUMBER_WIDTH)
    page.append([_text(page, title_of(column), bold=True) for column in table.columns])
    cells = [Cells(page, column) for column in table.columns]
    for row in table.rows:
        page.append(each.filled(value) for each, value in zip(cells, row, strict=True))
    if table.total:
        bold = [Cells(page, column, bold=True) for column in table.columns]
        page.append(each.filled(value) for each, value in zip(bold, table.total, strict=True))


class Cells:
    """The cells of a column: one for numbers and one for words, filled again for each row; the writer has written a cell
    before the next one is asked for. A style, once used, must not change: the book keeps it by reference."""

    def __init__(self, page: Any, column: Column, *, bold: bool = False) -> None:
        self._column = column
        self._value, self._words = WriteOnlyCell(page), _text(page, "", bold=bold)
        self._value.number_format = number_format(column)
        if bold:
            self._value.font = BOLD

    def filled(self, value: Value) -> Any:
        shown = plain(self._column, value)
        if shown is None:
            return None
        if isinstance(shown, str):
            self._words.value = ILLEGAL_CHARACTERS_RE.sub("", shown)
            self._words.data_type = "s"
            return self._words
        if isinstance(shown, datetime) and timezone.is_aware(shown):
            shown = timezone.make_naive(shown)
        # Past the property, which would give dates a style of its own.
        self._value._value = shown  # type: ignore[attr-defined]
        self._value.data_type = "d" if isinstance(shown, date) else "n"
        return self._value


def title_of(column: Column) -> str:
    return heading(column.label, unit_of(column))


def unit_of(column: Column) -> str:
    return _("秒") if column.kind is Kind.DURATION else column.unit


def number_format(column: Column) -> str:
    if column.kind is Kind.DECIMAL:
        return f"0.{'0' * column.places}" if column.places else "0"
    return FORMATS[column.kind]


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
