"""Every notation of an answer, and every doubt about one."""

from typing import Any

import pytest

from question_bank.questions.exchange.answers import AnswerRefused, read_blanks
from question_bank.questions.exchange.verdicts import ImportSettings, Verdict

from .made import HEADER, codes, one, questions

OPTIONS = ("实事求是", "群众路线，独立自主", "艰苦奋斗", "自我批评")


def asked(kind: str, answer: Any, options: tuple[str, ...] = OPTIONS, stem: str = "下列正确的是") -> Any:
    return one(HEADER, (kind, stem, *options, *[""] * (4 - len(options)), answer))


@pytest.mark.parametrize(
    "answer",
    [
        "A",
        "a",
        "Ａ",
        "A ",
        "A.",
        "【答案】A",
        "答案：A",
        "正确答案是A",
        "（A）",
        *("选A", "A选项", "Option 1", "选项A"),
        "A、实事求是",
        "A.实事求是",
        "实事求是",
        1,
        "1",
        1.0,
    ],
)
def test_single_answers_in_every_notation(answer: Any) -> None:
    assert asked("单选题", answer).answer == (0,)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "ABD",
            "BA D",
            "DBA",
            "abd",
            "ＡＢＤ",
            "A,B,D",
            "A，B，D",
            "A、B、D",
            "A|B|D",
            "A;B;D",
            "A；B；D",
            "A B D",
            "A\nB\nD",
        ),
        *("1,2,4", "124", "A.实事求是；B.群众路线，独立自主；D.自我批评"),
        *(
            "实事求是|群众路线，独立自主|自我批评",
            "实事求是，群众路线，独立自主，自我批评",
            "实事求是\n群众路线，独立自主\n自我批评",
        ),
    ],
)
def test_multiple_answers_in_every_notation(answer: str) -> None:
    assert asked("多选题", answer).answer == (0, 1, 3)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        *(
            (word, True)
            for word in ("对", "正确", "√", "✓", "T", "True", "TRUE", "是", "Y", "yes", "1", 1, True, "对。")
        ),
        *(
            (word, False)
            for word in ("错", "错误", "×", "✗", "F", "False", "否", "N", "no", "0", 0, False, "不正确")
        ),
    ],
)
def test_true_false_in_every_notation(answer: Any, right: bool) -> None:
    question = asked("判断题", answer, ())
    assert (question.kind, question.answer, question.options) == ("true_false", right, ())
    assert question.verdict == Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("options", "answer", "right"),
    [("A、对B、错", "B", False), ("A.错误 B.正确", "B", True), ("对|错", "A", True)],
)
def test_true_false_letters_follow_the_options_of_their_row(options: str, answer: str, right: bool) -> None:
    question = one(("题型", "题干", "选项", "答案"), ("判断题", "太阳从东方升起。", options, answer))
    assert (question.answer, question.verdict) == (right, Verdict.ACCEPTED)


