"""Small files for the tests of the importer, made on the spot."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from question_bank.questions.exchange.tables import read_table
from question_bank.questions.exchange.verdicts import ImportReport, ParsedQuestion

HEADER = ("题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案")


def xlsx(*rows: Sequence[Any], merges: Sequence[str] = (), **sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with these rows on its first sheet, and more sheets by name."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in rows:
        first.append(list(row))
    for merge in merges:
        first.merge_cells(merge)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data: bytes | str, *, filename: str = "题库.xlsx", **options: Any) -> ImportReport:
    content = data.encode() if isinstance(data, str) else data
    return read_table(io.BytesIO(content), filename=filename, **options)


def questions(*rows: Sequence[Any], **options: Any) -> list[ParsedQuestion]:
    return read(xlsx(*rows), **options).rows


def one(*rows: Sequence[Any], **options: Any) -> ParsedQuestion:
    """The only question of a sheet with these rows."""
    found = questions(*rows, **options)
    assert len(found) == 1, found
    return found[0]


def codes(question: ParsedQuestion) -> set[str]:
    return {item.code for item in question.warnings}
