"""Workbooks that the importer gives out: the sheet of rejected rows, and the template to fill in."""

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from question_bank.questions.exchange.grids import MAX_CELL_CHARS
from question_bank.questions.exchange.headers import Field
from question_bank.questions.exchange.kinds import KIND_WORDS
from question_bank.questions.exchange.verdicts import ImportReport, ParsedQuestion, TableFound, Verdict

_HEADINGS = {
    Field.STEM: "题干",
    Field.KIND: "题型",
    Field.OPTIONS: "选项",
    Field.ANSWER: "答案",
    Field.EXPLANATION: "解析",
}
EXAMPLE = "【示例需删除】"
TEMPLATE_HEADER = (
    *("题型", "题干", "选项A", "选项B", "选项C", "选项D", "选项E", "选项F"),
    *("答案", "解析", "难度", "章节", "知识点", "标签", "分值", "出处"),
)
_EXAMPLES: tuple[tuple[str, ...], ...] = (
    (
        "单选题",
        "一年有（　）个季度。",
        "两",
        "三",
        "四",
        "五",
        "",
        "",
        "C",
        "春、夏、秋、冬。",
        "2 易",
        "常识",
        "时间",
        "",
        "2",
    ),
    (
        "多选题",
        "下列属于水果的有（　）。",
        "苹果",
        "石头",
        "香蕉",
        "木板",
        "",
        "",
        "AC",
        "",
        "3 中",
        "常识",
        "",
        "",
        "2",
    ),
    ("判断题", "太阳从东方升起。", "", "", "", "", "", "", "对", "", "2 易", "常识", "", "", "1"),
    (
        "填空题",
        "一周有____天，一天有____小时。",
        "",
        "",
        "",
        "",
        "",
        "",
        "七；二十四",
        "两个空的答案用分号隔开。",
        "2 易",
    ),
    ("简答题", "请简述节约用水的意义。", "", "", "", "", "", "", "写出两点即可。", "", "3 中"),
    ("论述题", "谈谈你对终身学习的认识。", "", "", "", "", "", "", "言之成理即可。", "", "4 难"),
    ("排序题", "将一天中的时段由早到晚排列。", "傍晚", "清晨", "中午", "", "", "", "BCA", "", "3 中"),
)


def error_sheet(report: ImportReport) -> bytes:
    """An .xlsx of the rejected rows: their columns, 原行号 and 原因. Mended, it can be imported as it is.

    What a row owed to its surroundings (the kind of its section, its material) gets columns of its own.
    """
    book = Workbook(write_only=True)
    for table in report.tables:
        rejected = [
            question
            for question in report.rows
            if question.sheet == table.sheet and question.verdict == Verdict.REJECTED
        ]
        if rejected:
            _add_table(book, table, rejected)
    if not book.worksheets:
        book.create_sheet("Sheet1")
    return _saved(book)


def _add_table(book: Workbook, table: TableFound, rejected: Sequence[ParsedQuestion]) -> None:
    sheet = book.create_sheet(_title(table.sheet))
    width = max(len(cells) for question in rejected for cells in (question.raw, *question.more_rows))
    width = max(width, len(table.header))
    header = list(table.header) or _guessed_header(table, width)
    header += [""] * (width - len(header))
    where = {column.meaning: column.position for column in table.columns}
    kind_at = where.get(Field.KIND)
    with_kind = kind_at is None and any(question.kind for question in rejected)
    with_material = Field.MATERIAL not in where and any(question.group for question in rejected)
    extra = ["题型"] * with_kind + ["大题题干"] * with_material
    _write(sheet, [*header, *extra, "原行号", "原因"], bold=True)
    for question in rejected:
        cells = [*question.raw, *[""] * (width - len(question.raw))]
        word = KIND_WORDS.get(question.kind or "", "")
        if kind_at is not None and word and (not cells[kind_at].strip() or cells[kind_at].strip().isdigit()):
            cells[kind_at] = word  # what the number meant is lost together with the other rows
        if with_kind:
            cells.append(word)
        if with_material:
            cells.append(question.group or "")
        _write(sheet, [*cells, str(question.row), question.message])
        for more in question.more_rows:
            _write(sheet, more)


def _guessed_header(table: TableFound, width: int) -> list[str]:
    names = {}
    for column in table.columns:
        meaning, _, number = column.meaning.partition(" ")
        names[column.position] = (
            f"选项{chr(64 + int(number))}" if number else _HEADINGS.get(Field(meaning), meaning)
        )
    return [names.get(at, "") for at in range(width)]


def template_workbook() -> bytes:
    """The template to fill in. Its example rows are marked and get rejected where they are left in."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("试题")
    sheet.column_dimensions["B"].width = 50
    sheet.freeze_panes = "A2"
    _write(sheet, TEMPLATE_HEADER, bold=True)
    for kind, stem, *rest in _EXAMPLES:
        _write(sheet, (kind, EXAMPLE + stem, *rest))
    return _saved(book)


def _write(sheet: WriteOnlyWorksheet, texts: Iterable[str], *, bold: bool = False) -> None:
    cells = []
    for text in texts:
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)[:MAX_CELL_CHARS])
        cell.data_type = "s"  # "=…" stays text, never a formula
        cell.number_format = "@"  # and what is typed over it stays text too: no dates out of "3-4"
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)


def _title(name: str) -> str:
    return (
        "".join("_" if letter in r"[]:*?/\'" or not letter.isprintable() else letter for letter in name)[:31]
        or "Sheet1"
    )


def _saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