def test_true_false_letters_without_options_are_a_convention_and_warned() -> None:
    question = asked("判断题", "B", ())
    assert (question.answer, codes(question)) == (False, {"true_false_letters_assumed"})


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        ("单选题", "E", "answer_beyond_options"),
        ("", "E", "answer_beyond_options"),
        ("", "以上都对", "answer_unreadable"),
        ("单选题", "AB", "single_with_several"),
        ("单选题", 7, "answer_beyond_options"),
        ("单选题", None, "answer_missing"),
        ("单选题", "以上都对", "answer_unreadable"),
        ("单选题", "A.自我批评", "answer_text_mismatch"),
        ("判断题", "可能", "true_false_options"),
        ("匹配题", "A", "kind_unsupported"),
        ("排序题", "BA", "order_incomplete"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(kind: str, answer: Any, reason: str) -> None:
    question = asked(kind, answer)
    assert (question.verdict, question.reason) == (Verdict.REJECTED, reason)
    assert question.message
    assert question.stem == "下列正确的是"


def test_several_letters_make_an_untyped_question_multiple_and_say_so() -> None:
    question = asked("", "ACD")
    assert (question.kind, question.answer) == ("multiple", (0, 2, 3))
    assert "kind_inferred" in codes(question)


@pytest.mark.parametrize(
    ("stem", "options", "answer", "kind"),
    [
        ("选一个", OPTIONS, "A", "single"),
        ("太阳从东方升起", (), "对", "true_false"),
        ("太阳从东方升起", ("对", "错"), "A", "true_false"),
        ("首都是____", (), "北京", "fill"),
        ("首都是哪里", (), "北京", "fill"),
        ("简述意义", (), "这是一段相当长的参考答案，" * 5, "short"),
    ],
)
def test_an_absent_type_is_inferred(stem: str, options: tuple[str, ...], answer: str, kind: str) -> None:
    question = asked("", answer, options, stem)
    assert question.kind == kind
    assert "kind_inferred" in codes(question)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(
            ("单项选择题", "single"),
            ("single", "single"),
            ("【单选】", "single"),
            ("Single Choice", "single"),
        ),
        *(
            ("多项选择题", "multiple"),
            ("不定项选择题", "multiple"),
            ("不定项", "multiple"),
            ("multiple", "multiple"),
        ),
        *(("选择题", "single"), ("multiple choice", "single"), ("投票", "single")),
    ],
)
def test_type_words(word: str, kind: str) -> None:
    assert asked(word, "A").kind == kind


def test_a_multiple_question_with_one_letter_is_warned() -> None:
    assert codes(asked("多选题", "C")) == {"multiple_with_one"}


def test_a_number_that_is_also_an_option_is_not_guessed() -> None:
    assert asked("单选题", "3", ("2", "3", "4", "5")).reason == "answer_ambiguous"
    assert asked("单选题", 1921, ("1919", "1920", "1921", "1922")).answer == (2,)


def test_numbers_from_zero_anywhere_make_all_number_answers_doubtful() -> None:
    found = questions(HEADER, ("单选题", "第一题", *OPTIONS, 0), ("单选题", "第二题", *OPTIONS, 1))
    assert [question.reason for question in found] == ["answer_numbers_from_zero"] * 2


@pytest.mark.parametrize("stem", ["党的路线是（ B ）。", "党的路线是(B)", "党的路线是（Ｂ）。"])
def test_an_answer_in_the_stem_is_taken_and_no_longer_shown(stem: str) -> None:
    question = asked("单选题", "", stem=stem)
    assert question.answer == (1,)
    assert "B" not in question.stem
    assert "Ｂ" not in question.stem
    assert codes(question) == {"answer_from_stem"}
    assert "B" not in asked("单选题", "B", stem=stem).stem


def test_letters_in_the_stem_that_are_no_key_stay() -> None:
    assert asked("单选题", "A", stem="英国广播公司（BBC）评出的是").stem == "英国广播公司（BBC）评出的是"
    assert "letters_in_stem_differ" in codes(asked("单选题", "A", stem="路线是（C）"))


def test_a_tick_at_the_end_of_the_stem_is_the_answer() -> None:
    question = asked("判断题", "", (), stem="太阳从东方升起。（√）")
    assert (question.stem, question.answer) == ("太阳从东方升起。", True)


def test_equal_options_are_rejected_where_the_key_is_one_of_them() -> None:
    assert asked("单选题", "A", ("甲", " 甲", "乙")).reason == "duplicate_options"
    assert codes(asked("单选题", "C", ("甲", " 甲", "乙"))) == {"duplicate_options"}


def test_an_order_keeps_its_order() -> None:
    assert asked("排序题", "CABD").answer == (2, 0, 1, 3)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *(
            ("甲；乙", 2),
            ("甲;乙", 2),
            ("甲|乙", 2),
            ("甲\n乙", 2),
            ("(甲)(乙)", 2),
            ("（甲）（乙）", 2),
            ("甲 乙", 2),
        ),
        *(
            ("甲、乙", 2),
            ("甲，乙", 2),
            ("1.甲 2.乙", 2),
            ("(1)甲；(2)乙", 2),
            ("答案：甲；乙", 2),
            ("甲；乙", 0),
        ),
    ],
)
def test_blanks_are_parted_by_every_separator(answer: str, expected: int) -> None:
    assert read_blanks(answer, expected, None) == (("甲",), ("乙",))


