"""What an answer to a score means, and when to ask again: AGS 2.0 §3.4 and what platforms make of it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from .ags import Result

FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(hours=6)
# With pauses that double from the first to the longest, this many tries take seven days.
MOST_TRIES: Final = 41
MOST_STALE: Final = 5
SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = 1, 30, 3600  # seconds that a busy platform is given
# How far a platform that rounds or cuts to hundredths may carry a result from the score we sent.
ROUNDING: Final = Decimal("0.01")
TEXT_LENGTH: Final = 300


class Verdict(StrEnum):
    """What became of a score."""

    TAKEN = "taken"
    STALE = "stale"  # the platform has one that is not older
    BUSY = "busy"  # it asks for patience: leave the whole platform alone
    AGAIN = "again"  # its trouble, not ours
    GONE = "gone"  # no such address: the column, or only this person in it
    REFUSED = "refused"  # asking again would bring the same


def judge(status: int, text: str, stale_codes: Collection[int]) -> Verdict:
    """What an HTTP answer to a score means. `stale_codes` are the dialect's answers to an old timestamp: 409 is one
    everywhere, 400 only where it names the timestamp."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    if status == 409 or (status == 400 and "timestamp" in text.lower()):
        return Verdict.STALE
    if status in stale_codes and status != 400:
        return Verdict.STALE
    if status == 429:
        return Verdict.BUSY
    if status in (404, 410):
        return Verdict.GONE
    if status >= 500 or status in (408, 425):
        return Verdict.AGAIN
    return Verdict.REFUSED


def pause(tries: int, spread: float) -> timedelta:
    """How long to wait after the `tries`-th try (1 is the first) that failed: 2 s, 4 s … 6 h, and up to half of it
    less by `spread` in [0, 1), so that thousands do not come back at the same moment."""
    doubled: timedelta = FIRST_PAUSE * (1 << min(max(tries, 1) - 1, 20))
    return min(doubled, LONGEST_PAUSE) * (1 - spread / 2)


def patience(retry_after: str) -> timedelta:
    """How long a platform that answers 429 is left alone: its Retry-After in seconds, within bounds; 30 s where it gives
    none or a date."""
    said = retry_after.strip()
    asked = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else USUAL_WAIT
    return timedelta(seconds=min(max(asked, SHORTEST_WAIT), LONGEST_WAIT))


def shows(result: Result | None, *, score: Decimal | None, maximum: Decimal | None) -> bool:
    """Whether the gradebook holds this score, on whatever scale; `score` None: whether the cell is empty."""
    held = result.score if result else None
    if score is None or held is None:
        return score is None and held is None
    if not maximum:
        return held == score
    scale = (result.maximum if result else None) or maximum
    return abs(held - score * scale / maximum) <= ROUNDING


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of telling a platform one score: the verdict, its status (None = no answer), and its words or ours
    for the organiser. `wait`: how long it wants to be left alone."""

    verdict: Verdict
    status: int | None = None
    text: str = ""
    wait: timedelta = timedelta(0)
    silent: bool = False  # no answer came at all


_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def plain(text: str) -> str:
    """An answer as one short line for people: tags and line breaks gone."""
    return " ".join(_TAGS.sub(" ", text[:20_000]).replace("\0", "").split())[:TEXT_LENGTH]
