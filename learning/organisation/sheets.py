"""A list as an XLSX file. Cells are text, never formulas: what a member typed must not run on an organiser's PC."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


Page = tuple[str, Sequence[str], Iterable[Sequence[object]]]


def sheet(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *more: Page, width: int = 22
) -> bytes:
    """The workbook's bytes: one sheet, bold headings that stay in view; `more` sheets (title, headings, rows) behind
    it. `width` of the columns in characters."""
    book = Workbook(write_only=True)
    for each in ((title, headings, rows), *more):
        add_page(book, *each, width=width)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def add_page(
    book: Workbook, title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, width: int
) -> None:
    page = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    for at in range(1, len(headings) + 1):
        page.column_dimensions[get_column_letter(at)].width = width
    page.append([cell(page, heading, bold=True) for heading in headings])
    for row in rows:
        page.append([cell(page, value) for value in row])


def cell(page: Any, value: object, *, bold: bool = False) -> Any:
    text = "" if value is None else str(value)
    try:
        made = WriteOnlyCell(page, value=text)
    except IllegalCharacterError:
        made = WriteOnlyCell(page, value="".join(letter for letter in text if letter.isprintable()))
    made.data_type = "s"
    made.number_format = "@"
    if bold:
        made.font = Font(bold=True)
    return made


def download(name: str, content: bytes) -> HttpResponse:
    """The file as an attachment; `name` may be Chinese. Never kept in a cache: these sheets hold codes and people."""
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename=\"list.xlsx\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    return response
