"""The sheets that are given out: rejected rows come back when mended, the template is no question bank."""

import io
import zipfile

import openpyxl
import pytest

from question_bank.questions.exchange import messages
from question_bank.questions.exchange.sheets import error_sheet, template_workbook
from question_bank.questions.exchange.tables import dump_line
from question_bank.questions.exchange.verdicts import Verdict

from .made import HEADER, one, read, saved, xlsx

NAMES = (
    *("limit", "row", "sheet", "count", "meaning", "kind"),
    *("text", "answer", "blanks", "answers", "letter", "letters"),
)
BAD = ("单选题", "=首都是哪里？", "北京", "上海", "", "", "Z")


def test_the_error_sheet_holds_the_rejected_rows_with_reason_and_place() -> None:
    report = read(
        xlsx(("标题",), HEADER, ("判断题", "甲", "", "", "", "", "对"), (*BAD[:1], "首都是哪里？", *BAD[2:]))
    )
    sheet = openpyxl.load_workbook(io.BytesIO(error_sheet(report))).active
    assert sheet is not None
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == [*HEADER, "原行号", "原因"]
    assert rows[1] == ["单选题", "首都是哪里？", "北京", "上海", "", "", "Z", "4", "答案“Z”超出了选项范围。"]
    assert len(rows) == 2


def mend(data: bytes, cell: str, text: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.active is not None
    book.active[cell] = text
    return saved(book)


def test_a_mended_error_sheet_can_be_imported() -> None:
    report = read(xlsx(HEADER, ("单选题", "首都是哪里？", "北京", "上海", "", "", "Z")))
    question = read(mend(error_sheet(report), "G2", "A")).rows[0]
    assert (question.verdict, question.answer, question.kind) == (Verdict.ACCEPTED, (0,), "single")


def test_a_mended_row_keeps_the_kind_of_its_section_and_its_material() -> None:
    report = read(
        xlsx(
            ("题号", "题干", "选项A", "选项B", "选项C", "答案"),
            ("一、多选题",),
            ("1", "哪几个？", "甲", "乙", "丙", "Z"),
        )
    )
    data = error_sheet(report)
    question = read(mend(data, "F2", "A")).rows[0]
    assert (question.kind, question.answer) == ("multiple", (0,))
    report = read(
        xlsx(
            ("题号", *HEADER),
            ("1", "材料题", "某村开展学习。"),
            ("1.1", "单选题", "说明了什么？", "甲", "乙", "", "", "Z"),
        )
    )
    question = read(mend(error_sheet(report), "H2", "A")).rows[0]
    assert (question.group, question.stem, question.answer) == ("某村开展学习。", "说明了什么？", (0,))


def test_all_rows_of_an_option_per_row_question_are_given_back() -> None:
    report = read(
        xlsx(
            ("题目序号", "题目类型", "题目内容", "是否正确项", "选项内容"),
            (1, "单选题", "首都是哪里？", "否", "北京"),
            ("", "", "", "否", "上海"),
        )
    )
    assert report.rejected == 1
    question = read(mend(error_sheet(report), "D2", "是")).rows[0]
    assert (question.options, question.answer) == (("北京", "上海"), (0,))


def test_text_that_looks_like_a_formula_is_never_written_as_one() -> None:
    report = read("题干,A,B,答案\n=1+1,=2+2,乙,Z\n")
    with zipfile.ZipFile(io.BytesIO(error_sheet(report))) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert read(error_sheet(report)).rows[0].options[0] == "=2+2"


def test_a_file_without_a_header_gets_one_on_its_error_sheet() -> None:
    rows = [("单选题", f"第{number}题问的是什么？", "甲", "乙", "丙", "B") for number in range(4)]
    report = read(xlsx(*rows, ("单选题", "最后一题问的是什么？", "甲", "乙", "丙", "E")))
    question = read(mend(error_sheet(report), "F2", "C")).rows[0]
    assert (question.answer, question.options) == ((2,), ("甲", "乙", "丙"))


def test_the_examples_of_the_template_are_rejected_and_readable_without_their_mark() -> None:
    report = read(template_workbook())
    assert {question.reason for question in report.rows} == {"template_row"}
    book = openpyxl.load_workbook(io.BytesIO(template_workbook()))
    sheet = book.active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=2):
        row[1].value = str(row[1].value).removeprefix("【示例需删除】")
    mended = read(saved(book))
    assert {question.verdict for question in mended.rows} == {Verdict.ACCEPTED}
    assert [question.kind for question in mended.rows] == [
        "single",
        "multiple",
        "true_false",
        "fill",
        "short",
        "essay",
        "order",
    ]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (("单选题", "甲？", "一", "二", "", "", "B"), [1]),
        (("判断题", "甲。", "", "", "", "", "错"), False),
        (("填空题", "一是____，二是____。", "", "", "", "", "甲；乙"), ["甲", "乙"]),
        (("简答题", "简述。", "", "", "", "", "要点"), ["要点"]),
    ],
)
def test_a_dump_line_has_exactly_the_fields_of_the_api(row: tuple[str, ...], answer: object) -> None:
    line = dump_line(one(HEADER, row))
    assert list(line) == ["row", "verdict", "kind", "stem", "options", "answer", "explanation", "warnings"]
    assert line["answer"] == answer


def test_every_message_can_be_filled_in() -> None:
    names = dict.fromkeys(NAMES, "x")
    for code in messages.TEMPLATES:
        assert "{" not in messages.text(code, names)
