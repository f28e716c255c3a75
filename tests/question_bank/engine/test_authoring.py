from typing import Any

import pytest

from question_bank.engine.authoring import rule_problems, validate_body_and_key
from question_bank.engine.kinds import Kind


def options(*texts: str) -> list[dict[str, Any]]:
    return [{"id": f"o{number}", "text": text} for number, text in enumerate(texts)]


FOUR = {"options": options("甲", "乙", "丙", "丁")}
PAIRS = {"options": options("甲", "乙"), "left": [{"id": "l0", "text": "子"}, {"id": "l1", "text": "丑"}]}


@pytest.mark.parametrize(
    ("kind", "body", "key", "rule"),
    [
        (Kind.SINGLE, FOUR, "o1", {}),
        (Kind.MULTIPLE, FOUR, ["o1", "o3"], {"multiple": "net"}),
        (Kind.MULTIPLE, FOUR, ["o1", "o3"], {"multiple": "per_option", "per_option_mark": "0.5"}),
        (Kind.TRUE_FALSE, {}, False, {}),
        (Kind.FILL, {"blanks": 2}, [["甲", "甲方"], ["乙"]], {"blank_marks": ["1", "2"], "any_order": True}),
        (Kind.SHORT, {}, {"text": "要点"}, {}),
        (Kind.ESSAY, {}, None, {}),
        (Kind.ORDER, FOUR, ["o3", "o1", "o0", "o2"], {"order": "adjacent"}),
        (Kind.MATCH, PAIRS, {"l0": "o0", "l1": "o0"}, {}),
    ],
)
def test_a_sound_question_has_no_problems(kind: Kind, body: Any, key: Any, rule: Any) -> None:
    assert validate_body_and_key(kind, body, key, rule) == []


@pytest.mark.parametrize(
    ("kind", "body", "key", "rule", "expected"),
    [
        (Kind.SINGLE, {}, "o1", {}, {("bad_body", ""), ("key_not_in_options", "o1")}),
        (Kind.SINGLE, {"options": options("甲")}, "o0", {}, {("too_few_options", "")}),
        (Kind.SINGLE, FOUR, None, {}, {("no_key", "")}),
        (Kind.SINGLE, FOUR, "", {}, {("no_key", "")}),
        (Kind.SINGLE, FOUR, ["o1", "o2"], {}, {("several_keys", "")}),
        (Kind.SINGLE, FOUR, 3, {}, {("bad_key", "")}),
        (Kind.SINGLE, FOUR, "o9", {}, {("key_not_in_options", "o9")}),
        (Kind.SINGLE, {"options": [*options("甲"), {"id": "o0", "text": "乙"}]}, "o0", {},
         {("duplicate_option_ids", "o0")}),
        (Kind.SINGLE, {"options": [{"text": "甲"}, {"id": "b", "text": "乙"}]}, "b", {},
         {("no_option_id", ""), ("key_not_in_options", "b")}),
        (Kind.SINGLE, {"options": options("甲", " ")}, "o0", {}, {("empty_option", "o1")}),
        (Kind.MULTIPLE, FOUR, [], {}, {("no_key", "")}),
        (Kind.MULTIPLE, FOUR, "o1", {}, {("bad_key", "")}),
        (Kind.MULTIPLE, FOUR, ["o1", "o2", "o1"], {}, {("key_duplicate", "o1")}),
        (Kind.MULTIPLE, FOUR, ["o1", "o2"], {"multiple": "luck"}, {("unknown_rule", "multiple")}),
        (Kind.MULTIPLE, FOUR, ["o1", "o2"], {"multiple": "per_option"},
         {("per_option_mark_missing", "per_option_mark")}),
        (Kind.MULTIPLE, FOUR, ["o1", "o2"], {"multiple": "per_option", "per_option_mark": "-1"},
         {("bad_mark", "per_option_mark")}),
        (Kind.TRUE_FALSE, {}, None, {}, {("no_key", "")}),
        (Kind.TRUE_FALSE, {}, "对", {}, {("bad_key", "")}),
        (Kind.FILL, {}, [["甲"]], {}, {("bad_blanks", "")}),
        (Kind.FILL, {"blanks": 2}, [["甲"]], {}, {("blanks_mismatch", "")}),
        (Kind.FILL, {"blanks": 1}, [], {}, {("no_key", "")}),
        (Kind.FILL, {"blanks": 2}, [["甲"], []], {}, {("no_key", "2")}),
        (Kind.FILL, {"blanks": 1}, [["甲", " "]], {}, {("empty_alternative", "1")}),
        (Kind.FILL, {"blanks": 1}, ["甲"], {}, {("bad_key", "")}),
        (Kind.FILL, {"blanks": 1}, [["甲"]], {"blank_marks": ["1", "1"]},
         {("blank_marks_mismatch", "blank_marks")}),
        (Kind.FILL, {"blanks": 1}, [["甲"]], {"blank_marks": ["NaN"]}, {("bad_mark", "blank_marks")}),
        (Kind.FILL, {"blanks": 1}, [["甲"]], {"blank_marks": ["0"]}, {("bad_mark", "blank_marks")}),
        (Kind.SHORT, {}, {"text": 5}, {}, {("bad_key", "")}),
        (Kind.ORDER, FOUR, ["o0", "o1", "o2"], {}, {("key_incomplete", "o3")}),
        (Kind.ORDER, FOUR, ["o0", "o1", "o2", "o3"], {"order": "nearly"}, {("unknown_rule", "order")}),
        (Kind.MATCH, PAIRS, {"l0": "o0"}, {}, {("key_incomplete", "l1")}),
        (Kind.MATCH, PAIRS, {"l0": "o0", "l1": "o7"}, {}, {("key_not_in_options", "o7")}),
        (Kind.MATCH, {**PAIRS, "left": []}, {}, {"match": "most"},
         {("too_few_left", ""), ("no_key", ""), ("unknown_rule", "match")}),
    ],
)  # fmt: skip
def test_each_problem_of_a_question_has_its_code(
    kind: Kind, body: Any, key: Any, rule: Any, expected: Any
) -> None:
    found = validate_body_and_key(kind, body, key, rule)
    assert {(problem.code, problem.where) for problem in found} == expected
    assert all(problem.fatal for problem in found)


@pytest.mark.parametrize(
    ("body", "key", "rule", "code"),
    [
        ({"options": options("甲", "乙", "甲 ")}, ["o0", "o1"], {}, "duplicate_options"),
        (FOUR, ["o1"], {}, "one_key"),
        (FOUR, ["o1", "o2"], {"multiple": "each"}, "rule_pays_guessing"),
    ],
)
def test_what_is_only_suspicious_is_a_warning(body: Any, key: Any, rule: Any, code: str) -> None:
    [problem] = validate_body_and_key(Kind.MULTIPLE, body, key, rule)
    assert (problem.code, problem.fatal) == (code, False)


def test_a_sections_rule_is_judged_without_a_key() -> None:
    assert list(rule_problems(Kind.MULTIPLE, None, {"multiple": "half"})) == []
    assert list(rule_problems(Kind.FILL, None, {"blank_marks": ["1", "2"]})) == []
    assert [problem.code for problem in rule_problems(Kind.MATCH, None, {"match": "luck"})] == [
        "unknown_rule"
    ]
