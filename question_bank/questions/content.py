"""What a version says, apart from the database: content made from texts, cleaned, compared and judged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.crypto import get_random_string

from question_bank.engine.authoring import Problem, validate_body_and_key
from question_bank.engine.kinds import Kind

from .exchange.duplicates import fingerprint, key_fingerprint
from .exchange.verdicts import ParsedQuestion
from .models import Chapter, KnowledgePoint, QuestionVersion
from .sanitise import clean_html, from_plain, to_plain

ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ID_LENGTH = 6
# "All of the above" keeps its place when options are shuffled.
PINNED_TEXTS = (
    *("以上都是", "以上都对", "以上都正确", "以上都不是", "以上都不对", "以上说法都对", "以上全对"),
    *("以上均是", "以上均对", "以上均正确", "以上均不是", "以上皆是", "以上皆非"),
    *("All of the above", "None of the above"),
)
_MATERIAL = re.compile(r"<blockquote>(.*?)</blockquote>", re.DOTALL)


@dataclass(frozen=True)
class QuestionContent:
    """The asked and marked part of a question; stem, option texts and explanation are HTML, the citation plain text.
    Shapes of body, key and rule: docs/formats.md."""

    kind: str
    stem: str
    body: Mapping[str, Any] = field(default_factory=dict)
    key: Any = None
    rule: Mapping[str, Any] = field(default_factory=dict)
    explanation: str = ""
    citation: str = ""


@dataclass(frozen=True)
class Placement:
    """Where a question stands in its bank; not part of any version. `valid_until_date` is the last day it may be used."""

    chapter: Chapter | None = None
    knowledge_points: tuple[KnowledgePoint, ...] = ()
    difficulty: int = 3
    tags: tuple[str, ...] = ()
    valid_until_date: date | None = None


def new_ids(count: int) -> list[str]:
    """Distinct short opaque ids, for the options of one version."""
    ids: dict[str, None] = {}
    while len(ids) < count:
        ids[get_random_string(ID_LENGTH, ID_ALPHABET)] = None
    return list(ids)


def is_pinned_text(text: str) -> bool:
    """Whether an option speaks of the options above it."""
    return text.strip(" 。.").startswith(PINNED_TEXTS)


def content_from_texts(
    *,
    kind: str,
    stem: str,
    options: Sequence[str] = (),
    answer: Any = None,
    explanation: str = "",
    citation: str = "",
    rule: Mapping[str, Any] | None = None,
) -> QuestionContent:
    """Content from plain texts. `answer`: positions from 0 for choices and orders, a bool, per blank its alternatives, or
    the reference text. A match takes `options` as (left, right) pairs and no answer."""
    body: dict[str, Any] = {}
    key: Any
    match Kind(kind):
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            ids = new_ids(len(options))
            body["options"] = [
                {"id": name, "text": from_plain(text), "pinned": kind != Kind.ORDER and is_pinned_text(text)}
                for name, text in zip(ids, options, strict=True)
            ]
            chosen = [ids[position] for position in answer or ()]
            key = (chosen[0] if len(chosen) == 1 else chosen) if kind == Kind.SINGLE else chosen
        case Kind.MATCH:
            ids = new_ids(2 * len(options))
            left, right = ids[: len(options)], ids[len(options) :]
            body["left"] = [
                {"id": name, "text": from_plain(pair[0])} for name, pair in zip(left, options, strict=True)
            ]
            body["options"] = [
                {"id": name, "text": from_plain(pair[1]), "pinned": False}
                for name, pair in zip(right, options, strict=True)
            ]
            key = dict(zip(left, right, strict=True))
        case Kind.TRUE_FALSE:
            key = answer
        case Kind.FILL:
            key = [list(alternatives) for alternatives in answer or ()]
            body["blanks"] = len(key)
        case Kind.SHORT | Kind.ESSAY:
            key = {"text": answer} if answer else None
    body = _order_hidden(kind, body)
    return QuestionContent(
        kind, from_plain(stem), body, key, dict(rule or {}), from_plain(explanation), citation.strip()
    )


def cleaned(content: QuestionContent) -> QuestionContent:
    """The content with its HTML through the allow-list and only the fields its kind knows."""
    body: dict[str, Any] = {}
    for side in ("left", "options"):
        if side in content.body:
            body[side] = [
                {"id": choice.get("id"), "text": clean_html(str(choice.get("text", "")))}
                | ({"pinned": bool(choice.get("pinned"))} if side == "options" else {})
                for choice in content.body[side]
            ]
    if "blanks" in content.body:
        body["blanks"] = content.body["blanks"]
    body = _order_hidden(content.kind, body)
    return replace(
        content,
        kind=Kind(content.kind).value,
        stem=clean_html(content.stem),
        body=body,
        rule={name: value for name, value in content.rule.items() if value not in (None, "", False)},
        explanation=clean_html(content.explanation),
        citation=content.citation.strip(),
    )


def _order_hidden(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Options of an order or a match stand by their random ids: as written they would show the key."""
    if kind in (Kind.ORDER, Kind.MATCH) and "options" in body:
        body["options"] = sorted(body["options"], key=lambda choice: str(choice["id"]))
    return body


