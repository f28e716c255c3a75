"""Whatever the importer of tables is fed: FileRejected or a report whose counts add up, no other error."""

import io
import zipfile
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from question_bank.questions.exchange.sheets import error_sheet
from question_bank.questions.exchange.tables import dump_line, read_table
from question_bank.questions.exchange.verdicts import FileRejected, ImportReport, Verdict

MAGICS = (
    b"",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\x09\x08\x10\x00",
    b"<table>",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
)
WORDS = (
    *(
        "题型",
        "题干",
        "选项",
        "选项A",
        "选项B",
        "A",
        "B",
        "答案",
        "正确答案",
        "是否正确项",
        "选项内容",
        "大题题干",
        "小题题干",
    ),
    *(
        "题号",
        "难度",
        "分值",
        "章节",
        "知识点",
        "解析",
        "单选题",
        "多选题",
        "判断题",
        "填空题",
        "材料题",
        "一、单选题（共2题）",
    ),
    *(
        "AB",
        "ABCDEFGHIJKLMNOP",
        "对",
        "√",
        "1",
        "0",
        "134",
        "A.甲 B.乙",
        "A、对B、错",
        "甲|乙||丙",
        "(B)",
        "____",
        "（√）",
        "★★★",
    ),
    *(
        "【示例需删除】",
        "=1+1",
        "<p>甲</p>",
        "&amp;lt;",
        '["甲","乙"]',
        "[" * 50,
        "1.1",
        "第一章 总则",
        "\u00a0" * 8,
        "\x00",
        "\ud800",
    ),
)
cells = st.one_of(st.sampled_from(WORDS), st.text(max_size=12), st.just(""))
grids = st.lists(st.lists(cells, max_size=9), max_size=12)


def check(data: bytes) -> ImportReport | None:
    try:
        report = read_table(io.BytesIO(data), filename="题库")
    except FileRejected:
        return None
    assert report.read == len(report.rows) == report.accepted + report.rejected + report.duplicates
    assert 0 <= report.warned <= report.accepted
    for question in report.rows:
        dump_line(question)
        if question.verdict in (Verdict.ACCEPTED, Verdict.WARNED):
            assert question.reason is None
            assert question.stem
            assert all(question.options)
            assert (question.verdict == Verdict.WARNED) == bool(question.warnings)
        else:
            assert question.reason
            assert question.message
        if question.kind in ("single", "multiple", "order") and question.verdict != Verdict.REJECTED:
            assert isinstance(question.answer, tuple)
            assert question.answer
            assert all(isinstance(at, int) and at < len(question.options) for at in question.answer)
    return report


@given(st.sampled_from(MAGICS), st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_junk_bytes_are_refused_or_read(magic: bytes, junk: bytes) -> None:
    check(magic + junk)


@given(grids, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=200, deadline=None)
def test_junk_tables_as_text_are_refused_or_read(
    grid: list[list[str]], delimiter: str, encoding: str
) -> None:
    check("\n".join(delimiter.join(row) for row in grid).encode(encoding, "replace"))


@given(grids, st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4), st.integers(1, 6)), max_size=3))
@settings(max_examples=120, deadline=None)
def test_junk_workbooks_are_refused_or_read_and_their_errors_written(
    grid: list[list[str]], merges: list[tuple[int, int, int]]
) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in [["题型", "题干", "选项A", "选项B", "答案"], *grid]:
        sheet.append(
            [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell).replace("\ud800", "") for cell in row]
        )
    for top, down, column in merges:
        sheet.merge_cells(start_row=top, end_row=top + down, start_column=column, end_column=column)
    target = io.BytesIO()
    book.save(target)
    report = check(target.getvalue())
    if report is not None:
        check(error_sheet(report))


@given(st.binary(max_size=60), st.integers(0, 30_000), st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_damaged_workbook_is_refused_or_read(junk: bytes, at: int, inside: bool) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for number in range(30):
        sheet.append(
            ["单选题", f"第{number}题？", "甲", "乙", "A"]
            if number
            else ["题型", "题干", "选项A", "选项B", "答案"]
        )
    target = io.BytesIO()
    book.save(target)
    if not inside:
        data = bytearray(target.getvalue())
        at %= len(data)
        data[at : at + len(junk)] = junk
        check(bytes(data))
        return
    damaged = io.BytesIO()
    with zipfile.ZipFile(target) as source, zipfile.ZipFile(damaged, "w") as copy:
        for name in source.namelist():
            part = bytearray(source.read(name))
            if name.endswith(("sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml")):
                part[at % len(part) : at % len(part) + len(junk) // 4] = junk[: len(junk) // 4]
            copy.writestr(name, bytes(part))
    check(damaged.getvalue())
