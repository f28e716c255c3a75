"""How credited times are told so that what stands on a page adds up. Knows no Django."""

from __future__ import annotations

from collections.abc import Sequence

SECOND_MS = 1000


def in_seconds(parts: Sequence[int], total: int | None = None) -> list[int]:
    """The parts (ms, ≥ 0) as whole seconds, in ms, that add up to the whole seconds of `total` (ms; None: of their sum):
    each rounded down, and the seconds still missing given to the largest remainders. A total that the parts cannot reach
    by a second each is missed: the record has changed between two readings."""
    whole = [part // SECOND_MS for part in parts]
    missing = (sum(parts) if total is None else total) // SECOND_MS - sum(whole)
    by_rest = sorted(range(len(parts)), key=lambda place: -(parts[place] % SECOND_MS))
    raised = set(by_rest[: max(0, missing)])
    return [(seconds + (place in raised)) * SECOND_MS for place, seconds in enumerate(whole)]