def problems_of(content: QuestionContent) -> list[Problem]:
    """Everything that is wrong or doubtful, the stem included."""
    problems = validate_body_and_key(Kind(content.kind), content.body, content.key, content.rule)
    if not to_plain(content.stem) and "<img" not in content.stem:
        problems.insert(0, Problem("empty_stem", "stem"))
    return problems


def content_of(version: QuestionVersion) -> QuestionContent:
    return QuestionContent(
        version.kind,
        version.stem,
        version.body,
        version.key,
        version.rule,
        version.explanation,
        version.citation,
    )


def content_from_parsed(question: ParsedQuestion) -> QuestionContent:
    """The content of an imported question; its shared material stands before the stem as a quotation."""
    content = content_from_texts(
        kind=question.kind or "",
        stem=question.stem,
        options=question.options,
        answer=question.answer,
        explanation=question.explanation,
        citation=question.citation,
    )
    if question.group:
        content = replace(
            content, stem=f"<blockquote>{from_plain(question.group)}</blockquote>{content.stem}"
        )
    return content


def fingerprint_of(content: QuestionContent) -> str:
    """The same for two questions that a member would call the same; exchange.duplicates says when."""
    material = _MATERIAL.match(content.stem)
    stem = content.stem[material.end() :] if material else content.stem
    return fingerprint(to_plain(stem), _choice_texts(content), to_plain(material[1]) if material else None)


def key_fingerprint_of(content: QuestionContent) -> str:
    """The same for two keys that mark alike, whatever the ids and the order of the options."""
    key = content.key
    match Kind(content.kind):
        case Kind.SINGLE | Kind.MULTIPLE | Kind.ORDER:
            positions = {choice["id"]: at for at, choice in enumerate(content.body.get("options", ()))}
            names = [key] if isinstance(key, str) else key
            return key_fingerprint(
                content.kind, _choice_texts(content), tuple(positions[name] for name in names)
            )
        case Kind.FILL:
            return key_fingerprint(content.kind, (), tuple(tuple(alternatives) for alternatives in key))
        case Kind.MATCH:
            texts = {
                c["id"]: to_plain(c["text"])
                for side in ("left", "options")
                for c in content.body.get(side, ())
            }
            pairs = sorted(f"{texts.get(left)}={texts.get(right)}" for left, right in key.items())
            return key_fingerprint(content.kind, (), "|".join(pairs))
        case Kind.TRUE_FALSE:
            return key_fingerprint(content.kind, (), bool(key))
        case _:
            return key_fingerprint(content.kind, (), key.get("text", "") if isinstance(key, dict) else key)


def _choice_texts(content: QuestionContent) -> list[str]:
    return [to_plain(choice["text"]) for side in ("left", "options") for choice in content.body.get(side, ())]
