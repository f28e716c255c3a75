"""Real documents as lessons: laws by article and chapter, handbooks by section. They stay outside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import pypdfium2

from search.models import Kind
from search.sources.base import Draft
from tests.search.entries import draft

FIRST_ID = 10_000_000  # above those of rows
_ARTICLE = re.compile(r"^(第[〇零一二三四五六七八九十百]+条)\s+", re.MULTILINE)
_HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
_HTML_HEADING = re.compile(r"<h[12][^>]*>(.*?)</h[12]>", re.DOTALL)
_NUMBER = re.compile(r"^(Chapter\s+|Appendix\s+)?[0-9A-Z]+(\.[0-9]+)*\.\s*")
HANDBOOKS = {
    "debmake-doc.zh-cn.epub": "Debian 维护者指南",
    "developers-reference.epub": "Debian Developer's Reference",
}
PRINTED = {"maint-guide.zh-cn.pdf": "Debian 新维护者手册"}


def documents(folder: Path) -> Iterator[tuple[Kind, Draft]]:
    """Everything in the folder that can be read, as courses and their lessons."""
    number = FIRST_ID
    for title, found in _works(folder):
        lessons = list(found)
        number += 1
        yield Kind.COURSE, draft(number, title, "\n".join(name for name, _text in lessons))
        for name, text in lessons:
            number += 1
            yield Kind.LESSON, draft(number, name, text)


def _works(folder: Path) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ").strip()
        yield title, _law(title, text)
    for name, title in HANDBOOKS.items():
        if (folder / name).exists():
            yield title, _epub(folder / name)
    for name, title in PRINTED.items():
        if (folder / name).exists():
            yield title, _pdf(folder / name)


def _law(title: str, text: str) -> Iterator[tuple[str, str]]:
    """Its chapters, where it has some, and its articles."""
    body = re.sub(r"<!--.*?-->", "", text.partition("<!-- INFO END -->")[2])
    parts = _HEADING.split(body)
    for heading, part in zip(parts[1::2], parts[2::2], strict=True):
        if part.strip():
            yield f"{title} {heading}", part.strip()
    articles = _ARTICLE.split(_HEADING.sub("", body))
    for name, part in zip(articles[1::2], articles[2::2], strict=True):
        yield f"{title} {name}", part.strip()


def _epub(path: Path) -> Iterator[tuple[str, str]]:
    with ZipFile(path) as book:
        for name in book.namelist():
            if re.search(r"\.x?html$", name) and not re.search(r"(toc|cover|index|nav)\.x?html$", name):
                html = book.read(name).decode("utf-8").partition("<body")[2]
                parts = _HTML_HEADING.split(html)
                for heading, part in zip(parts[1::2], parts[2::2], strict=True):
                    if (title := _NUMBER.sub("", _plain(heading))) and (text := _plain(part)):
                        yield title, text


def _pdf(path: Path) -> Iterator[tuple[str, str]]:
    """The sections of the outline, each with the pages from its own to the next one's."""
    book = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_range() for page in book]
    starts = [
        (mark.get_title(), mark.get_dest().get_index())
        for mark in book.get_toc()
        if mark.level <= 1 and mark.get_dest()
    ]
    ends = [start for _title, start in starts[1:]] + [len(pages) - 1]
    for (title, start), end in zip(starts, ends, strict=True):
        yield f"Debian 新维护者手册：{title}", "\n".join(pages[start : end + 1])


def _plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
