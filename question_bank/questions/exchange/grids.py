"""A file as sheets of numbered rows of text, with the limits of their size."""

from dataclasses import dataclass, field

from question_bank.questions.exchange.verdicts import FileRejected, Warning

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000  # with content, over all sheets
MAX_COLUMNS = 200
MAX_CELL_CHARS = 32_767  # what a cell of Excel can hold
MAX_SHEETS = 50
MAX_TEXT_CHARS = 60_000_000  # over all cells, so that one file cannot fill the memory


@dataclass(frozen=True, slots=True)
class Row:
    """`filled` columns got their text from a merge above; `faults` are (column, code) of damaged cells."""

    number: int
    cells: tuple[str, ...]
    filled: frozenset[int] = frozenset()
    faults: tuple[tuple[int, str], ...] = ()


@dataclass
class Sheet:
    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass
class Grid:
    """What was read; `add` raises FileRejected when a limit is passed."""

    file_type: str
    sheets: list[Sheet] = field(default_factory=list)
    notes: list[Warning] = field(default_factory=list)
    _rows: int = 0
    _chars: int = 0

    def open_sheet(self, name: str) -> Sheet:
        if len(self.sheets) >= MAX_SHEETS:
            raise FileRejected("too_many_sheets", limit=MAX_SHEETS)
        sheet = Sheet(name.strip()[:80])
        self.sheets.append(sheet)
        return sheet

    def add(self, sheet: Sheet, row: Row) -> None:
        """Keep the row unless it is blank and whole; cells beyond the cell limit are cut and marked."""
        cells = row.cells
        last = len(cells)
        while last and not cells[last - 1].strip():
            last -= 1
        if not last and not row.faults:
            return
        if last > MAX_COLUMNS:
            raise FileRejected("too_many_columns", limit=MAX_COLUMNS, row=row.number)
        self._rows += bool(sheet.rows)  # the first row of a sheet is its header
        self._chars += sum(map(len, cells[:last]))
        if self._rows > MAX_ROWS:
            raise FileRejected("too_many_rows", limit=MAX_ROWS)
        if self._chars > MAX_TEXT_CHARS:
            raise FileRejected("too_large", limit=MAX_FILE_BYTES // 1024 // 1024)
        faults = row.faults
        kept = cells[:last]
        if any(len(cell) > MAX_CELL_CHARS for cell in kept):
            faults += tuple(
                (at, "cell_too_long") for at, cell in enumerate(kept) if len(cell) > MAX_CELL_CHARS
            )
            kept = tuple(cell[:MAX_CELL_CHARS] for cell in kept)
        sheet.rows.append(Row(row.number, kept, row.filled, faults))


class MergedCells:
    """Vertical merges of one sheet: the text of the first row holds for the rows below it."""

    def __init__(self, ranges: list[tuple[int, int, int]]) -> None:
        """`ranges`: (first row, last row, column), rows as the reader numbers them, columns from 0."""
        self._starts: dict[int, list[tuple[int, int]]] = {}
        for first, last, column in ranges:
            if last > first and column < MAX_COLUMNS:
                self._starts.setdefault(first, []).append((last, column))
        self._open: dict[int, tuple[int, str]] = {}

    def fill(self, number: int, cells: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[int]]:
        """Cells of row `number` with what merges from above give them, and which columns that were."""
        if not self._starts:
            return cells, frozenset()
        filled: set[int] = set()
        if self._open and any(cell.strip() for cell in cells):
            mended = list(cells)
            for column, (last, text) in list(self._open.items()):
                if number > last:
                    del self._open[column]
                elif text and not (column < len(mended) and mended[column].strip()):
                    mended.extend([""] * (column + 1 - len(mended)))
                    mended[column] = text
                    filled.add(column)
            cells = tuple(mended)
        for last, column in self._starts.get(number, ()):
            self._open[column] = (last, cells[column] if column < len(cells) else "")
        return cells, frozenset(filled)
