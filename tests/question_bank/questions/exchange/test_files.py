"""Files as they come: encodings, separators, wrong names, bombs; and the dirt inside."""

import datetime
import io
import time
import zipfile

import openpyxl
import pytest

from question_bank.questions.exchange import grids
from question_bank.questions.exchange.verdicts import FileRejected, ImportSettings, Verdict

from .made import HEADER, codes, one, questions, read, saved, xlsx

CSV = '题型,题干,选项A,选项B,答案,解析\n单选题,首都是哪里？,北京,上海,A,\n判断题,"太阳，从东方,升起",,,对,\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_csv_in_every_encoding(encoding: str, line_end: str) -> None:
    found = read(CSV.replace("\n", line_end).encode(encoding), filename="题库.csv").rows
    assert [(question.row, question.kind, question.stem, question.answer) for question in found] == [
        (2, "single", "首都是哪里？", (0,)),
        (3, "true_false", "太阳，从东方,升起", True),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，", "；"])
def test_separators_are_found_out(delimiter: str) -> None:
    text = "题型,题干,选项A,选项B,答案\n单选题,首都是哪里？,北京,上海,A\n".replace(",", delimiter)
    assert read(text).rows[0].options == ("北京", "上海")


def test_a_file_is_known_by_its_content_and_not_by_its_name() -> None:
    page = "<html><meta charset='gbk'><table><tr><th>题干</th><th>A</th><th>B</th><th>答案</th></tr>"
    page += "<tr><td>首都是<b>哪里</b>？</td><td>北京</td><td>上海</td><td>A</td></tr></table></html>"
    assert read(page.encode("gbk"), filename="题库.xls").rows[0].stem == "首都是哪里？"
    assert read(CSV, filename="题库.xlsx").read == 2
    assert read(xlsx(HEADER, ("判断题", "甲", "", "", "", "", "对")), filename="题库.csv").file_type == "xlsx"


def test_excel_2003_xml_is_read() -> None:
    def row(*cells: str) -> str:
        return "<Row>" + "".join(f"<Cell><Data>{cell}</Data></Cell>" for cell in cells) + "</Row>"

    text = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    text += '<Workbook><Worksheet ss:Name="判断题"><Table>'
    text += row("题干", "答案") + row("太阳从东方升起。", "对") + "</Table></Worksheet></Workbook>"
    question = read(text, filename="题库.xls").rows[0]
    assert (question.sheet, question.kind, question.answer) == ("判断题", "true_false", True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \r\n ", "empty"),
        (b"%PDF-1.7 ...", "wrong_type"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "wrong_type"),
        (b"PK\x03\x04 broken", "corrupt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "wrong_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "corrupt"),
        ("只是一段话，没有表头。\n第二行".encode(), "no_header"),
        ("题干,答案\n".encode(), "empty"),
        (b"<html><body>no table</body></html>", "wrong_type"),
        (b"a" * (grids.MAX_FILE_BYTES + 1), "too_large"),
        (("题干,答案\n" + "甲,对\n" * (grids.MAX_ROWS + 1)).encode(), "too_many_rows"),
        (("题干,答案" + ",x" * 300).encode(), "too_many_columns"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(FileRejected) as caught:
        read(data)
    assert caught.value.code == code
    assert caught.value.message


def zipped(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return target.getvalue()


def test_archives_that_unpack_to_too_much_are_refused() -> None:
    bomb = zipped(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=b" " * 60_000_000)
    with pytest.raises(FileRejected) as caught:
        read(bomb)
    assert caught.value.code == "archive_too_large"


def test_a_directory_that_lies_about_sizes_does_not_help_a_bomb() -> None:
    bomb = bytearray(zipped(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=b" " * 60_000_000))
    real = (60_000_000).to_bytes(4, "little")
    assert bomb.count(real) == 2
    with pytest.raises(FileRejected) as caught:
        read(bytes(bomb.replace(real, (1_000).to_bytes(4, "little"))))
    assert caught.value.code in ("corrupt", "archive_too_large")


def test_too_many_parts_entities_and_other_office_files_are_refused() -> None:
    for data, code in (
        (zipped(**{f"xl__p{number}_xml": b"" for number in range(2_001)}), "archive_too_large"),
        (zipped(xl__workbook_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'), "corrupt"),
        (zipped(word__document_xml=b"<document/>"), "wrong_type"),
    ):
        with pytest.raises(FileRejected) as caught:
            read(data)
        assert caught.value.code == code


def test_hidden_sheets_are_left_out_and_named() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(
            xlsx(
                HEADER,
                ("判断题", "甲", "", "", "", "", "对"),
                旧题=[HEADER, ("判断题", "乙", "", "", "", "", "对")],
            )
        )
    )
    book["旧题"].sheet_state = "hidden"
    data = saved(book)
    report = read(data)
    assert [question.stem for question in report.rows] == ["甲"]
    assert [note.code for note in report.notes] == ["hidden_sheet"]
    assert read(data, settings=ImportSettings(hidden_sheets=True)).read == 2


def test_numbers_dates_and_booleans_read_as_they_are_shown() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["单选题", "哪一年？", 1919, 1921.0, 0.5, datetime.date(1921, 7, 1), "B"])
    sheet["E2"].number_format = "0%"
    sheet["F2"].number_format = 'yyyy"年"m"月"d"日"'
    sheet.append(["判断题", "甲", None, None, None, None, True])
    first, second = read(saved(book)).rows
    assert first.options == ("1919", "1921", "50%", "1921年7月1日")
    assert codes(first) == {"date_cell"}
    assert second.answer is True


def test_a_formula_without_a_saved_value_is_rejected_and_formula_like_text_is_text() -> None:
    found = questions(
        HEADER,
        ("单选题", "甲是？", '=CONCATENATE("a","b")', "乙", "", "", "A"),
        ("单选题", "乙是？", "-1+1", "@SUM", "+2", "", "A"),
    )
    assert found[0].reason == "formula_without_value"
    assert found[1].options == ("-1+1", "@SUM", "+2")
    assert read("题干,A,B,答案\n甲是？,=cmd|' /C calc'!A0,乙,A\n").rows[0].options[0] == "=cmd|' /C calc'!A0"


def test_markup_is_removed_and_comparisons_stay() -> None:
    question = one(
        HEADER,
        (
            "单选题",
            "<p>党章&amp;nbsp;规定&lt;br/&gt;若 a<b 且 c>d</p>",
            "&amp;lt;p&amp;gt;甲&amp;lt;/p&amp;gt;",
            "<span style='x'>乙</span>",
            "x<y",
            "",
            "A",
        ),
    )
    assert question.stem == "党章 规定\n若 a<b 且 c>d"
    assert question.options == ("甲", "乙", "x<y")


@pytest.mark.parametrize(
    "piece", ["(", " ", "A.", "<script>", "<!--", "&amp;", "1.", "①", "（ ", "、", "_", "甲,"]
)
def test_a_cell_full_of_one_pattern_costs_no_time(piece: str) -> None:
    started = time.process_time()
    body = "甲" + (piece * 32_000)[:32_000]
    read(xlsx(("题型", "题干", "选项", "答案"), ("多选题", body, body, body), ("", body, "", body)))
    assert time.process_time() - started < 2  # seconds; a pattern that looks back over the cell takes minutes


def test_pictures_that_cannot_come_along_are_told() -> None:
    question = one(HEADER, ("单选题", "如图<img src='a.png'/>所示", "甲", "乙", "", "", "A"))
    assert codes(question) == {"picture_dropped"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("判断题", "【示例需删除】花是植物。", "", "", "", "", "对"), "template_row"),
        (("单选题", "示例：首都是？", "甲", "乙", "", "", "A"), "template_row"),
        (("", "填写说明：题型必填", "", "", "", "", ""), "note_row"),
        (("单选题", "", "甲", "乙", "", "", "A"), "stem_missing"),
        (("备注：仅供内部学习",), "note_row"),
        (("单选题", "只有一个选项？", "甲", "", "", "", "A"), "too_few_options"),
        (("", "没有类型也没有答案", "", "", "", "", ""), "answer_missing"),
    ],
)
def test_rows_that_are_no_questions_are_rejected_with_a_reason(row: tuple[str, ...], reason: str) -> None:
    assert one(HEADER, row).reason == reason


def test_a_quote_left_open_does_not_swallow_the_file() -> None:
    text = (
        "题干,A,B,答案\n"
        + '"开头有引号的题？,甲,乙,A\n'
        + "".join(f"第{n}题？,甲,乙,A\n" for n in range(400))
    )
    report = read(text)
    assert report.read == 401
    assert "quotes_broken" in {note.code for note in report.notes}


def test_empty_rows_are_not_counted() -> None:
    report = read(
        xlsx(
            HEADER,
            (),
            ("判断题", "甲", "", "", "", "", "对"),
            ("", " "),
            ("判断题", "乙", "", "", "", "", "错"),
        )
    )
    assert [(question.row, question.verdict) for question in report.rows] == [
        (3, Verdict.ACCEPTED),
        (5, Verdict.ACCEPTED),
    ]
