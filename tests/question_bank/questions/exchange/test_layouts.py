"""Every layout of FORMATS.md arrives as the same questions."""

import pytest

from question_bank.questions.exchange.verdicts import Verdict

from .made import HEADER, codes, one, questions, read, xlsx

SINGLE = ("单选题", "党的最高纲领是什么？", "甲", "乙", "丙", "丁", "B")


def test_a_column_per_option_is_read() -> None:
    question = one(HEADER, SINGLE)
    assert (question.kind, question.stem, question.options, question.answer) == (
        "single",
        "党的最高纲领是什么？",
        ("甲", "乙", "丙", "丁"),
        (1,),
    )
    assert (question.row, question.verdict, question.reason) == (2, Verdict.ACCEPTED, None)


@pytest.mark.parametrize(
    "header",
    [
        ("type", "question", "optionA", "optionB", "optionC", "optionD", "correct answer"),
        ("Type", "Question Text", "Option 1", "Option 2", "Option 3", "Option 4", "Answer"),
        ("题型*", "题干（必填）", "Ａ", "Ｂ", "Ｃ", "Ｄ", "正确答案"),
        ("试题类型", "试题内容", "备选项A", "备选项B", "备选项C", "备选项D", "标准答案："),
        ("题目类型", "问题描述", "A选项", "B选项", "C选项", "D选项", "参考答案"),
        ("小题题型", "小题题干", "选项一", "选项二", "选项三", "选项四", "答 案"),
        ("类型", "标题", "答案A", "答案B", "答案C", "答案D", "正确答案"),
    ],
)
def test_headers_are_known_by_many_words(header: tuple[str, ...]) -> None:
    question = one(header, SINGLE)
    assert (question.kind, question.options, question.answer) == ("single", ("甲", "乙", "丙", "丁"), (1,))


def test_titles_and_notes_may_stand_above_the_header_and_rows_keep_their_number() -> None:
    question = one(("2026年题库",), ("说明：请勿改动表头",), (), HEADER, SINGLE)
    assert question.row == 5


def test_a_header_of_two_rows_is_joined() -> None:
    question = one(
        ("题型", "题干", "选项", "", "", "", "答案"),
        ("", "", "A", "B", "C", "D", ""),
        SINGLE,
    )
    assert question.options == ("甲", "乙", "丙", "丁")


def test_one_heading_over_several_option_columns_holds_for_all_of_them() -> None:
    question = one(("题型", "题干", "选项", "", "", "", "答案"), SINGLE)
    assert question.options == ("甲", "乙", "丙", "丁")


def test_a_header_repeated_lower_down_with_other_columns_is_followed() -> None:
    found = questions(HEADER, SINGLE, ("题干", "答案", "题型"), ("太阳从东方升起。", "对", "判断题"))
    assert [question.kind for question in found] == ["single", "true_false"]


def test_questions_above_a_header_are_not_lost() -> None:
    found = questions(("单选题", "第一题写在表头上面？", "甲", "乙", "丙", "丁", "A"), HEADER, SINGLE)
    assert [question.answer for question in found] == [(0,), (1,)]
    assert "above_header" in codes(found[0])


def test_columns_without_a_header_are_told_from_their_content() -> None:
    found = questions(
        ("单选题", "中国共产党成立于哪一年？", "1919年", "1920年", "1921年", "1922年", "C"),
        ("多选题", "下列属于水果的有哪些？", "苹果", "石头", "香蕉", "木板", "AC"),
        ("判断题", "太阳从东方升起，这是常识。", "", "", "", "", "对"),
    )
    assert [(question.kind, question.answer) for question in found] == [
        ("single", (2,)),
        ("multiple", (0, 2)),
        ("true_false", True),
    ]
    assert all("header_guessed" in codes(question) for question in found)


