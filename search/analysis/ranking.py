"""The order within the first hits, finer than an engine's levels: by what titles and bodies say. The same rows always come
in the same order, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .folding import fold
from .highlighting import as_written, at_line_start, stands
from .queries import Query, Word, words

_EXACT, _TITLE_WORDS = 0, 2  # levels of engines/base.py
_SHARES = 4  # steps of how much of a title the query covers
_OFTEN = 64  # occurrences beyond which more say nothing
_EARLY = 300  # characters that are equally early
_HEAD = 8_000  # characters of a body in which its words are counted


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is compared; `level` as the engine said, `kind_order` the higher the better."""

    id: int
    level: int
    kind_order: int
    title: str
    body: str


def ranked(query: Query, rows: Sequence[Row]) -> list[int]:
    """The ids, best first: by level; by how much of the query the title says and how little else; where the query stands
    as it is; by kind; by how often and how early its words stand in the body; by descending id."""
    sought = words(query.text)
    return (
        [row.id for row in sorted(rows, key=lambda row: _key(query, sought, row))] if sought else _by_id(rows)
    )


def _by_id(rows: Sequence[Row]) -> list[int]:
    return sorted((row.id for row in rows), reverse=True)


def _key(query: Query, sought: tuple[Word, ...], row: Row) -> tuple[int, ...]:
    title = fold(row.title)
    if row.level == _EXACT:
        return (row.level, 0, 0, 0, 0, -row.kind_order, 0, 0, -row.id)
    level, opens = row.level, _opens(sought, title, row.body)
    in_title = sum(_length(word) for word in sought if _has(title, word))
    if opens and level > _TITLE_WORDS:
        rest = [word for word in sought if not word.counted]
        if all(_has(title, word) for word in rest):
            level = _TITLE_WORDS  # the law's own text of the article that was asked for
    asked = sum(_length(word) for word in sought)
    share = _SHARES * in_title // max(1, asked)
    cover = _SHARES * min(in_title, len(title)) // max(1, len(title))
    whole_in_title = query.text in title
    return (
        level,
        -opens,
        -share,
        -(whole_in_title + (whole_in_title and title.startswith(query.text))),
        -cover,
        -_whole_in_body(query, sought, row.body) if level > _TITLE_WORDS else 0,
        -row.kind_order,
        *_in_body(query, sought, as_written(row.body[:_HEAD], query)),
        -row.id,
    )


def _opens(sought: tuple[Word, ...], title: str, body: str) -> bool:
    """Whether an article that was asked for begins here: as the title or at the beginning of a line."""
    return any(
        at_line_start(text, at)
        for word in sought
        if word.counted
        for text in (title, body)
        for at, _ in stands(text, word)
    )


def _has(text: str, word: Word) -> bool:
    return next(stands(text, word, 1), None) is not None


def _length(word: Word) -> int:
    return len(word.spellings[0])


def _whole_in_body(query: Query, sought: tuple[Word, ...], body: str) -> bool:
    return len(sought) > 1 and query.text in body


def _in_body(query: Query, sought: tuple[Word, ...], head: str) -> tuple[int, int]:
    """How often (in powers of two) and how early, the smaller the better; the whole query counts for more than a word."""
    times = [sum(map(head.count, word.spellings)) for word in sought]
    whole = head.count(query.text) if len(sought) > 1 and all(times) else 0
    places = [head.find(word.spellings[0]) for word, often in zip(sought, times, strict=True) if often]
    first = min((at for at in places if at >= 0), default=len(head))
    return -min(min(times) + 3 * whole, _OFTEN).bit_length(), first // _EARLY
