"""Subtitles (WebVTT): whether a file is one that a browser will show. Pure."""

from __future__ import annotations

import re

LONGEST = 2 * 1024 * 1024  # bytes; the subtitles of a two-hour film have a tenth of that
TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
TIMING = re.compile(rf"{TIME}[ \t]+-->[ \t]+{TIME}(?:[ \t].*)?")


class NotSubtitles(Exception):
    """`code`: encoding, header, timing, order, style, none; `line` counts from 1."""

    def __init__(self, code: str, line: int = 0) -> None:
        self.code = code
        self.line = line
        super().__init__(code)


def check(data: bytes) -> int:
    """The number of cues. Raises NotSubtitles at the first thing that is wrong."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotSubtitles("encoding") from None
    lines = re.split(r"\r\n|\n|\r", text)
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        raise NotSubtitles("header", 1)
    cues = 0
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("STYLE"):
            raise NotSubtitles("style", number)  # style sheets may ask other hosts
        if "-->" not in line:
            continue
        found = TIMING.fullmatch(line.strip())
        if found is None:
            raise NotSubtitles("timing", number)
        if _ms(found.groups()[4:]) <= _ms(found.groups()[:4]):
            raise NotSubtitles("order", number)
        cues += 1
    if not cues:
        raise NotSubtitles("none")
    return cues


def _ms(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
