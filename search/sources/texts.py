"""Texts as entries keep them: without markup, of bounded length, and such that every database takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from html import unescape

from django.utils import timezone

from search.models.entries import BODY_LENGTH, TITLE_LENGTH

_BLOCK = re.compile(
    r"<(?:br|hr|/?(?:p|h[1-6]|li|ul|ol|blockquote|pre|tr|table|div|td|th))\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")  # not over the next one's beginning: a file of nothing but "<" takes no longer
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SEPARATORS = re.compile(r"[、，,;；]")
_NOT_CUES = ("NOTE", "STYLE", "REGION")


def plain(markup: str) -> str:
    """The words of an editor's HTML; blocks end lines, other tags join what they stand between."""
    text = unescape(_TAG.sub("", _BLOCK.sub("\n", markup)))
    return "\n".join(line for line in map(str.strip, text.split("\n")) if line)


def spoken(subtitles: str) -> str:
    """What the cues of a WebVTT file say, a cue a line, without times, names of cues and markup."""
    said = []
    for block in re.split(r"\n{2,}", re.sub(r"\r\n?", "\n", subtitles.removeprefix("\ufeff"))):
        if block.startswith(_NOT_CUES):
            continue
        lines = block.strip("\n").split("\n")
        timed = next((at for at, line in enumerate(lines) if "-->" in line), None)
        if timed is not None:
            said.append(" ".join(lines[timed + 1 :]))
    return plain("\n".join(said))


def title_of(text: str) -> str:
    return " ".join(_UNSTORABLE.sub("", text).split())[:TITLE_LENGTH]


def body_of(parts: Iterable[str]) -> str:
    """The parts that say something, a line each, cut to what an entry holds."""
    return _UNSTORABLE.sub("", "\n".join(filter(None, parts)))[:BODY_LENGTH]


def names_in(text: str) -> tuple[str, ...]:
    """People's names from a field that lists them ("张三、李四"), each once."""
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in _SEPARATORS.split(text)))))


def year_of(at: datetime | None) -> str:
    """The local year, "" for none."""
    return str(timezone.localtime(at).year) if at else ""
