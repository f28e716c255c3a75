"""The roster file (花名册) as text: which columns it has, what each row says. Pure: bytes in, rows out; no database."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from unicodedata import normalize

from openpyxl import load_workbook

from . import roster_texts as texts
from .errors import RosterUnreadable

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 120 * 1024 * 1024  # an XLSX is a zip: a small one may unpack to gigabytes
MAX_PARTS = 500
MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_CELL = 500  # characters
TITLE_ROWS = 20  # the header stands somewhere among these

FIELDS = ("full_name", "number", "unit", "status", "phone", "email", "on")
REQUIRED = ("full_name", "number", "unit")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "full_name": ("姓名", "名字", "学生姓名", "教工姓名", "人员姓名", "党员姓名", "name", "fullname"),
    "number": (
        "学号/工号", "工号/学号", "学号", "工号", "学工号", "学号工号", "职工号", "教工号", "人员编号", "账号", "number",
        "studentnumber", "staffnumber",
    ),
    "unit": (
        "党组织", "所在党组织", "所属党组织", "所在党支部", "所属党支部", "党支部", "支部", "党组织代码", "党组织名称",
        "党组织路径", "组织", "unit",
    ),
    "status": ("人员状态", "政治面貌", "人员类别", "党员类别", "发展阶段", "状态", "身份", "status", "personstatus"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "移动电话", "phone", "mobile"),
    "email": ("邮箱", "电子邮箱", "邮件", "电子邮件", "email", "e-mail"),
    "on": ("生效日期", "生效时间", "转入日期", "起始日期", "加入日期", "日期", "date", "effectivedate"),
}  # fmt: skip


@dataclass(frozen=True)
class RosterRow:
    """One row as it stands in the file; `row` is its number there, counting from 1; texts are trimmed."""

    row: int
    full_name: str = ""
    number: str = ""
    unit: str = ""
    status: str = ""
    phone: str = ""
    email: str = ""
    on: str = ""

    def as_json(self) -> dict[str, str | int]:
        return asdict(self)


def read_roster(data: bytes, file_name: str) -> list[RosterRow]:
    """The rows under the header, blank ones left out. Raises RosterUnreadable."""
    if len(data) > MAX_FILE_BYTES:
        raise RosterUnreadable(texts.TOO_LARGE, megabytes=MAX_FILE_BYTES // 1024 // 1024)
    lines = xlsx_lines(data) if data[:2] == b"PK" else csv_lines(data, file_name)
    columns: dict[str, int] = {}
    rows: list[RosterRow] = []
    for no, cells in lines:
        if not columns:
            columns = columns_of(cells)
            if not columns and no > TITLE_ROWS:
                break
            continue
        found = {field: cells[at] for field, at in columns.items() if at < len(cells)}
        if any(found.values()):
            rows.append(RosterRow(row=no, **found))
        if len(rows) > MAX_ROWS:
            raise RosterUnreadable(texts.TOO_MANY_ROWS, rows=MAX_ROWS)
    if not columns:
        raise RosterUnreadable(texts.NO_HEADER)
    return rows


def columns_of(cells: Iterable[str]) -> dict[str, int]:
    """{field: column} where the row is a header with all required columns, else {}."""
    columns: dict[str, int] = {}
    for at, cell in enumerate(cells):
        title = re.sub(r"[\s*:()（）：]|新人员|必填|选填", "", normalize("NFKC", cell)).lower()
        for field, names in SYNONYMS.items():
            if title in names and field not in columns:
                columns[field] = at
    return columns if all(field in columns for field in REQUIRED) else {}


def xlsx_lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise RosterUnreadable(texts.UNPACKS_TOO_LARGE)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # The declared size may be a lie ("A1:XFD1048576"), so the bounds are ours.
        last = MAX_ROWS + TITLE_ROWS + 1
        for no, values in enumerate(sheet.iter_rows(max_row=last, max_col=MAX_COLUMNS, values_only=True), 1):
            yield no, [text_of(value) for value in values]
    except RosterUnreadable:
        raise
    except Exception as error:  # a damaged workbook raises anything from KeyError to xml errors
        raise RosterUnreadable(texts.DAMAGED) from error


def csv_lines(data: bytes, file_name: str) -> Iterator[tuple[int, list[str]]]:
    if data[:4] == b"\xd0\xcf\x11\xe0" or file_name.lower().endswith(".xls"):
        raise RosterUnreadable(texts.OLD_EXCEL)
    if b"\0" in data[:1000] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise RosterUnreadable(texts.DAMAGED)
    text = decoded(data)
    head = text[:4000]
    delimiter = max(",\t;", key=head.count)
    try:
        for no, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            yield no, [text_of(cell) for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise RosterUnreadable(texts.DAMAGED) from error


def decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or what Chinese Excel saves (GB18030)."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def text_of(value: object) -> str:
    """A cell as text: a number typed as a number loses Excel's ".0", a date reads 2026-09-01."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return normalize("NFKC", str(value)).replace("\0", "").strip()[:MAX_CELL]


def read_date(text: str) -> date | None:
    """2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日, 20260901; None for anything else."""
    match = (
        re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:\s+[\d:]+)?", text) if text else None
    )
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def unit_path(text: str) -> list[str]:
    """The names of a path, highest first: "校党委/马院党总支/第一支部" or with > → \\."""
    return [name.strip() for name in re.split(r"[/\\>→]|--", text) if name.strip()]
