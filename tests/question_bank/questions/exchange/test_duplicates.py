"""The same question again, within a file and against the bank."""

from question_bank.questions.exchange.duplicates import fingerprint, key_fingerprint
from question_bank.questions.exchange.verdicts import ImportReport, Verdict

from .made import HEADER, codes, questions, read, xlsx

FIRST = ("单选题", "首都是（　）。", "北京", "上海", "广州", "", "A")
AGAIN = ("单选题", "首都是( )", "上海", "广州", "北京", "", "C")
OTHER_KEY = ("单选题", "首都是", "北京", "上海", "广州", "", "B")


def known(report: ImportReport) -> dict[str, str]:
    return {
        fingerprint(question.stem, question.options, question.group): key_fingerprint(
            question.kind or "", question.options, question.answer
        )
        for question in report.rows
    }


def test_punctuation_blanks_and_the_order_of_options_make_no_other_question() -> None:
    first, again = questions(HEADER, FIRST, AGAIN)
    assert first.verdict == Verdict.ACCEPTED
    assert (again.verdict, again.reason) == (Verdict.DUPLICATE, "duplicate_of_row")
    assert "2" in again.message


def test_another_key_for_the_same_question_is_shown_on_both_rows() -> None:
    first, other = questions(HEADER, FIRST, OTHER_KEY)
    assert (other.verdict, other.reason) == (Verdict.REJECTED, "key_conflict")
    assert (first.verdict, codes(first)) == (Verdict.WARNED, {"key_conflict_below"})


def test_the_bank_is_never_overwritten() -> None:
    bank = known(read(xlsx(HEADER, FIRST)))
    same, other = questions(HEADER, AGAIN, OTHER_KEY, known=bank)
    assert (same.verdict, same.reason) == (Verdict.DUPLICATE, "already_in_bank")
    assert (other.verdict, other.reason) == (Verdict.REJECTED, "key_conflict_bank")


def test_the_same_file_twice_adds_nothing() -> None:
    data = xlsx(
        HEADER,
        FIRST,
        ("判断题", "太阳从东方升起。", "", "", "", "", "对"),
        ("填空题", "一是____。", "", "", "", "", "甲"),
        ("简答题", "简述。", "", "", "", "", ""),
    )
    again = read(data, known=known(read(data)))
    assert (again.accepted, again.rejected, again.duplicates) == (0, 0, 4)


def test_the_same_words_with_other_options_are_another_question() -> None:
    other = ("单选题", "首都是（　）。", "东京", "大阪", "京都", "", "A")
    assert [question.verdict for question in questions(HEADER, FIRST, other)] == ["accepted", "accepted"]


def test_nearly_the_same_options_are_warned() -> None:
    near = ("单选题", "首都是（　）。", "北京", "上海", "深圳", "", "A")
    assert codes(questions(HEADER, FIRST, near)[1]) == {"similar_question"}


def test_a_rejected_row_does_not_make_the_mended_one_a_duplicate() -> None:
    broken = ("单选题", "首都是（　）。", "北京", "上海", "广州", "", "")
    assert [question.verdict for question in questions(HEADER, broken, FIRST)] == ["rejected", "accepted"]


def test_numbers_that_differ_in_a_sign_only_are_different_options() -> None:
    assert fingerprint("值是", ("-1", "1")) != fingerprint("值是", ("1", "1"))
    assert fingerprint("1+1", ()) != fingerprint("11", ())