@pytest.mark.parametrize(
    "cell",
    [
        "A.甲, B.乙，丙, C.丁",
        "A、甲\nB、乙，丙\nC、丁",
        "单选题, A．甲, B．乙，丙, C．丁",
        "Ａ．甲　Ｂ．乙，丙　Ｃ．丁",
        "(A)甲 (B)乙，丙 (C)丁",
        "A 甲 B 乙，丙 C 丁",
        "甲|乙，丙|丁",
        "甲$$乙，丙$$丁",
        "甲；乙，丙；丁",
        "甲;乙，丙;丁",
        "甲\n乙，丙\n丁",
        "<p>A、甲</p><p>B、乙，丙</p><p>C、丁</p>",
        '["甲","乙，丙","丁"]',
        '[{"key":"A","value":"甲"},{"key":"B","value":"乙，丙"},{"key":"C","value":"丁"}]',
        "甲 乙，丙 丁",
        "A甲 B乙，丙 C丁",
        "1.甲 2.乙，丙 3.丁",
        "①甲 ②乙，丙 ③丁",
    ],
)
def test_options_in_one_cell_are_cut_at_their_separator_only(cell: str) -> None:
    question = one(("题干", "选项", "答案"), ("哪一个正确？", cell, "B"))
    assert (question.options, question.answer) == (("甲", "乙，丙", "丁"), (1,))


def test_letters_inside_an_option_do_not_cut_it() -> None:
    question = one(
        ("题干", "选项", "答案"), ("缺什么？", "A.维生素C, B.维生素B，C.推动吸收, C.钙, D.铁", "D")
    )
    assert question.answer is not None
    assert question.options[question.answer[0]] == "铁"  # type: ignore[index]


def test_options_with_a_lost_letter_are_rejected() -> None:
    question = one(("题干", "选项", "答案"), ("哪一个？", "A.甲 B.乙 D.丁", "A"))
    assert question.reason == "options_broken"


def test_letters_before_the_texts_of_option_columns_are_removed() -> None:
    assert one(HEADER, ("单选题", "哪一个？", "A.甲", "B.乙", "C.丙", "D.丁", "D")).options == (
        "甲",
        "乙",
        "丙",
        "丁",
    )


def test_an_empty_option_between_others_is_dropped_and_the_key_moves() -> None:
    question = one(HEADER, ("多选题", "哪几个？", "甲", "乙", None, "丁", "BD"))
    assert (question.options, question.answer) == (("甲", "乙", "丁"), (1, 2))
    assert question.verdict == Verdict.WARNED


OPTION_ROWS = (
    ("题目序号", "题目类型", "题目内容", "是否正确项", "选项内容"),
    (1, "单选题", "首都是哪里？", "否", "上海"),
    ("", "", "", "是", "北京"),
    ("", "", "", "否", "广州"),
    (2, "多选题", "哪些是水果？", "是", "苹果"),
    ("", "", "", "否", "石头"),
    ("", "", "", "是", "香蕉"),
)


def test_one_row_per_option_makes_one_question() -> None:
    found = questions(*OPTION_ROWS)
    assert [(question.row, question.kind, question.options, question.answer) for question in found] == [
        (2, "single", ("上海", "北京", "广州"), (1,)),
        (5, "multiple", ("苹果", "石头", "香蕉"), (0, 2)),
    ]


def test_one_row_per_option_may_repeat_or_merge_the_question() -> None:
    repeated = [list(row) for row in OPTION_ROWS]
    for at in (2, 3):
        repeated[at][:3] = repeated[1][:3]
    found = questions(*repeated)
    assert found[0].options == ("上海", "北京", "广州")
    merged = read(xlsx(*OPTION_ROWS, merges=["A2:A4", "B2:B4", "C2:C4", "A5:A7", "B5:B7", "C5:C7"])).rows
    assert [question.answer for question in merged] == [(1,), (0, 2)]


def test_one_row_per_option_may_repeat_the_stem_without_numbers() -> None:
    found = questions(
        ("题目", "选项标号", "选项内容", "是否正确"),
        *(("首都？", "A", "北京", "√"), ("首都？", "B", "上海", "")),
        *(("首都？", "A", "东京", "×"), ("首都？", "B", "巴黎", "√")),
    )
    assert [(question.options, question.answer) for question in found] == [
        (("北京", "上海"), (0,)),
        (("东京", "巴黎"), (1,)),
    ]


