"""Words on paper: the embedded font, what it cannot show, how wide a text is and where its lines break."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "DangxiaoSans"
MISSING = "□"  # stands where the font has no shape for a character

# A line neither begins with the first nor ends with the second (GB/T 15834).
NOT_FIRST = frozenset("，。、；：？！”’）》〉】〕」』…—～·％‰℃%!),.:;?]}")
NOT_LAST = frozenset("“‘（《〈【〔「『([{￥¥$")
PIECES = re.compile(r"[A-Za-z0-9À-ɏ_@#&+%.,:;/'’\-]+|\s+|.", re.DOTALL)
BREAK_INSIDE_FROM = (
    0.5  # a Latin word longer than this part of a line is broken instead of leaving the rest empty
)


@cache
def _widths() -> dict[int, float]:
    """Width of each character in thousandths of the type size. Registers the font with reportlab at the first call."""
    font = TTFont(FONT, str(Path(__file__).parent / "fonts" / "DangxiaoSans.ttf"))
    pdfmetrics.registerFont(font)
    widths: dict[int, float] = font.face.charWidths
    return widths


def ready() -> None:
    """Makes the font known to reportlab; cheap after the first call in a process."""
    _widths()


def clean(text: str) -> str:
    """The text as it can be printed: composed, without control and invisible characters, tabs as spaces, and □ for
    what the font lacks."""
    known = _widths()
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " "):
        category = unicodedata.category(char)
        if char == "\n" or (ord(char) in known and (char.isprintable() or category == "Zs")):
            kept.append(char)
        elif category == "Zs":
            kept.append(" ")
        elif category not in {"Cc", "Cf", "Mn", "Me"}:  # Mn holds the variation selectors
            kept.append(MISSING)
    return "".join(kept)


def width(text: str, size: float) -> float:
    """Points that a cleaned text takes in one line at the type size."""
    known = _widths()
    return sum(known.get(ord(char), 1000.0) for char in text) * size / 1000


def lines(text: str, size: float, room: float) -> list[str]:
    """The text in lines at most `room` points wide, broken as Chinese is: anywhere between characters, but no closing
    mark first, no opening mark last, and Latin words and numbers whole unless they are too long."""
    broken: list[str] = []
    for paragraph in clean(text).split("\n"):
        broken += _broken(paragraph, size, room)
    return broken


def _broken(paragraph: str, size: float, room: float) -> list[str]:
    done: list[str] = []
    line, used = "", 0.0
    for piece in _pieces(paragraph, size, room):
        wide = width(piece, size)
        if line and used + wide > room and not piece.isspace():
            kept, carried = _carried(line, piece)
            done.append(kept.rstrip())
            line = carried + piece
            used = width(line, size)
        elif line or not piece.isspace() or not done:
            line, used = line + piece, used + wide
    return [*done, line.rstrip()]


def _pieces(paragraph: str, size: float, room: float) -> list[str]:
    """What may stand in a line of its own: words, single characters, the letters of words that are too long."""
    pieces: list[str] = []
    for piece in PIECES.findall(paragraph):
        if len(piece) > 1 and not piece.isspace() and width(piece, size) > room * BREAK_INSIDE_FROM:
            pieces += piece
        else:
            pieces.append(piece)
    return pieces


def _carried(line: str, piece: str) -> tuple[str, str]:
    """Splits the end of a full line off so that neither it ends nor the next one begins wrongly."""
    cut = len(line)
    first = piece[0]
    # At most three characters move: a line of nothing but marks is broken anywhere.
    while cut > 1 and len(line) - cut < 3 and (first in NOT_FIRST or line[cut - 1] in NOT_LAST):
        cut -= 1
        first = line[cut]
    if first in NOT_FIRST or line[cut - 1] in NOT_LAST:
        return line, ""
    return line[:cut], line[cut:]


def fitting(text: str, size: float, room: float, least: float) -> float:
    """The greatest type size ≤ `size` and ≥ `least` at which the text fits in one line."""
    wide = width(clean(text), size)
    return size if wide <= room else max(least, size * room / wide)
