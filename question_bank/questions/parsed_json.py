"""A parsed question as the JSON of an import row and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from .exchange.verdicts import ParsedQuestion, Verdict, Warning

_STORED = ("kind", "stem", "options", "answer", "explanation", "difficulty", "chapter", "knowledge_points", "tags",
           "citation", "group")  # fmt: skip


def to_json(question: ParsedQuestion) -> dict[str, Any]:
    """What an import row keeps of the question, its doubts included."""
    data: dict[str, Any] = {name: getattr(question, name) for name in _STORED}
    data["mark"] = None if question.mark is None else str(question.mark)
    data["warnings"] = [[w.code, w.message, dict(w.params)] for w in question.warnings]
    data["reason_params"] = dict(question.reason_params)
    data["more_rows"] = question.more_rows
    return {name: value for name, value in data.items() if value not in (None, "", (), [], {})}


def from_json(
    data: Mapping[str, Any], *, row: int, sheet: str, verdict: str, reason: str, message: str
) -> ParsedQuestion:
    """The question that `to_json` wrote."""
    known = {field.name for field in fields(ParsedQuestion)}
    values = {name: _frozen(value) for name, value in data.items() if name in known}
    values["warnings"] = tuple(
        Warning(code, text, tuple(params.items())) for code, text, params in data.get("warnings", ())
    )
    values["reason_params"] = tuple(data.get("reason_params", {}).items())
    values["mark"] = Decimal(data["mark"]) if data.get("mark") else None
    values.update(row=row, sheet=sheet, verdict=Verdict(verdict), reason=reason or None, message=message)
    return ParsedQuestion(**values)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
