"""Text tables as grids: CSV and its relatives in whatever encoding and separator, and HTML saved as .xls."""

import codecs
import csv
import html.parser
import io
import re
from collections import Counter

from question_bank.questions.exchange.grids import MAX_COLUMNS, MAX_ROWS, Grid, MergedCells, Row
from question_bank.questions.exchange.headers import field_of
from question_bank.questions.exchange.verdicts import FileRejected, warning

_DELIMITERS = ",\t;|，；"
_SAMPLE_CHARS = 40_000
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def decode(data: bytes, declared: str | None = None) -> tuple[str, bool]:
    """The text, and whether some bytes could not be read. UTF-8, UTF-16, or GBK read as GB18030."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _tolerant(data[len(mark) if encoding == "utf-8" else 0 :], encoding)
    head = data[:4000]
    if head.count(0) > len(head) // 10:
        # two-byte text without its mark: the zero bytes of its ASCII stand at odd or at even places
        odd = head[1::2].count(0) > head[0::2].count(0)
        return _tolerant(data, "utf-16-le" if odd else "utf-16-be")
    for encoding in filter(None, ("utf-8", declared, "gb18030")):
        try:
            return data.decode(encoding), False
        except (UnicodeDecodeError, LookupError):
            continue
    utf8, gb = data.decode("utf-8", "replace"), data.decode("gb18030", "replace")
    return min(utf8, gb, key=lambda text: text.count("\ufffd")), True


def _tolerant(data: bytes, encoding: str) -> tuple[str, bool]:
    text = data.decode(encoding, "replace")
    return text, "\ufffd" in text


def read_delimited(data: bytes) -> Grid:
    """One unnamed sheet; row numbers count records, as a spreadsheet shows them."""
    text, damaged = decode(data)
    if "\0" in text or _binary(text):
        raise FileRejected("wrong_type")
    grid = Grid("csv")
    if damaged:
        grid.notes.append(warning("undecodable_characters"))
    delimiter = _delimiter(text)
    records, broken = _records(text, delimiter)
    if broken:
        grid.notes.append(warning("quotes_broken"))
    sheet = grid.open_sheet("")
    for number, cells in enumerate(records, start=1):
        faults = (
            tuple((at, "undecodable") for at, cell in enumerate(cells) if "\ufffd" in cell) if damaged else ()
        )
        grid.add(sheet, Row(number, tuple(cells), faults=faults))
    return grid


def _binary(text: str) -> bool:
    head = text[:4000]
    controls = sum(1 for letter in head if letter < " " and letter not in "\t\r\n\x0b\x0c")
    return controls > len(head) // 50 + 1 or head.count("\ufffd") > len(head) // 5 + 1


def _parse(text: str, delimiter: str, quoted: bool) -> list[list[str]]:
    source = io.StringIO(text, newline="")
    if quoted:
        return list(csv.reader(source, delimiter=delimiter, skipinitialspace=False))
    return list(csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE))


def _records(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    """Records, and whether quotes had to be taken as ordinary letters (one left open swallows the rest)."""
    try:
        records = _parse(text, delimiter, quoted=True)
        if not any(cell.count("\n") > 200 for record in records for cell in record):
            return records, False
    except csv.Error:
        pass
    try:
        return _parse(text.replace("\r", "\n"), delimiter, quoted=False), True
    except csv.Error as error:
        raise FileRejected("corrupt") from error


def _delimiter(text: str) -> str:
    """The separator under which known headers appear, else the one with the steadiest number of columns."""
    sample = text[:_SAMPLE_CHARS]
    if len(text) > _SAMPLE_CHARS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = ",", (0, 0.0)
    for delimiter in _DELIMITERS:
        try:
            records = [record for record in _parse(sample, delimiter, quoted=True) if any(record)][:200]
        except csv.Error:
            continue
        widths = Counter(len(record) for record in records if len(record) > 1)
        if not widths:
            continue
        headers = max(sum(1 for cell in record if field_of(cell)) for record in records[:50])
        width, often = widths.most_common(1)[0]
        score = (headers if headers > 1 else 0, often / len(records) * min(width, 8))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def read_html(data: bytes) -> Grid:
    """Every table of a page, or the sheets of an Excel 2003 XML file, saved under a spreadsheet's name."""
    match = _META_CHARSET.search(data[:4000])
    text, damaged = decode(data, match[1].decode("ascii", "ignore") if match else None)
    grid = Grid("html")
    if damaged:
        grid.notes.append(warning("undecodable_characters"))
    parser = _TableParser()
    try:
        parser.feed(text)
        parser.close()
    except (AssertionError, ValueError, RecursionError) as error:
        raise FileRejected("corrupt") from error
    for name, rows, merges in parser.tables:
        sheet = grid.open_sheet(name)
        merged = MergedCells(merges)
        for number, cells in enumerate(rows, start=1):
            full, filled = merged.fill(number, tuple(cells))
            grid.add(sheet, Row(number, full, filled))
    if not grid.sheets:
        raise FileRejected("wrong_type")
    return grid


class _TableParser(html.parser.HTMLParser):
    """Collects the cells of HTML tables and of Excel's XML, whose Row, Cell and Data tags mean the same."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[str, list[list[str]], list[tuple[int, int, int]]]] = []
        self._depth = 0
        self._sheet_name = ""
        self._cell: list[str] | None = None
        self._across = 0  # further columns that the open cell covers

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.rpartition(":")[2]: value or "" for name, value in attrs}
        tag = tag.rpartition(":")[2]
        if tag == "worksheet":
            self._sheet_name = given.get("name", "")
        elif tag == "table":
            self._depth += 1
            self.tables.append((self._sheet_name, [], []))
        elif not self.tables or not self._depth:
            return
        elif tag in ("tr", "row"):
            self._close_cell()
            rows = self.tables[-1][1]
            gap = _small_int(given.get("index")) - len(rows) - 1
            if gap > 0:
                rows.extend([[] for _ in range(min(gap, MAX_ROWS))])
            rows.append([])
        elif tag in ("td", "th", "cell"):
            self._close_cell()
            _, rows, merges = self.tables[-1]
            if not rows:
                rows.append([])
            taken = {column for first, last, column in merges[-MAX_COLUMNS:] if first < len(rows) <= last}
            at = max(len(rows[-1]), _small_int(given.get("index")) - 1)
            while at in taken and tag != "cell":
                at += 1
            rows[-1].extend([""] * (min(at, MAX_COLUMNS + 1) - len(rows[-1])))
            down = (
                _small_int(given.get("rowspan")) - 1 if tag != "cell" else _small_int(given.get("mergedown"))
            )
            if down > 0:
                merges.append((len(rows), len(rows) + down, len(rows[-1])))
            across = (
                _small_int(given.get("mergeacross"))
                if tag == "cell"
                else _small_int(given.get("colspan")) - 1
            )
            self._across = min(max(across, 0), MAX_COLUMNS)
            self._cell = []
        elif tag in ("br", "p", "div") and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("td", "th", "cell", "tr", "row"):
            self._close_cell()
        elif tag == "table" and self._depth:
            self._close_cell()
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is not None and self.tables:
            row = self.tables[-1][1][-1]
            row.append("".join(self._cell).strip())
            row.extend([""] * self._across)
            self._cell = None


def _small_int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0
