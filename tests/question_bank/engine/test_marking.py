from decimal import Decimal
from typing import Any

import pytest

from question_bank.engine.kinds import Kind, PaperItem
from question_bank.engine.marking import (
    AnswerKey,
    Combination,
    GradeBand,
    Marked,
    combine,
    grade_band,
    mark,
    mark_paper,
    pass_score,
    passed,
)

D = Decimal


@pytest.mark.parametrize(
    ("rule", "key", "chosen", "expected"),
    [
        # 2 points, 4 options; TIMING.md 2.5
        ("exact", "ABC", "ABC", "2"), ("exact", "ABC", "AB", "0"), ("exact", "ABC", "ABCD", "0"),
        ("half", "ABC", "ABC", "2"), ("half", "ABC", "A", "1"), ("half", "ABC", "AD", "0"),
        ("proportional", "ABC", "ABC", "2"), ("proportional", "ABC", "AB", "1.33"),
        ("proportional", "ABC", "A", "0.67"), ("proportional", "ABC", "ABD", "0"),
        ("per_option", "ABC", "ABC", "2"), ("per_option", "ABC", "AB", "1"), ("per_option", "ABC", "AD", "0"),
        ("net", "ABC", "ABC", "2"), ("net", "ABC", "ABD", "0.67"), ("net", "A", "BC", "0"),
        ("net", "AB", "ABCD", "0"),
        ("coverage", "ABC", "ABC", "2"), ("coverage", "ABC", "ABCD", "1.5"),
        ("coverage", "ABC", "AD", "0.33"), ("coverage", "AB", "CD", "0"),
        ("each", "ABC", "ABC", "2"), ("each", "ABC", "ABCD", "1.5"), ("each", "ABC", "D", "0"),
        ("each", "A", "B", "1"),
    ],
)  # fmt: skip
def test_every_multiple_choice_rule(rule: str, key: str, chosen: str, expected: str) -> None:
    given = mark(
        Kind.MULTIPLE,
        list(key),
        {"multiple": rule, "per_option_mark": "0.5"},
        list(chosen),
        D("2.00"),
        option_count=4,
    )
    assert given == Marked(D(expected).quantize(D("0.01")), key == chosen)


def test_a_multiple_choice_is_marked_proportionally_unless_told_otherwise() -> None:
    assert mark(Kind.MULTIPLE, ["a", "b"], {}, ["b"], D("2.00"), option_count=4).mark == D("1.00")


def test_per_option_marks_never_pay_more_than_the_question() -> None:
    rule = {"multiple": "per_option", "per_option_mark": "1.5"}
    assert mark(Kind.MULTIPLE, ["a", "b", "c"], rule, ["a", "b"], D("2.00"), option_count=4) == Marked(
        D("2.00"), False
    )


def test_a_missing_per_option_mark_pays_proportionally() -> None:
    assert mark(Kind.MULTIPLE, ["a", "b"], {"multiple": "per_option"}, ["a"], D("2.00")).mark == D("1.00")


def test_a_half_cent_is_rounded_up() -> None:
    assert mark(Kind.MULTIPLE, ["a", "b"], {"multiple": "half"}, ["a"], D("0.25")).mark == D("0.13")


@pytest.mark.parametrize(
    ("kind", "key", "rule", "answer", "expected"),
    [
        (Kind.SINGLE, "a", {}, "a", "2.00"),
        (Kind.SINGLE, "a", {}, "b", "0.00"),
        (Kind.TRUE_FALSE, False, {}, False, "2.00"),
        (Kind.TRUE_FALSE, False, {}, True, "0.00"),
        (Kind.FILL, [["甲"], ["乙"]], {}, ["甲。", "乙 "], "2.00"),
        (Kind.FILL, [["甲"], ["乙"]], {}, ["乙", "甲"], "0.00"),
        (Kind.FILL, [["甲"], ["乙"]], {"any_order": True}, ["乙", "甲"], "2.00"),
        (Kind.FILL, [["甲"], ["乙"]], {"blank_marks": ["3", "1"]}, ["甲", "丙"], "1.50"),
        (Kind.FILL, [["甲"], ["乙"], ["丙"]], {}, ["甲", "乙", ""], "1.33"),
        (Kind.FILL, [["pH"]], {"case": True}, ["PH"], "0.00"),
        (Kind.FILL, [["pH"]], {}, ["PH"], "2.00"),
        (Kind.ORDER, ["a", "b", "c"], {}, ["a", "b", "c"], "2.00"),
        (Kind.ORDER, ["a", "b", "c"], {}, ["a", "c", "b"], "0.00"),
        (Kind.ORDER, ["a", "b", "c"], {"order": "adjacent"}, ["c", "a", "b"], "1.00"),
        (Kind.ORDER, ["a", "b", "c"], {"order": "adjacent"}, ["c", "b", "a"], "0.00"),
        (Kind.MATCH, {"l": "a", "m": "b", "n": "c"}, {}, {"l": "a", "m": "c"}, "0.67"),
        (Kind.MATCH, {"l": "a", "m": "b"}, {}, {"l": "a", "m": "b"}, "2.00"),
        (Kind.MATCH, {"l": "a", "m": "b"}, {"match": "exact"}, {"l": "a"}, "0.00"),
    ],
)
def test_every_kind_is_marked(kind: Kind, key: Any, rule: Any, answer: Any, expected: str) -> None:
    assert mark(kind, key, rule, answer, D("2.00")) == Marked(D(expected), expected == "2.00")


