"""Workbooks that the importer reads back: the export of questions, the rejected rows of an import, the empty template."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from question_bank.engine.kinds import Kind

from .content import content_of
from .differences import key_text, letter
from .exchange.kinds import KIND_WORDS
from .exchange.rows import STEP_WORDS
from .exchange.workbooks import EXAMPLES_SHEET
from .models import ImportJob, Question
from .sanitise import to_plain

MIN_OPTION_COLUMNS = 6
STEM_WIDTH = 60  # characters
# The header words are what the importer looks for, so they are Chinese whatever the language of the screen.
BEFORE_OPTIONS = ("题型", "题干")
AFTER_OPTIONS = ("答案", "解析", "难度", "章节", "知识点", "标签", "依据")
FOR_PEOPLE = ("编号", "状态", "有效期至", "最近修改")
_CHOICES = ("选项一", "选项二", "选项三", "选项四", "", "")
_NO_CHOICES = ("",) * MIN_OPTION_COLUMNS
TEMPLATE_ROWS = (
    (
        "单选题",
        "题干写在这里（ ）。",
        *_CHOICES,
        "A",
        "解析可不填",
        "3 中",
        "第一章/第一节",
        "知识点一",
    ),
    ("多选题", "答案写全部正确选项的字母。", *_CHOICES, "ABD", "", "4 难"),
    ("判断题", "答案写“对”或“错”。", *_NO_CHOICES, "对", "", "2 易"),
    ("填空题", "第一空____，第二空____。", *_NO_CHOICES, "答案一；答案二", "", "3 中"),
    ("简答题", "答案列写参考答案。", *_NO_CHOICES, "参考答案", "", "3 中"),
)


def questions_workbook(questions: Sequence[Question]) -> io.BytesIO:
    """One row a question, in the order given, with the newest version's words; times are local. Knowledge points must be
    prefetched."""
    widest = max((len(q.latest.body.get("options", ())) for q in questions if q.latest), default=0)
    columns = max(widest, MIN_OPTION_COLUMNS)
    options = [f"选项{letter(at)}" for at in range(columns)]
    header = [*BEFORE_OPTIONS, *options, *AFTER_OPTIONS, *FOR_PEOPLE]
    return _workbook(_("试题"), header, (_question_cells(question, columns) for question in questions))


def template_workbook() -> io.BytesIO:
    """An empty sheet with the header, and behind it one with an example of each kind, which the importer leaves out."""
    options = [f"选项{letter(at)}" for at in range(MIN_OPTION_COLUMNS)]
    header = [*BEFORE_OPTIONS, *options, *AFTER_OPTIONS]
    book = Workbook(write_only=True)
    _add_sheet(book, _("试题"), header, ())
    _add_sheet(book, EXAMPLES_SHEET, header, TEMPLATE_ROWS)
    return _saved(book)


def rejected_workbook(job: ImportJob) -> io.BytesIO:
    """The rejected rows as they stood in the file, each with its row number and reason, to be mended and imported again."""
    tables = {table["sheet"]: table["header"] for table in job.header.get("tables", ())} if job.header else {}
    header: list[str] = next(iter(tables.values()), [])
    rows = job.rows.filter(verdict="rejected").order_by("position")
    cells: list[Sequence[Any]] = []
    last_sheet = next(iter(tables), "")
    for row in rows.iterator():
        if row.sheet != last_sheet and tables.get(row.sheet, header) != header:
            header_row = ["原行号", "原因", *tables[row.sheet]]
            cells.append(header_row)
        last_sheet = row.sheet
        cells.append([row.row, row.message, *row.raw])
        cells += [[row.row, "", *more] for more in row.content.get("more_rows", ())]
    return _workbook(_("不能导入的行"), ["原行号", "原因", *header], cells)


def _question_cells(question: Question, columns: int) -> list[Any]:
    version = question.latest
    if version is None:
        return []
    content = content_of(version)
    options = [to_plain(choice["text"]) for choice in content.body.get("options", ())]
    key = key_text(content)
    if content.kind == Kind.TRUE_FALSE:
        key = "对" if content.key else "错"
    elif content.kind == Kind.ORDER:
        key = key.replace(" → ", "")
    status = _("停用") if question.retired_at else version.get_status_display()
    changed = timezone.make_naive(timezone.localtime(version.created_at)).replace(microsecond=0)
    return [
        KIND_WORDS[content.kind],
        to_plain(content.stem),
        *options,
        *[""] * (columns - len(options)),
        key,
        to_plain(content.explanation),
        # The number with the word: 易 alone is the lowest of three steps to some files, the second of five to us.
        f"{question.difficulty} {STEP_WORDS[question.difficulty - 1]}",
        question.chapter.full_name if question.chapter else "",
        "；".join(point.name for point in question.knowledge_points.all()),
        "；".join(question.tags),
        content.citation,
        question.pk,
        str(status),
        question.valid_until_date,
        changed,
    ]


def _workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> io.BytesIO:
    book = Workbook(write_only=True)
    _add_sheet(book, title, header, rows)
    return _saved(book)


def _add_sheet(book: Workbook, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title=title)
    sheet.freeze_panes = "A2"
    if "题干" in header:
        sheet.column_dimensions[letter(list(header).index("题干"))].width = STEM_WIDTH
    sheet.append([_cell(sheet, text, bold=True) for text in header])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _saved(book: Workbook) -> io.BytesIO:
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    return data


def _cell(sheet: Worksheet, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell = WriteOnlyCell(sheet, value)
    if cell.data_type == "f":  # a text that begins with "=" stays a text, whoever wrote it
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
