"""The one allow-list of HTML in stems, options and explanations, and the way between that HTML and what authors type."""

from __future__ import annotations

import html
import re

import nh3

TAGS = {
    "p", "br", "b", "strong", "i", "em", "u", "s", "sub", "sup", "span", "ol", "ul", "li", "blockquote", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "img",
}  # fmt: skip
ATTRIBUTES = {
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_KNOWN_TAG = re.compile(rf"</?(?:{'|'.join(sorted(TAGS))})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|li|tr|blockquote|pre)>", re.IGNORECASE)


def clean_html(text: str) -> str:
    """The HTML with only allowed tags and attributes; pictures only from this site or data-free addresses, no scripts."""
    if "<" not in text and "&" not in text:
        return text.strip()
    return nh3.clean(
        text, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https"}, link_rel=None
    ).strip()


def from_plain(text: str) -> str:
    """Plain text as HTML: escaped, line ends as <br>."""
    return html.escape(text.strip(), quote=False).replace("\r\n", "\n").replace("\n", "<br>")


def from_typed(text: str) -> str:
    """What an author typed: markup where it holds a known tag ("H<sub>2</sub>O"), otherwise plain text ("a < b")."""
    return clean_html(text.replace("\r\n", "\n")) if _KNOWN_TAG.search(text) else from_plain(text)


def to_typed(markup: str) -> str:
    """The text that `from_typed` turns back into the same HTML: plain where that is possible, otherwise the markup."""
    text = html.unescape(_BREAK.sub("\n", markup))
    return text if from_typed(text) == markup else markup


def to_plain(markup: str) -> str:
    """The words without markup, lines kept."""
    text = html.unescape(_ANY_TAG.sub("", _BLOCK_END.sub("\n", markup)))
    return "\n".join(line for line in (part.strip() for part in text.split("\n")) if line)