def test_options_below_each_other_without_a_mark_column_follow_the_answer() -> None:
    found = questions(
        ("题干", "选项", "答案"),
        ("首都是哪里？", "A.上海", "B"),
        ("", "B.北京", ""),
        ("哪一个最大？", "A.一", "A"),
        ("", "B.二", ""),
    )
    assert [(question.options, question.answer) for question in found] == [
        (("上海", "北京"), (1,)),
        (("一", "二"), (0,)),
    ]


def test_type_and_number_inside_the_stem_are_taken_out() -> None:
    found = questions(
        ("题目", "选项", "答案"),
        ("单选题  1. 1921年成立的是", "A.甲 B.乙", "A"),
        ("【多选题】2、哪几个正确？", "A.甲 B.乙 C.丙", "AB"),
        ("判断题 3. 太阳从东方升起。", "", "对"),
    )
    assert [(question.kind, question.stem) for question in found] == [
        ("single", "1921年成立的是"),
        ("multiple", "哪几个正确？"),
        ("true_false", "太阳从东方升起。"),
    ]


def test_a_year_at_the_start_of_a_stem_is_no_number() -> None:
    assert (
        one(HEADER, ("单选题", "1949、1950年的大事是", "甲", "乙", "", "", "A")).stem
        == "1949、1950年的大事是"
    )


def test_section_rows_give_the_kind_of_the_rows_below_and_are_no_questions() -> None:
    found = questions(
        ("序号", "题目", "选项A", "选项B", "选项C", "答案"),
        ("一、单选题（共2题，每题2分）",),
        (1, "首都是哪里？", "北京", "上海", "", "A"),
        ("二", "多选题", "", "", "", ""),
        (2, "哪些是水果？", "苹果", "石头", "香蕉", "A"),
        ("3. 判断题 分数 60 题数 30",),
        (3, "太阳从东方升起。", "", "", "", "对"),
    )
    assert [(question.kind, question.verdict) for question in found] == [
        ("single", "accepted"),
        ("multiple", "warned"),
        ("true_false", "accepted"),
    ]
    assert str(found[0].mark) == "2"


def test_a_section_above_the_first_header_counts_too() -> None:
    question = one(("一、多选题（共1题）",), ("题目", "A", "B", "答案"), ("哪一个？", "甲", "乙", "A"))
    assert question.kind == "multiple"


def test_a_question_that_begins_like_a_heading_stays_a_question() -> None:
    found = questions(
        ("题目", "答案"),
        ("判断：中国共产党成立于1921年。", None),
        ("单选题的特点是什么？", "只有一个正确选项"),
    )
    assert [question.row for question in found] == [2, 3]


def test_material_rows_are_joined_to_the_questions_below() -> None:
    found = questions(
        ("题号", *HEADER),
        ("1", "材料题", "阅读材料：某村开展学习。"),
        ("1.1", "单选题", "材料说明了什么？", "甲", "乙", "", "", "A"),
        ("1.2", "判断题", "材料写的是某村。", "", "", "", "", "对"),
    )
    assert [(question.kind, question.group) for question in found] == [
        ("single", "阅读材料：某村开展学习。"),
        ("true_false", "阅读材料：某村开展学习。"),
    ]


def test_material_ends_where_the_numbers_go_on() -> None:
    found = questions(
        ("题号", "题型", "题干", "A", "B", "答案"),
        ("1", "材料题", "某村开展学习。"),
        ("", "单选题", "（1）说明了什么？", "甲", "乙", "A"),
        ("2", "单选题", "首都是哪里？", "北京", "上海", "A"),
    )
    assert [question.group for question in found] == ["某村开展学习。", None]
    assert all(question.verdict == Verdict.ACCEPTED for question in found)


def test_material_holds_for_the_rows_that_name_its_number() -> None:
    found = questions(
        ("题目编号", "父题编号", "题型", "题干", "A", "B", "答案"),
        (1, "", "材料题", "某村开展学习。"),
        (2, 1, "单选题", "说明了什么？", "甲", "乙", "A"),
        (3, "", "单选题", "首都是哪里？", "北京", "上海", "A"),
    )
    assert [question.group for question in found] == ["某村开展学习。", None]