@pytest.mark.parametrize("kind", [Kind.SHORT, Kind.ESSAY])
def test_written_answers_wait_for_a_person(kind: Kind) -> None:
    assert mark(kind, {"text": "要点"}, {}, "要点", D("10.00")) == Marked(None, None)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("answer", [None, ""])
def test_a_blank_answer_gets_nothing_and_waits_for_nobody(kind: Kind, answer: Any) -> None:
    assert mark(kind, {"text": ""}, {}, answer, D("2.00")) == Marked(D("0.00"), False)


def test_a_question_that_lost_its_key_is_not_marked_wrong() -> None:
    assert mark(Kind.SINGLE, None, {}, "a", D("2.00")) == Marked(None, None)


def test_a_paper_adds_rounded_marks_and_names_the_slots_for_a_person() -> None:
    paper = [
        PaperItem(1, Kind.SINGLE, D("1.00"), options=("a", "b")),
        PaperItem(2, Kind.MULTIPLE, D("1.00"), options=("a", "b", "c")),
        PaperItem(3, Kind.ESSAY, D("5.00")),
        PaperItem(4, Kind.ESSAY, D("5.00")),
        PaperItem(5, Kind.TRUE_FALSE, D("1.00")),
    ]
    keys = {
        1: AnswerKey("a"),
        2: AnswerKey(["a", "b", "c"]),
        3: AnswerKey(None),
        4: AnswerKey(None),
        5: AnswerKey(True, void=True),
    }
    marks = mark_paper(paper, keys, {1: "a", 2: ["a"], 3: "论述"})
    assert [item.mark for item in marks.items] == [D("1.00"), D("0.33"), None, D("0.00"), D("1.00")]
    assert (marks.score, marks.max_score, marks.waiting) == (D("2.33"), D("13.00"), (3,))


@pytest.mark.parametrize(
    ("score", "max_score", "percent", "expected"),
    [
        ("60", "100", "60", True),
        ("59.99", "100", "60", False),
        ("30", "50", "60", True),
        ("0", "0", "60", False),
        ("0", "100", "0", True),
    ],
)
def test_passing_is_reaching_the_percentage(score: str, max_score: str, percent: str, expected: bool) -> None:
    assert passed(D(score), D(max_score), D(percent)) is expected


@pytest.mark.parametrize(
    ("max_score", "percent", "expected"),
    [("100", "60", "60"), ("50", "60", "30"), ("7.55", "60", "4.53"), ("0.05", "33.33", "0.02")],
)
def test_the_pass_mark_is_the_lowest_score_that_passes(max_score: str, percent: str, expected: str) -> None:
    lowest = pass_score(D(max_score), D(percent))
    assert lowest == D(expected)
    assert passed(lowest, D(max_score), D(percent))
    assert not passed(lowest - D("0.01"), D(max_score), D(percent))


@pytest.mark.parametrize(
    ("score", "name"), [("100", "优秀"), ("90", "优秀"), ("89.99", "良好"), ("75", "良好")]
)
def test_a_band_begins_at_its_threshold(score: str, name: str) -> None:
    bands = [GradeBand("良好", D(75)), GradeBand("优秀", D(90))]
    band = grade_band(D(score), D(100), bands)
    assert band is not None
    assert band.name == name


def test_below_every_threshold_there_is_no_band() -> None:
    assert grade_band(D("59"), D(100), [GradeBand("及格", D(60))]) is None


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Combination.BEST, "80"),
        (Combination.LAST, "50.01"),
        (Combination.FIRST, "60"),
        (Combination.AVERAGE, "63.34"),
    ],
)
def test_attempts_are_combined_as_the_exam_says(how: Combination, expected: str) -> None:
    assert combine([D("60.00"), D("80.00"), D("50.01")], how) == D(expected)
    assert combine([], how) is None
