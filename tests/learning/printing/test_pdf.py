"""Documents read back as a reader of PDF sees them."""

from __future__ import annotations

import re

import pypdfium2
import pytest

from learning.printing.pdf import Bar, Column, Document, Figure
from learning.printing.sheet import Sheet


def pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range().replace("\r", "") for page in document]


def whole(name: str = "张<b>&amp;三") -> bytes:
    document = Document("测评报告", footer="数据截至 2026年11月22日 14:30")
    document.paragraph("应考 212，实考 198。")
    document.facts([("姓名", name), ("党组织", "电子支部")])
    document.figures([Figure("合格率", "91.4 %", "合格 ÷ 实考"), Figure("平均分", "82.5")])
    document.bars([Bar("电子支部", 91.4, "91.4 %"), Bar("新支部", None, "—")], most=100)
    document.histogram([("50–59", 3), ("60–69", 9)], marked=1, note="虚线为合格线")
    document.qr("https://dangxiao.example/verify/X/", caption="扫码核验")
    document.table([Column("姓名"), Column("成绩", align="right")], [("甲", "90")])
    return document.finish()


def test_text_can_be_read_back_and_markup_is_only_text() -> None:
    printed = "".join(pages(whole())).replace("\n", "")
    for words in (
        "测评报告",
        "张<b>&amp;三",
        "91.4 %",
        "合格 ÷ 实考",
        "虚线为合格线",
        "扫码核验",
        "数据截至",
    ):
        assert words in printed


def test_every_font_is_embedded() -> None:
    content = whole()
    assert b"/FontFile2" in content
    names = set(re.findall(rb"/BaseFont /([^\s/]+)", content))
    assert names
    assert all(b"+DangxiaoSans" in name for name in names), names


def test_title_and_language_are_in_the_file() -> None:
    content = whole()
    assert pypdfium2.PdfDocument(content).get_metadata_value("Title") == "测评报告"
    assert b"/Lang (zh-CN)" in content


def test_same_calls_make_the_same_bytes() -> None:
    assert whole() == whole()
    assert whole() != whole("李四")


def test_pages_are_numbered_and_the_header_is_repeated() -> None:
    document = Document("名单", footer="数据截至 今天")
    document.table([Column("姓名", 2), Column("成绩", 1)], ((f"考生{n}", str(n)) for n in range(120)))
    printed = pages(document.finish())
    assert len(printed) > 2
    for number, page in enumerate(printed, 1):
        assert f"第 {number} / {len(printed)} 页" in page.replace("\n", "")
        assert "姓名" in page
        assert "数据截至 今天" in page
    found = re.findall(r"考生(\d+)", "".join(printed))
    assert [int(each) for each in found] == list(range(120))


def test_long_table_is_read_row_by_row_and_nothing_is_lost() -> None:
    """A table that would keep its rows could not be fed by a generator that looks at what was drawn so far."""
    document = Document("名单", landscape=True)
    turned: list[int] = []

    def rows() -> object:
        for number in range(5000):
            turned.append(document.sheet.pages)
            yield (f"考生{number}", "电子信息学院学生第一党支部", str(number))

    document.table([Column("姓名", 2), Column("党组织", 3), Column("成绩", 1, "right")], rows())  # type: ignore[arg-type]
    content = document.finish()
    assert turned[0] == 1
    assert turned[-1] == document.sheet.pages > 100
    assert len(content) < 3_000_000
    assert "考生4999" in pages(content)[-1]


def test_endless_cell_is_cut_with_an_ellipsis_and_a_row_never_exceeds_a_page() -> None:
    document = Document("长")
    document.table([Column("心得"), Column("分")], [("学" * 5000, "1")])
    printed = pages(document.finish())
    assert len(printed) == 1
    assert "…" in printed[0]


def test_empty_table_says_so_and_charts_without_data_are_drawn() -> None:
    document = Document("空")
    document.table([Column("姓名")], [], empty="目前没有人员。")
    document.bars([])
    document.bars([Bar("无", 0, "0 人")])
    document.histogram([])
    document.histogram([("0–9", 0)])
    assert "目前没有人员。" in pages(document.finish())[0]


def test_row_of_the_wrong_length_is_refused() -> None:
    document = Document("错")
    with pytest.raises(ValueError, match="zip"):
        document.table([Column("甲"), Column("乙")], [("只有一格",)])


def test_sheet_lying_down_is_wider_than_tall_and_holds_text_where_it_was_put() -> None:
    sheet = Sheet("证书", landscape=True)
    sheet.text(sheet.width / 2, 100, "结业证书", size=40, align="center")
    sheet.qr(10, 10, 80, "x")
    page = pypdfium2.PdfDocument(sheet.finish())[0]
    assert page.get_width() > page.get_height()
    words = page.get_textpage()
    assert words.count_rects() == 1
    left, bottom, right, _top = words.get_rect(0)
    assert left + right == pytest.approx(page.get_width(), abs=8)
    assert page.get_height() - bottom == pytest.approx(100, abs=10)


def test_cell_that_reaches_over_others_stands_in_their_middle_and_the_next_in_its_own_place() -> None:
    document = Document("测评报告", footer="")
    columns = [Column("题"), Column("甲", 2, "right"), Column("乙", 2, "right"), Column("提示")]
    document.table(columns, [("一", "样本不足", None, "过难"), ("二", "1", "2", "")])
    page = pypdfium2.PdfDocument(document.finish())[0].get_textpage()
    boxes = {words: page.search(words).get_next() for words in ("样本不足", "过难", "乙")}
    left = {words: page.get_charbox(found[0])[0] for words, found in boxes.items() if found}
    right = page.get_charbox(boxes["样本不足"][0] + 3)[2] if boxes["样本不足"] else 0
    middle = document.left + document.room * 3 / 6
    assert abs((left["样本不足"] + right) / 2 - middle) < 1
    assert left["样本不足"] < left["乙"] < left["过难"]


def test_header_of_a_table_never_stands_alone_at_the_foot_of_a_page() -> None:
    for lines_above in range(20, 45):
        document = Document("测评报告")
        for _ in range(lines_above):
            document.paragraph("一行字。")
        document.table([Column("抬头")], [("很长的内容" * 120,)])
        assert all(("抬头" in page) == ("很长的内容" in page) for page in pages(document.finish()))
