"""Excel files, new (.xlsx, .xlsm) and old (.xls), as grids of text."""

import datetime
import io
import posixpath
import re
import warnings as python_warnings
from collections.abc import Iterable

import openpyxl
import xlrd
from openpyxl.utils import column_index_from_string

from question_bank.questions.exchange.archives import safe_zip, scan_parts
from question_bank.questions.exchange.cells import date_text, number_text
from question_bank.questions.exchange.grids import MAX_COLUMNS, Grid, MergedCells, Row
from question_bank.questions.exchange.verdicts import FileRejected, ImportSettings, warning

EXAMPLES_SHEET = "示例（不导入）"  # of our own template, where it shows how each kind is written
MAX_SCANNED_ROWS = 2_000_000  # empty ones too: a cell in row 1,048,576 makes a million of them
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


def read_xlsx(data: bytes, settings: ImportSettings) -> Grid:
    """All visible sheets. A formula gives its cached value; without one the cell is empty and marked."""
    with safe_zip(data) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names and not any(name.startswith("xl/") for name in names):
            raise FileRejected("wrong_type")
        found = scan_parts(archive, {"merge": _MERGE, "formula": _FORMULA})
    grid = Grid("xlsx")
    if any(name.startswith("xl/media/") for name in names):
        grid.notes.append(warning("pictures_not_read"))
    with_formulas = {part for part, name in found if name == "formula"}
    try:
        with python_warnings.catch_warnings():
            python_warnings.simplefilter("ignore")
            _read_openpyxl(data, grid, found, with_formulas, settings)
    except FileRejected:
        raise
    except Exception as error:  # a broken part can raise almost anything from inside the library
        raise FileRejected("corrupt") from error
    return grid


def _read_openpyxl(
    data: bytes,
    grid: Grid,
    found: dict[tuple[str, str], list[bytes]],
    with_formulas: set[str],
    settings: ImportSettings,
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    formulas = (
        openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False) if with_formulas else None
    )
    scanned = 0
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible" and not settings.hidden_sheets:
                grid.notes.append(warning("hidden_sheet", sheet=sheet.title))
                continue
            if sheet.title == EXAMPLES_SHEET:
                grid.notes.append(warning("examples_sheet", sheet=sheet.title))
                continue
            # the only way to this sheet's merges in read-only mode: its part, read beside the library
            part = posixpath.normpath(getattr(sheet, "_worksheet_path", "")).lstrip("/")
            merges = MergedCells(_ranges(found.get((part, "merge"), [])))
            sheet.reset_dimensions()
            uncached = _formula_cells(formulas, sheet.title) if formulas and part in with_formulas else {}
            target = grid.open_sheet(sheet.title)
            # read with an explicit last row, because a row number of a billion would be counted up to
            for number, cells in enumerate(sheet.iter_rows(max_row=1_048_576), start=1):
                scanned += 1
                if scanned > MAX_SCANNED_ROWS:
                    raise FileRejected("too_many_rows", limit=MAX_SCANNED_ROWS)
                if number in uncached or cells:
                    texts, faults = _xlsx_row(cells, uncached.get(number, frozenset()))
                    merged, filled = merges.fill(number, tuple(texts))
                    grid.add(target, Row(number, merged, filled, tuple(faults)))
                if number - (target.rows[-1].number if target.rows else 0) > 200_000:
                    break
    finally:
        book.close()
        if formulas is not None:
            formulas.close()


def _xlsx_row(cells: Iterable[object], formulas: frozenset[int]) -> tuple[list[str], list[tuple[int, str]]]:
    texts: list[str] = []
    faults: list[tuple[int, str]] = []
    for column, cell in enumerate(cells):
        value = getattr(cell, "value", None)
        if value is None:
            if column in formulas:
                faults.append((column, "formula_without_value"))
            texts.append("")
            continue
        if isinstance(value, str):
            if value.startswith("#") and getattr(cell, "data_type", "") == "e":
                faults.append((column, "cell_error"))
                value = ""
            texts.append(value)
        elif isinstance(value, bool):
            texts.append("TRUE" if value else "FALSE")
        elif isinstance(value, int | float):
            texts.append(number_text(value, str(getattr(cell, "number_format", None) or "General")))
        elif isinstance(value, datetime.date | datetime.time | datetime.timedelta):
            faults.append((column, "date_cell"))
            texts.append(date_text(value, str(getattr(cell, "number_format", None) or "")))
        else:
            texts.append(str(value))
    return texts, faults


