"""Ops as they come over the wire (API.md): checked for form only, never for what they mean."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple

from learning.lane.problems import Problem

MAX_OPS = 256
MAX_NUMBER = 2**53  # what a JavaScript client can count
_WORD = re.compile(r"[\x21-\x7e]{1,64}")


class OpKind(StrEnum):
    ANSWER = "answer"
    VIEW = "view"
    LEAVE = "leave"
    FLAG = "flag"
    AWAY = "away"


_KINDS = {kind.value: kind for kind in OpKind}


class Op(NamedTuple):
    """`slot` is None for AWAY; `answer` and `base` belong to ANSWER, `flagged` to FLAG, the totals to AWAY.
    `*_ms` are totals since the attempt began (`active_ms` per slot)."""

    id: str
    seq: int
    kind: OpKind
    slot: int | None = None
    base: int = 0
    answer: Any = None
    flagged: bool = False
    active_ms: int = 0
    away_ms: int = 0
    other_ms: int = 0
    away_count: int = 0


def parse_client(body: dict[str, Any]) -> str:
    """The page load that speaks; Problem `malformed`."""
    client = body.get("client")
    if not isinstance(client, str) or not _WORD.fullmatch(client):
        raise Problem("malformed", "client must be 1 to 64 printable characters.")
    return client


def parse_ops(found: object) -> list[Op]:
    """The ops of a request in their order; Problem `malformed`, or `too_large` above MAX_OPS."""
    if not isinstance(found, list):
        raise Problem("malformed", "ops must be a list.")
    if len(found) > MAX_OPS:
        raise Problem("too_large", f"More than {MAX_OPS} ops.")
    return [_op(each, place) for place, each in enumerate(found)]


def _op(found: object, place: int) -> Op:
    if not isinstance(found, dict):
        raise Problem("malformed", f"ops[{place}] must be an object.")
    named, op_id = found.get("kind"), found.get("id")
    kind = _KINDS.get(named) if isinstance(named, str) else None
    if kind is None or not isinstance(op_id, str) or not _WORD.fullmatch(op_id):
        raise Problem("malformed", f"ops[{place}] needs an id and a known kind.")
    seq = _count(found, "seq", place, needed=True)
    if kind is OpKind.AWAY:
        return Op(
            op_id,
            seq,
            kind,
            away_ms=_count(found, "away_ms", place),
            other_ms=_count(found, "other_ms", place),
            away_count=_count(found, "away_count", place),
        )
    slot = _count(found, "slot", place, needed=True)
    active_ms = _count(found, "active_ms", place)
    if kind is OpKind.ANSWER:
        if "answer" not in found:
            raise Problem("malformed", f"ops[{place}] needs an answer; null clears.")
        base = _count(found, "base", place, needed=True)
        return Op(op_id, seq, kind, slot, base=base, answer=found["answer"], active_ms=active_ms)
    flagged = found.get("flagged", False)
    if kind is OpKind.FLAG and not isinstance(flagged, bool):
        raise Problem("malformed", f"ops[{place}].flagged must be true or false.")
    return Op(op_id, seq, kind, slot, flagged=flagged is True, active_ms=active_ms)


def _count(found: dict[str, Any], name: str, place: int, *, needed: bool = False) -> int:
    value = found.get(name)
    if type(value) is int and 0 <= value <= MAX_NUMBER:
        return value
    if value is None and not needed:
        return 0
    # JavaScript has one kind of number; so have some JSON writers.
    if type(value) is float and value.is_integer() and 0 <= value <= MAX_NUMBER:
        return int(value)
    raise Problem("malformed", f"ops[{place}].{name} must be a whole number from 0.")
