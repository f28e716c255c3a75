"""What a cell shows to a person: numbers, dates and text as plain text, without markup."""

import datetime
import html
import math
import re

_TAGS = (
    "a|abbr|b|big|blockquote|body|br|center|code|col|dd|del|div|dl|dt|em|embed|figure|font|h[1-6]|head|hr|html|i|img|ins|"
    "label|li|o:p|ol|p|pre|s|script|small|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|video"
)
# attributes need their "=": "a <b and c> d" is a comparison
_ATTRIBUTE = r"""\s+(?:[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+)|nowrap|hidden|controls)"""
_TAG = re.compile(rf"</?(?:{_TAGS})(?:{_ATTRIBUTE})*\s*/?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|dd|dt)\s*>", re.IGNORECASE)
_UNSEEN = (
    (re.compile(r"<script\b", re.I), "</script"),
    (re.compile(r"<style\b", re.I), "</style"),
    (re.compile("<!--"), "--"),
)
_LONG_GAP = re.compile(r"[ \t\u3000]{40,}")  # nobody means it, and it makes patterns slow
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]"
)
_ESCAPED_CONTROL = re.compile(r"_x000[dD]_")
_NBSP_BLANK = re.compile("\u00a0{4,}")  # some exports draw a blank as a run of no-break spaces
_PICTURE = re.compile(r"<img\b|^\s*=\s*(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)


def has_picture(text: str) -> bool:
    return "IMG" in text.upper() and _PICTURE.search(text) is not None


def is_picture(text: str) -> bool:
    """A cell that holds nothing but a picture, as WPS writes it."""
    return text.lstrip().startswith("=") and "DISPIMG(" in text.upper()


def plain_text(text: str) -> str:
    """The words of a cell: entities decoded (also twice), known HTML tags removed, line ends as \\n."""
    if "&" in text:
        for _ in range(3):
            if not _ENTITY.search(text):
                break
            text = html.unescape(text)
    if "<" in text:
        text = _without_unseen(text)
        if _TAG.search(text):
            text = _TAG.sub("", _BREAK.sub("\n", text))
    if "_x000" in text:
        text = _ESCAPED_CONTROL.sub("", text)
    if "        " in text or "\t\t" in text or "\u3000\u3000" in text:
        text = _LONG_GAP.sub("        ", text)
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    if "\u00a0" in text:
        text = _NBSP_BLANK.sub("____", text).replace("\u00a0", " ")
    if "\n" in text:
        return "\n".join(line for line in (part.strip() for part in text.split("\n")) if line)
    return text.strip()


def _without_unseen(text: str) -> str:
    """The text without comments, scripts and styles; searched forwards only, so that junk costs no time."""
    for opening, closing in _UNSEEN:
        lower, kept, at = text.lower(), [], 0
        while match := opening.search(text, at):
            end = lower.find(closing, match.end())
            end = lower.find(">", end) if end >= 0 else -1
            if end < 0:
                break
            kept.append(text[at : match.start()])
            at = end + 1
        text = "".join(kept) + text[at:]
    return text


def number_text(value: float, number_format: str = "General") -> str:
    """A number as the sheet shows it, where the format matters: percent, leading zeros, decimals."""
    shown = number_format.split(";", 1)[0]
    if not math.isfinite(value):
        return str(value)
    if match := re.fullmatch(r"(#,##)?0+(?:\.(0+))?(%?)", shown):
        decimals = len(match[2] or "")
        if match[3]:
            return f"{value * 100:.{decimals}f}%"
        whole = len(shown.split(".", 1)[0])
        if match[1]:
            return f"{value:,.{decimals}f}"
        if decimals or (whole > 1 and value == int(value)):
            return f"{value:0{whole + (decimals + 1 if decimals else 0)}.{decimals}f}"
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.15g}"


def date_text(
    value: datetime.datetime | datetime.date | datetime.time | datetime.timedelta, number_format: str
) -> str:
    """A date as a Chinese reader would expect it under that format."""
    if not isinstance(value, datetime.date):
        return str(value)
    parts = number_format.lower()
    year, month, day = "y" in parts, "m" in parts, "d" in parts
    if "年" in parts or "月" in parts:
        text = (
            (f"{value.year}年" if year else "")
            + (f"{value.month}月" if month else "")
            + (f"{value.day}日" if day else "")
        )
    else:
        shown = [
            str(part)
            for part, wanted in ((value.year, year), (value.month, month), (value.day, day))
            if wanted
        ]
        text = ("/" if "/" in parts else "-").join(shown) or value.isoformat()[:10]
    if isinstance(value, datetime.datetime) and (value.hour or value.minute or value.second):
        text += f" {value:%H:%M:%S}" if value.second else f" {value:%H:%M}"
    return text
