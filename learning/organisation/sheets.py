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


def sheet(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The workbook's bytes: one sheet, bold headings that stay in view."""
    book = Workbook(write_only=True)
    page = book.create_sheet(title[:31])
    page.freeze_panes = "A2"
    for at in range(1, len(headings) + 1):
        page.column_dimensions[get_column_letter(at)].width = 22
    page.append([cell(page, heading, bold=True) for heading in headings])
    for row in rows:
        page.append([cell(page, value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


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
