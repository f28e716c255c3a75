from decimal import Decimal

import pytest

from question_bank.engine.kinds import (
    MAX_ESSAY_CHARS,
    MAX_FILL_CHARS,
    MAX_SHORT_CHARS,
    InvalidAnswer,
    Kind,
    PaperItem,
    is_blank,
    is_empty,
    needs_human,
    storable,
    validate_answer,
)

ABC = ("a1", "b2", "c3")


def slot(kind: Kind) -> PaperItem:
    return PaperItem(
        version=7,
        kind=kind,
        max_mark=Decimal("2.00"),
        options=ABC if kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.ORDER, Kind.MATCH) else (),
        left=("l1", "l2") if kind is Kind.MATCH else (),
        blanks=2 if kind is Kind.FILL else 0,
    )


@pytest.mark.parametrize("kind", Kind)
def test_null_clears_an_answer_of_every_kind(kind: Kind) -> None:
    assert validate_answer(slot(kind), None) is None


@pytest.mark.parametrize(
    ("kind", "answer", "normal"),
    [
        (Kind.SINGLE, "b2", "b2"),
        (Kind.SINGLE, "", ""),
        (Kind.MULTIPLE, ["c3", "a1"], ["a1", "c3"]),
        (Kind.MULTIPLE, [], []),
        (Kind.TRUE_FALSE, False, False),
        (Kind.FILL, ["甲", ""], ["甲", ""]),
        (Kind.FILL, [], []),
        (Kind.FILL, ["甲" * MAX_FILL_CHARS, ""], ["甲" * MAX_FILL_CHARS, ""]),
        (Kind.SHORT, "字" * MAX_SHORT_CHARS, "字" * MAX_SHORT_CHARS),
        (Kind.ESSAY, "一\0二\ud800三", "一二三"),
        (Kind.ORDER, ["c3", "a1", "b2"], ["c3", "a1", "b2"]),
        (Kind.ORDER, ["c3"], ["c3"]),
        (Kind.MATCH, {"l2": "a1"}, {"l2": "a1"}),
        (Kind.MATCH, {"l2": "a1", "l1": "a1"}, {"l1": "a1", "l2": "a1"}),
        (Kind.MATCH, {"l1": ""}, {}),
    ],
)
def test_a_well_formed_answer_comes_back_in_its_normal_form(
    kind: Kind, answer: object, normal: object
) -> None:
    assert validate_answer(slot(kind), answer) == normal


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        (Kind.SINGLE, "z9", "unknown_option"),
        (Kind.SINGLE, ["a1"], "wrong_shape"),
        (Kind.SINGLE, 1, "wrong_shape"),
        (Kind.MULTIPLE, "a1", "wrong_shape"),
        (Kind.MULTIPLE, ["a1", "a1"], "duplicate_option"),
        (Kind.MULTIPLE, ["a1", "z9"], "unknown_option"),
        (Kind.MULTIPLE, ["a1", ["b2"]], "wrong_shape"),
        (Kind.TRUE_FALSE, 1, "wrong_shape"),
        (Kind.TRUE_FALSE, "true", "wrong_shape"),
        (Kind.FILL, ["甲"], "wrong_blanks"),
        (Kind.FILL, ["甲", None], "wrong_shape"),
        (Kind.FILL, "甲", "wrong_shape"),
        (Kind.FILL, ["甲" * (MAX_FILL_CHARS + 1), ""], "too_long"),
        (Kind.SHORT, "字" * (MAX_SHORT_CHARS + 1), "too_long"),
        (Kind.ESSAY, "字" * (MAX_ESSAY_CHARS + 1), "too_long"),
        (Kind.ESSAY, {"text": "字"}, "wrong_shape"),
        (Kind.ORDER, ["a1", "b2", "c3", "a1"], "duplicate_option"),
        (Kind.MATCH, {"x": "a1"}, "unknown_option"),
        (Kind.MATCH, {"l1": "z9"}, "unknown_option"),
        (Kind.MATCH, {"l1": ["a1"]}, "wrong_shape"),
        (Kind.MATCH, ["l1"], "wrong_shape"),
    ],
)
def test_an_answer_that_cannot_belong_to_the_slot_is_refused(kind: Kind, answer: object, code: str) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        validate_answer(slot(kind), answer)
    assert refused.value.code == code


@pytest.mark.parametrize("answer", ["", "  \n", [], ["", " "], {}, {"l1": ""}])
def test_an_empty_answer_is_not_the_explicit_clear(answer: object) -> None:
    assert is_empty(answer)
    assert is_blank(answer)


def test_null_is_blank_but_no_empty_answer() -> None:
    assert is_blank(None)
    assert not is_empty(None)


@pytest.mark.parametrize("answer", [False, True, "a1", ["a1"], ["", "乙"], {"l1": "a1"}])
def test_an_answer_with_content_is_not_blank(answer: object) -> None:
    assert not is_blank(answer)


def test_only_short_answers_and_essays_wait_for_a_person() -> None:
    assert {kind for kind in Kind if needs_human(kind)} == {Kind.SHORT, Kind.ESSAY}


@pytest.mark.parametrize("kind", Kind)
def test_a_slot_survives_the_way_through_json(kind: Kind) -> None:
    assert PaperItem.from_json(slot(kind).to_json()) == slot(kind)


def test_a_slot_stores_nothing_that_its_kind_does_not_have() -> None:
    assert slot(Kind.TRUE_FALSE).to_json() == {"v": 7, "k": "true_false", "s": 0, "m": "2.00"}
    assert slot(Kind.SINGLE).to_json() == {
        "v": 7,
        "k": "single",
        "s": 0,
        "o": ["a1", "b2", "c3"],
        "m": "2.00",
    }


def test_storable_leaves_ordinary_text_alone() -> None:
    assert storable("为人民服务 🚩\n") == "为人民服务 🚩\n"
