"""What is wrong with a question as its author wrote it: problems of body, key and rule, as stable codes.

The words for the screen belong to question_bank.questions; a question with a fatal problem cannot become
ready.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from question_bank.engine.kinds import Kind, MatchRule, MultipleRule, OrderRule

MIN_OPTIONS = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` names the option id, the blank (from 1) or the rule concerned; a problem that is not fatal is a
    warning."""

    code: str
    where: str = ""
    fatal: bool = True


def validate_body_and_key(
    kind: Kind, body: Mapping[str, Any], key: object, rule: Mapping[str, Any] | None = None
) -> list[Problem]:
    """All problems of one question, fatal ones and warnings; an empty list means it can be asked and marked.

    Codes: bad_body, bad_key, too_few_options, too_few_left, no_option_id, duplicate_option_ids, empty_option,
    duplicate_options (warning), no_key, several_keys, one_key (warning), key_not_in_options, key_duplicate,
    key_incomplete, bad_blanks, blanks_mismatch, empty_alternative, unknown_rule, bad_mark,
    blank_marks_mismatch, per_option_mark_missing, rule_pays_guessing (warning).
    """
    problems = [*rule_problems(kind, key, rule or {})]
    match kind:
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            found, options = _choices(body.get("options"), "too_few_options", MIN_OPTIONS)
            problems += found
            problems += _choice_key(kind, key, options)
        case Kind.TRUE_FALSE:
            if not isinstance(key, bool):
                problems.append(Problem("no_key" if key is None else "bad_key"))
        case Kind.FILL:
            problems += _fill_problems(body.get("blanks"), key)
        case Kind.MATCH:
            found, options = _choices(body.get("options"), "too_few_options", MIN_OPTIONS)
            found_left, left = _choices(body.get("left"), "too_few_left", MIN_OPTIONS)
            problems += [*found, *found_left, *_match_key(key, left, options)]
        case Kind.SHORT | Kind.ESSAY:
            text = key.get("text", "") if isinstance(key, Mapping) else key
            if key is not None and not isinstance(text, str):
                problems.append(Problem("bad_key"))
    return problems


def _choices(choices: object, too_few: str, least: int) -> tuple[list[Problem], list[str]]:
    if not isinstance(choices, list) or not all(isinstance(choice, Mapping) for choice in choices):
        return [Problem("bad_body")], []
    problems = [Problem(too_few)] if len(choices) < least else []
    ids = [choice.get("id") for choice in choices]
    if not all(isinstance(choice_id, str) and choice_id for choice_id in ids):
        return [*problems, Problem("no_option_id")], []
    problems += [Problem("duplicate_option_ids", choice_id) for choice_id in _repeated(ids)]
    seen: set[str] = set()
    for choice in choices:
        text = choice.get("text")
        folded = "".join(unicodedata.normalize("NFKC", text).split()) if isinstance(text, str) else ""
        if not folded:
            problems.append(Problem("empty_option", choice["id"]))
        elif folded in seen:
            problems.append(Problem("duplicate_options", choice["id"], fatal=False))
        seen.add(folded)
    return problems, ids


def _choice_key(kind: Kind, key: object, options: list[str]) -> list[Problem]:
    if key is None or key in ("", []):
        return [Problem("no_key")]
    if kind is Kind.SINGLE:
        if isinstance(key, list) and len(key) > 1:
            return [Problem("several_keys")]
        if not isinstance(key, str):
            return [Problem("bad_key")]
        return _outside([key], options)
    if not isinstance(key, list) or not all(isinstance(option, str) for option in key):
        return [Problem("bad_key")]
    problems = _outside(key, options) + [Problem("key_duplicate", option) for option in _repeated(key)]
    if kind is Kind.MULTIPLE and len(key) == 1:
        problems.append(Problem("one_key", key[0], fatal=False))
    if kind is Kind.ORDER:
        problems += [Problem("key_incomplete", option) for option in options if option not in key]
    return problems


def _match_key(key: object, left: list[str], options: list[str]) -> list[Problem]:
    if not key:
        return [Problem("no_key")]
    if not isinstance(key, Mapping) or not all(isinstance(right, str) for right in key.values()):
        return [Problem("bad_key")]
    problems = _outside(key, left) + _outside(key.values(), options)
    return problems + [Problem("key_incomplete", name) for name in left if name not in key]


def _fill_problems(blanks: object, key: object) -> list[Problem]:
    if not isinstance(blanks, int) or isinstance(blanks, bool) or blanks < 1:
        return [Problem("bad_blanks")]
    if not key:
        return [Problem("no_key")]
    if not isinstance(key, list) or not all(isinstance(accepted, list) for accepted in key):
        return [Problem("bad_key")]
    problems = [Problem("blanks_mismatch")] if len(key) != blanks else []
    for number, accepted in enumerate(key, start=1):
        if not accepted:
            problems.append(Problem("no_key", str(number)))
        elif not all(isinstance(text, str) for text in accepted):
            problems.append(Problem("bad_key", str(number)))
        elif not all(text.strip() for text in accepted):
            problems.append(Problem("empty_alternative", str(number)))
    return problems


def rule_problems(kind: Kind, key: object, rule: Mapping[str, Any]) -> Iterable[Problem]:
    """What is wrong with a marking rule for questions of this kind, a question's own or a section's; `key`
    may be None where the rule is for many questions."""
    if kind is Kind.MULTIPLE:
        name = rule.get("multiple", MultipleRule.PROPORTIONAL)
        if name not in set(MultipleRule):
            yield Problem("unknown_rule", "multiple")
        if name == MultipleRule.PER_OPTION:
            per_option = rule.get("per_option_mark")
            if per_option is None:
                yield Problem("per_option_mark_missing", "per_option_mark")
            elif not _is_mark(per_option):
                yield Problem("bad_mark", "per_option_mark")
        if name == MultipleRule.EACH:
            yield Problem("rule_pays_guessing", "multiple", fatal=False)
    if kind is Kind.ORDER and rule.get("order", OrderRule.EXACT) not in set(OrderRule):
        yield Problem("unknown_rule", "order")
    if kind is Kind.MATCH and rule.get("match", MatchRule.SHARE) not in set(MatchRule):
        yield Problem("unknown_rule", "match")
    if kind is Kind.FILL and (marks := rule.get("blank_marks")) is not None:
        if not isinstance(marks, list) or not all(map(_is_mark, marks)) or not any(map(Decimal, marks)):
            yield Problem("bad_mark", "blank_marks")
        elif isinstance(key, list) and len(marks) != len(key):
            yield Problem("blank_marks_mismatch", "blank_marks")


def _is_mark(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and number >= 0


def _outside(chosen: Iterable[str], known: Iterable[str]) -> list[Problem]:
    known = set(known)
    return [Problem("key_not_in_options", choice) for choice in chosen if choice not in known]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
