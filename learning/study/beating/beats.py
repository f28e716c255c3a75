"""A beat as it comes over the wire (API.md): checked for form only, never for what it means."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

from learning.lane.problems import Problem
from learning.study.intervals import Span
from learning.study.lessons import LONGEST_KEY

MAX_NUMBER = 2**53  # what a JavaScript client can count
MAX_SECONDS = 10**6  # of a recording: eleven days
MAX_PIECES = 256
MAX_PARTS = 64
MAX_BLOCKS = 2_000
MAX_RATE = 16


class Beat(NamedTuple):
    """`*_ms` are totals since the session began. `media` in ms, of the part named or of the first one; `read`: part →
    total active ms per block; `position_ms`: where to resume, None if it was not told."""

    seq: int
    elapsed_ms: int
    active_ms: int
    visible_ms: int = 0
    late: bool = False
    part: str = ""
    media: tuple[Span, ...] = ()
    read: dict[str, list[int]] = {}
    position_ms: int | None = None


def parse_beat(body: dict[str, Any]) -> Beat:
    """The beat of a request; Problem `malformed`, or `too_large` for more pieces than a page can have."""
    late, part = body.get("late", False), body.get("part") or ""
    if not isinstance(late, bool):
        raise Problem("malformed", "late must be true or false.")
    if not isinstance(part, str) or len(part) > LONGEST_KEY:
        raise Problem("malformed", f"part must be a text of at most {LONGEST_KEY} characters.")
    rate = body.get("rate")
    if rate is not None and not _number(rate, "rate", MAX_RATE) > 0:
        raise Problem("malformed", "rate must be above 0.")
    position = body.get("position")
    return Beat(
        seq=_whole(body, "seq", needed=True),
        elapsed_ms=_whole(body, "elapsed_ms", needed=True),
        active_ms=_whole(body, "active_ms", needed=True),
        visible_ms=_whole(body, "visible_ms"),
        late=late,
        part=part,
        media=_media(body.get("media")),
        read=_read(body.get("read")),
        position_ms=None if position is None else round(1000 * _number(position, "position", MAX_SECONDS)),
    )


def _media(found: object) -> tuple[Span, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise Problem("malformed", "media must be a list of pairs of seconds.")
    if len(found) > MAX_PIECES:
        raise Problem("too_large", f"More than {MAX_PIECES} pieces of media.")
    pieces = []
    for each in found:
        if not isinstance(each, list) or len(each) != 2:
            raise Problem("malformed", "media must be a list of pairs of seconds.")
        start, end = (round(1000 * _number(value, "media", MAX_SECONDS)) for value in each)
        if start < end:
            pieces.append((start, end))
    return tuple(pieces)


def _read(found: object) -> dict[str, list[int]]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Problem("malformed", "read must be an object of lists.")
    if len(found) > MAX_PARTS:
        raise Problem("too_large", f"More than {MAX_PARTS} parts.")
    read = {}
    for part, blocks in found.items():
        if not isinstance(blocks, list):
            raise Problem("malformed", "read must be an object of lists.")
        if len(blocks) > MAX_BLOCKS:
            raise Problem("too_large", f"More than {MAX_BLOCKS} blocks.")
        read[part] = [int(_number(value, "read", MAX_NUMBER)) for value in blocks]
    return read


def _whole(body: dict[str, Any], name: str, *, needed: bool = False) -> int:
    value = body.get(name)
    if value is None and not needed:
        return 0
    return int(_number(value, name, MAX_NUMBER))


def _number(value: object, name: str, most: float) -> float:
    """A finite number from 0 to `most`: a page's clock counts in fractions of a millisecond."""
    if type(value) is int or (type(value) is float and isfinite(value)):
        found: float = value  # type: ignore[assignment]  # one of the two
        if 0 <= found <= most:
            return found
    raise Problem("malformed", f"{name} must be a number from 0 to {most}.")