def test_separators_inside_one_blank_stay() -> None:
    assert read_blanks("马克思、恩格斯", 1, None) == (("马克思、恩格斯",),)
    assert read_blanks("马克思、恩格斯", 0, None) == (("马克思、恩格斯",),)


def test_alternatives_need_their_setting() -> None:
    row = ("填空题", "党的全称是____。", "", "", "", "", "中共/中国共产党")
    assert one(HEADER, row).answer == (("中共/中国共产党",),)
    settings = ImportSettings(alternatives_separator="/")
    assert one(HEADER, row, settings=settings).answer == (("中共", "中国共产党"),)


def test_another_number_of_blanks_than_answers_is_rejected() -> None:
    with pytest.raises(AnswerRefused, match="blanks_differ"):
        read_blanks("甲；乙；丙", 2, None)
    assert one(HEADER, ("填空题", "一是____，二是____。", "", "", "", "", "甲")).reason == "blanks_differ"


def test_no_break_spaces_draw_a_blank() -> None:
    question = one(HEADER, ("填空题", "首都是" + "\u00a0" * 8 + "。", "", "", "", "", "北京"))
    assert (question.stem, question.answer) == ("首都是____。", (("北京",),))


def test_one_column_per_blank() -> None:
    question = one(("题型", "题干", "答案1", "答案2"), ("填空题", "一是____，二是____。", "甲", "乙"))
    assert question.answer == (("甲",), ("乙",))


def test_an_essay_without_reference_is_kept_with_a_warning() -> None:
    question = one(HEADER, ("论述题", "谈谈认识。", "", "", "", "", ""))
    assert (question.kind, question.answer, codes(question)) == ("essay", None, {"reference_missing"})


@pytest.mark.parametrize(
    ("word", "level", "told"),
    [
        *(
            ("易", 1, False),
            ("中", 3, False),
            ("难", 5, False),
            ("简单", 1, False),
            ("困难", 5, False),
            ("高", 5, False),
        ),
        *(("★★★★", 4, False), (5, 5, False), (2, 2, False), ("神级", 3, True), ("", None, False)),
    ],
)
def test_difficulty_words(word: Any, level: int | None, told: bool) -> None:
    header = (*HEADER, "难度")
    found = questions(
        header, ("判断题", "甲", "", "", "", "", "对", word), ("判断题", "乙", "", "", "", "", "对", 5)
    )
    assert found[0].difficulty == level
    assert ("difficulty_unknown" in codes(found[0])) == told


def test_numbers_up_to_three_are_a_scale_of_three() -> None:
    rows = [("判断题", f"第{number}句", "", "", "", "", "对", number) for number in (1, 2, 3)]
    assert [question.difficulty for question in questions((*HEADER, "难度"), *rows)] == [1, 3, 5]


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        (("易", "中", "难"), [1, 3, 5]),
        (("很易", "易", "中", "难", "很难"), [1, 2, 3, 4, 5]),
        (("易", "难", "很难"), [2, 4, 5]),
        (("2 易", "2 易"), [2, 2]),
        (("1 很易", "2 易", "3 中"), [1, 2, 3]),
        (("4 难", "难"), [4, 5]),
        (("较易", "易", "较难", "难"), [2, 1, 4, 5]),
    ],
)
def test_difficulty_words_are_read_on_the_scale_of_their_file(
    words: tuple[str, ...], levels: list[int]
) -> None:
    rows = [("判断题", f"第{n}句话说的是什么", "", "", "", "", "对", word) for n, word in enumerate(words)]
    found = questions((*HEADER, "难度"), *rows)
    assert [question.difficulty for question in found] == levels
    assert not any("difficulty_unknown" in codes(question) for question in found)