def test_parent_columns_carry_the_material_to_the_children() -> None:
    found = questions(
        ("题组类型", "大题题干", "小题题型", "小题题干", "选项A", "选项B", "答案", "整体解析"),
        ("材料题", "某村开展学习。", "单选题", "说明了什么？", "甲", "乙", "A", "见材料"),
        ("", "", "判断题", "某村在开展学习。", "", "", "对", ""),
        ("单选题", "首都是哪里？", "", "", "北京", "上海", "A", ""),
    )
    assert [(question.group, question.stem) for question in found] == [
        ("某村开展学习。", "说明了什么？"),
        ("某村开展学习。", "某村在开展学习。"),
        (None, "首都是哪里？"),
    ]
    assert found[2].kind == "single"


def test_merged_cells_hold_for_all_their_rows() -> None:
    found = read(
        xlsx(
            ("章节", *HEADER),
            ("第一章 总则", *SINGLE),
            (None, "单选题", "另一题是什么？", "甲", "乙", "", "", "A"),
            merges=["A2:A3"],
        )
    ).rows
    assert [question.chapter for question in found] == [("第一章 总则",), ("第一章 总则",)]


def test_all_visible_sheets_are_read_and_name_the_kind() -> None:
    report = read(
        xlsx(
            ("填写说明",),
            ("请按模板填写",),
            单选题=[("题干", "A", "B", "答案"), ("首都是哪里？", "北京", "上海", "A")],
            多选题=[("题干", "A", "B", "答案"), ("哪些城市大？", "北京", "上海", "AB")],
        )
    )
    assert [(question.sheet, question.kind, question.verdict) for question in report.rows] == [
        ("单选题", "single", "accepted"),
        ("多选题", "multiple", "accepted"),
    ]
    assert [note.code for note in report.notes] == ["sheet_without_header"]


def test_a_sheet_without_header_beside_others_is_read_where_its_columns_are_clear() -> None:
    report = read(xlsx(HEADER, SINGLE, 续=[("单选题", "续表中的问题是什么？", "甲", "乙", "丙", "丁", "C")]))
    assert [(question.sheet, question.answer) for question in report.rows] == [("Sheet", (1,)), ("续", (2,))]
    assert "header_guessed" in codes(report.rows[1])


def test_type_numbers_are_explained_by_a_note_or_told_from_the_content_but_never_guessed() -> None:
    rows = (("2", "哪一个？", "甲", "乙", "", "", "A"), ("1", "太阳从东方升起。", "", "", "", "", "对"))
    noted = questions(("题型（1判断 2单选 3多选）", *HEADER[1:]), *rows)
    assert [(question.kind, question.verdict) for question in noted] == [
        ("single", "accepted"),
        ("true_false", "accepted"),
    ]
    told = questions(HEADER, *rows)
    assert [question.kind for question in told] == ["single", "true_false"]
    assert all("kind_inferred" in codes(question) for question in told)


def test_options_that_stand_in_the_stem_are_taken_from_there() -> None:
    question = one(("题目", "答案"), ("首都是哪里？\nA.上海\nB.北京\nC.广州", "B"))
    assert (question.stem, question.options, question.answer) == (
        "首都是哪里？",
        ("上海", "北京", "广州"),
        (1,),
    )
    assert "options_from_stem" in codes(question)


def test_chapters_become_a_path_and_lists_are_cut() -> None:
    question = one(
        (*HEADER, "课程", "章节", "知识点", "标签", "难度", "分值", "出处"),
        (*SINGLE, "党史", "第一章/第一节", "成立；纲领", "必考,重点", "较难", "2分", "党章总纲"),
    )
    assert question.chapter == ("党史", "第一章", "第一节")
    assert (question.knowledge_points, question.tags) == (("成立", "纲领"), ("必考", "重点"))
    assert (question.difficulty, str(question.mark), question.citation) == (4, "2", "党章总纲")
