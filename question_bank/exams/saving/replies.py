"""What became of ops, and the JSON of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple


class Verdict(StrEnum):
    APPLIED = "applied"
    STALE = "stale"
    DUPLICATE = "duplicate"
    GRACE = "grace"  # applied between the deadline and accept_until
    LATE = "late"  # kept, not applied: the attempt is closed
    INVALID = "invalid"
    READONLY = "readonly"  # not applied and not kept: stays in the outbox


class OpsReply(NamedTuple):
    """`slots`: slot → {"answer_rev", "answer"?}; `answer` only where an op was stale. `closed`: the attempt takes no
    more, the ops are kept as late."""

    verdicts: dict[str, Verdict]
    slots: dict[int, dict[str, Any]]
    lease_held: bool
    remaining_ms: int
    clock_rev: int
    closed: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "acked": [op_id for op_id, verdict in self.verdicts.items() if verdict is not Verdict.READONLY],
            "verdicts": self.verdicts,
            "slots": {str(slot): state for slot, state in self.slots.items()},
            "lease": "held" if self.lease_held else "lost",
            "remaining_ms": self.remaining_ms,
            "clock_rev": self.clock_rev,
        }
