"""How long a text asks to be looked at: it is cut into blocks at its headings, and each block has its least time.
The source of the figures is TIMING 2.4: 600 characters a minute, never under 5 s. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

CHARACTERS_A_MINUTE = 600
LEAST_MS = 5_000
HEADING = re.compile(r"(?=<h[2-4][\s>])", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ReadingBlock:
    """A heading and what stands below it, as HTML."""

    html: str
    characters: int

    @property
    def least_ms(self) -> int:
        return least_ms(self.characters)


def least_ms(characters: int) -> int:
    """Milliseconds that so many characters ask for."""
    return max(LEAST_MS, characters * 60_000 // CHARACTERS_A_MINUTE)


def characters_of(html: str) -> int:
    """Characters without tags and white space."""
    return len(SPACE.sub("", unescape(TAG.sub("", html))))


def blocks_of(html: str) -> list[ReadingBlock]:
    """The text cut before each heading; a heading right after another stays with what follows it. No text, no block.

    The text is flat, as the editor writes it: headings never stand inside another element."""
    found: list[ReadingBlock] = []
    held = ""
    for piece in HEADING.split(html):
        held += piece
        if (
            characters_of(re.sub(r"<h([2-4])[\s>].*?</h\1>", "", held, flags=re.S | re.I))
            or "<embed" in held
            or "<img" in held
        ):
            found.append(ReadingBlock(held, characters_of(held)))
            held = ""
    if held.strip() and characters_of(held):
        found.append(ReadingBlock(held, characters_of(held)))
    return found
