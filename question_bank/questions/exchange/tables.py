"""The importer of tables: a file in, a verdict for every question out. Saves nothing and changes nothing."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, BinaryIO

from question_bank.engine.kinds import Kind
from question_bank.questions.exchange.duplicates import Seen
from question_bank.questions.exchange.grids import Grid
from question_bank.questions.exchange.kinds import KIND_WORDS
from question_bank.questions.exchange.layouts import SheetReader
from question_bank.questions.exchange.readers import read_grid
from question_bank.questions.exchange.rows import build, learn
from question_bank.questions.exchange.verdicts import (
    FileRejected,
    ImportReport,
    ImportSettings,
    ParsedQuestion,
    TableFound,
    Verdict,
    Warning,
    warning,
)

_NO_KNOWN: Mapping[str, str] = {}
_DEFAULTS = ImportSettings()


def read_table(
    data: BinaryIO,
    *,
    filename: str,
    known: Mapping[str, str] = _NO_KNOWN,
    settings: ImportSettings = _DEFAULTS,
) -> ImportReport:
    """What the file holds, question by question, in the order of the file.

    `known` maps the fingerprint of each question of the bank to that of its key (see duplicates.py).
    Raises FileRejected where the file as a whole cannot be read, and nothing else, whatever the bytes.
    """
    grid = read_grid(data, settings)
    notes = list(grid.notes)
    if not any(sheet.rows for sheet in grid.sheets):
        raise FileRejected("empty")
    readers = _read_sheets(grid, notes)
    seen = Seen(known)
    rows: list[ParsedQuestion] = []
    tables: list[TableFound] = []
    for reader in readers:
        if reader.table is None:
            continue
        tables.append(reader.table)
        facts = learn(reader.records)
        if facts.kind_of_id:
            meaning = "，".join(
                f"{number}={KIND_WORDS[kind]}" for number, kind in sorted(facts.kind_of_id.items())
            )
            notes.append(warning("kind_ids_inferred", meaning=meaning))
        for record in reader.records:
            rows.append(seen.judge(build(record, facts, settings), rows))
    if not rows:
        raise FileRejected("empty")
    counts = Counter(question.verdict for question in rows)
    return ImportReport(
        filename=filename,
        file_type=grid.file_type,
        tables=tuple(tables),
        rows=rows,
        notes=tuple(notes),
        read=len(rows),
        accepted=counts[Verdict.ACCEPTED] + counts[Verdict.WARNED],
        warned=counts[Verdict.WARNED],
        rejected=counts[Verdict.REJECTED],
        duplicates=counts[Verdict.DUPLICATE],
    )


def _read_sheets(grid: Grid, notes: list[Warning]) -> list[SheetReader]:
    """Readers of the sheets that hold a table; beside a headed sheet, others must show option columns."""
    filled = [sheet for sheet in grid.sheets if sheet.rows]
    headed = [SheetReader(sheet, _hint(grid)) for sheet in filled]
    found = [reader for reader in headed if reader.read(guess=False)]
    if not found:
        found = [
            reader
            for reader in (SheetReader(sheet, _hint(grid)) for sheet in filled)
            if reader.read(guess=True)
        ]
        if not found:
            raise FileRejected("no_header")
        notes += [warning("columns_guessed", sheet=reader.sheet.name) for reader in found]
    else:
        headless = [sheet for sheet in filled if all(sheet is not reader.sheet for reader in found)]
        for reader in (SheetReader(sheet, _hint(grid)) for sheet in headless):
            if reader.read(guess=True) and reader.table and reader.table.layout == "column_per_option":
                found.append(reader)
                notes.append(warning("columns_guessed", sheet=reader.sheet.name))
    read = {id(reader.sheet) for reader in found}
    notes += [warning("sheet_without_header", sheet=sheet.name) for sheet in filled if id(sheet) not in read]
    notes += [
        warning("rows_above_header", sheet=reader.sheet.name, count=reader.skipped_rows)
        for reader in found
        if reader.skipped_rows > 3  # a title and a line or two of advice need no remark
    ]
    return found


def _hint(grid: Grid) -> str:
    """The words of small sheets (填写说明), where the meaning of type numbers may be written."""
    small = [sheet for sheet in grid.sheets if len(sheet.rows) <= 40]
    return (
        " ".join(
            cell
            for sheet in small
            for row in sheet.rows
            for cell in row.cells
            if "题" in cell and len(cell) < 500
        )
        if (len(grid.sheets) > 1)
        else ""
    )


def dump_line(question: ParsedQuestion) -> dict[str, Any]:
    """The question as one line of `import_questions --dump` (API.md)."""
    answer: Any = question.answer
    if question.kind == Kind.FILL and isinstance(answer, tuple):
        answer = ["/".join(blank) for blank in answer if isinstance(blank, tuple)]
    elif isinstance(answer, tuple):
        answer = list(answer)
    elif isinstance(answer, str):
        answer = [answer]
    return {
        "row": question.row,
        "verdict": question.verdict.value,
        "kind": question.kind,
        "stem": question.stem,
        "options": list(question.options),
        "answer": answer,
        "explanation": question.explanation,
        "warnings": [item.code for item in question.warnings],
    }
