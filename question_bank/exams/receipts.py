"""What a member holds after handing in: a number, and a hash over the answers as they stood."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from .errors import iso

NUMBER_HASH_CHARS = 6


@dataclass(frozen=True, slots=True)
class Receipt:
    """`answered` of `total` slots had an answer; `hash` is that of `answers_hash`."""

    number: str
    submitted_at: datetime
    answered: int
    total: int
    hash: str

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "submitted_at": iso(self.submitted_at),
            "answered": self.answered,
            "total": self.total,
            "hash": self.hash,
        }


def answers_hash(attempt_id: int, submitted_at: datetime, answers: Mapping[int, Any]) -> str:
    """SHA-256 (hex) over the attempt, the time and every answer by slot, blank ones left out: whoever has the
    database can prove what was handed in, and that it is still the same."""
    said = {
        "attempt": attempt_id,
        "submitted_at": iso(submitted_at),
        "answers": {str(slot): answers[slot] for slot in sorted(answers)},
    }
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def number_of(attempt_id: int, hash_: str) -> str:
    """Once only, because the attempt's id is in it; another one after a reopening, because the hash is."""
    return f"{attempt_id:08d}-{hash_[:NUMBER_HASH_CHARS].upper()}"