def _formula_cells(book: openpyxl.Workbook, title: str) -> dict[int, frozenset[int]]:
    """Row → columns that hold a formula."""
    sheet = book[title]
    sheet.reset_dimensions()
    found: dict[int, frozenset[int]] = {}
    for number, cells in enumerate(sheet.iter_rows(max_row=1_048_576), start=1):
        columns = frozenset(at for at, cell in enumerate(cells) if getattr(cell, "data_type", "") == "f")
        if columns:
            found[number] = columns
        if number > MAX_SCANNED_ROWS:
            break
    return found


def _ranges(matches: list[bytes]) -> list[tuple[int, int, int]]:
    ranges = []
    for text in matches:
        if match := _RANGE.search(text.decode("ascii", "ignore")):
            ranges.append((int(match[2]), int(match[4]), column_index_from_string(match[1]) - 1))
    return ranges


def read_xls(data: bytes, settings: ImportSettings) -> Grid:
    """All visible sheets of an old workbook; formulas give the value that was saved with them."""
    grid = Grid("xls")
    try:
        book = xlrd.open_workbook(
            file_contents=data, logfile=io.StringIO(), formatting_info=True, ragged_rows=True
        )
        for sheet in book.sheets():
            if sheet.visibility and not settings.hidden_sheets:
                grid.notes.append(warning("hidden_sheet", sheet=sheet.name))
                continue
            if sheet.name == EXAMPLES_SHEET:
                grid.notes.append(warning("examples_sheet", sheet=sheet.name))
                continue
            target = grid.open_sheet(sheet.name)
            merges = MergedCells([(first, last - 1, column) for first, last, column, _ in sheet.merged_cells])
            for index in range(sheet.nrows):
                texts, faults = _xls_row(book, sheet, index)
                cells, filled = merges.fill(index, tuple(texts))
                grid.add(target, Row(index + 1, cells, filled, tuple(faults)))
    except FileRejected:
        raise
    except Exception as error:  # xlrd answers junk with struct, index, assertion and its own errors
        if "encrypted" in str(error).lower():
            raise FileRejected("encrypted") from error
        raise FileRejected("corrupt") from error
    return grid


def _xls_row(book: xlrd.Book, sheet: xlrd.sheet.Sheet, index: int) -> tuple[list[str], list[tuple[int, str]]]:
    texts: list[str] = []
    faults: list[tuple[int, str]] = []
    for column in range(min(sheet.row_len(index), MAX_COLUMNS + 1)):
        kind, value = sheet.cell_type(index, column), sheet.cell_value(index, column)
        if kind == xlrd.XL_CELL_NUMBER:
            texts.append(number_text(float(value), _xls_format(book, sheet, index, column)))
        elif kind == xlrd.XL_CELL_DATE:
            faults.append((column, "date_cell"))
            try:
                moment = xlrd.xldate_as_datetime(float(value), book.datemode)
                texts.append(date_text(moment, _xls_format(book, sheet, index, column)))
            except (ValueError, OverflowError, xlrd.xldate.XLDateError):
                texts.append(number_text(float(value)))
        elif kind == xlrd.XL_CELL_BOOLEAN:
            texts.append("TRUE" if value else "FALSE")
        elif kind == xlrd.XL_CELL_ERROR:
            faults.append((column, "cell_error"))
            texts.append("")
        else:
            texts.append(str(value))
    return texts, faults


def _xls_format(book: xlrd.Book, sheet: xlrd.sheet.Sheet, index: int, column: int) -> str:
    style = book.xf_list[sheet.cell_xf_index(index, column)]
    shown = book.format_map.get(style.format_key)
    return str(shown.format_str) if shown else "General"
