"""What a member may look back on: each question with the own answer, its verdict and, once released, the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from question_bank.engine.kinds import Kind, is_blank
from question_bank.exams.answer_keys import answer_keys
from question_bank.exams.marks import given_marks, item_marks
from question_bank.exams.models import Attempt, Mark
from question_bank.exams.outcome import stored_items
from question_bank.exams.papers import paper_of, shown_items, shown_sections
from question_bank.exams.releasing import Visible
from question_bank.questions.models import QuestionVersion

from .forms import html, words

RIGHT, PART, WRONG, BLANK = "right", "part", "wrong", "blank"


@dataclass(frozen=True, slots=True)
class ReviewOption:
    html: SafeString
    chosen: bool
    right: bool | None  # None: the key is not released


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """`verdict` is right, part, wrong or blank. `key`, `explanation` and `citation` are empty unless released."""

    slot: int
    kind_label: str | Promise
    stem: SafeString
    options: tuple[ReviewOption, ...]
    answer: str
    verdict: str
    mark: Decimal
    max_mark: Decimal
    key: str
    explanation: SafeString
    citation: str
    comment: str
    note: str  # what became of the question after publishing; "" for nothing


@dataclass(frozen=True, slots=True)
class SectionScore:
    title: str
    score: Decimal
    max_score: Decimal


def section_scores(attempt: Attempt, given: Mapping[int, Mark]) -> list[SectionScore]:
    """Points by section of a marked attempt."""
    marks = item_marks(attempt, dict(given))
    found = []
    for number, section in enumerate(shown_sections(attempt.rules)):
        own = [(item, mark) for item, mark in zip(attempt.paper, marks, strict=True) if item["s"] == number]
        score = sum((mark or Decimal(0) for _item, mark in own), Decimal(0))
        max_score = sum((Decimal(item["m"]) for item, _mark in own), Decimal(0))
        if own:
            found.append(SectionScore(section["title"], score, max_score))
    return found


def marks_given(attempt: Attempt) -> dict[int, Mark]:
    """The latest Mark by slot; one query."""
    return given_marks([attempt]).get(attempt.pk, {})


def review_items(attempt: Attempt, seen: Visible, given: Mapping[int, Mark]) -> list[ReviewItem]:
    """All slots of a marked attempt whose answers are released; keys, explanations and comments as far as they are."""
    paper = paper_of(attempt.paper)
    answers = {slot: row.answer for slot, row in stored_items(attempt).items()}
    corrections = attempt.exam.corrections
    keys = answer_keys(paper, attempt.rules, corrections) if seen.key else {}
    stands_for = {
        item.version: corrections.get(str(item.version), {}).get("version", item.version) for item in paper
    }
    told: dict[int, QuestionVersion] = {}
    if seen.key:
        told = QuestionVersion.objects.only("explanation", "citation").in_bulk(set(stands_for.values()))
    found = []
    shown = shown_items(attempt.paper)
    marks = item_marks(attempt, dict(given))
    for slot, (item, entry, mark) in enumerate(zip(paper, shown, marks, strict=True), start=1):
        answer = answers.get(slot)
        key = keys[item.version].key if item.version in keys else None
        version = told.get(stands_for[item.version])
        found.append(
            ReviewItem(
                slot=slot,
                kind_label=QuestionVersion.Kind(entry["kind"]).label,
                stem=html(entry["stem"]),
                options=_options(entry, answer, key, bool(seen.key)),
                answer=in_words(entry, answer),
                verdict=_verdict(mark or Decimal(0), item.max_mark, answer),
                mark=mark or Decimal(0),
                max_mark=item.max_mark,
                key=key_in_words(entry, key) if seen.key else "",
                explanation=html(version.explanation) if version else SafeString(""),
                citation=version.citation if version else "",
                comment=given[slot].comment if seen.comments and slot in given else "",
                note=_note(corrections.get(str(item.version), {})),
            )
        )
    return found


def _note(correction: Mapping[str, Any]) -> str:
    if correction.get("void"):
        return _("这道题有误，已作废，人人满分。")
    return _("这道题的答案已更正，按更正后的答案评分。") if correction else ""


def _verdict(mark: Decimal, max_mark: Decimal, answer: Any) -> str:
    if mark >= max_mark:
        return RIGHT
    if is_blank(answer):
        return BLANK
    return PART if mark > 0 else WRONG


def _options(entry: Mapping[str, Any], answer: Any, key: Any, released: bool) -> tuple[ReviewOption, ...]:
    """The rows of a choice with the own choice and, once released, the right ones; empty for other kinds."""
    if entry["kind"] not in (Kind.SINGLE, Kind.MULTIPLE):
        return ()
    chosen = [answer] if isinstance(answer, str) else answer or []
    right = [key] if isinstance(key, str) else key or []
    return tuple(
        ReviewOption(html(each["text"]), each["id"] in chosen, each["id"] in right if released else None)
        for each in entry["options"]
    )


def in_words(entry: Mapping[str, Any], answer: Any) -> str:
    """An answer as a person reads it; "" if there is none."""
    if is_blank(answer):
        return ""
    names = {each["id"]: words(each["text"]) for each in entry["options"]}
    left = {each["id"]: words(each["text"]) for each in entry.get("left", ())}
    match Kind(entry["kind"]):
        case Kind.TRUE_FALSE:
            return _("正确") if answer else _("错误")
        case Kind.SINGLE:
            return names.get(answer, "")
        case Kind.MULTIPLE:
            return _("；").join(names.get(each, "") for each in answer)
        case Kind.ORDER:
            return " → ".join(names.get(each, "") for each in answer)
        case Kind.MATCH:
            return _("；").join(f"{left.get(a, '')} — {names.get(b, '')}" for a, b in answer.items())
        case Kind.FILL:
            return _("；").join(each or "—" for each in answer)
        case _:
            return str(answer)


def key_in_words(entry: Mapping[str, Any], key: Any) -> str:
    """The key as a person reads it: for blanks all accepted texts, for texts the reference answer."""
    if key is None:
        return ""
    match Kind(entry["kind"]):
        case Kind.FILL:
            return _("；").join(" / ".join(alternatives) for alternatives in key)
        case Kind.SHORT | Kind.ESSAY:
            return str(key["text"] if isinstance(key, dict) else key)
        case _:
            return in_words(entry, key)
