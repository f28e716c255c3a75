"""What is nearly what was asked, for when nothing is: a wrong, missing, additional or exchanged character in about four,
where one that sounds the same is hardly wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from .folding import fold
from .queries import LENGTH, Query, words
from .ranking import Row
from .readings import readings
from .tokens import RUN

THRESHOLD = 0.7
_WRONG = 10  # costs are in tenths of a character
_SOUNDS_ALIKE = 1
_SOUNDS_NEARLY = 3  # to whom zh and z, ing and in are one
_MISSING = 8  # in the query
_EXCHANGED = 6
_OVERLAP = 0.6  # of a query's characters that must occur at all
_NUMERALS = frozenset("〇零一二三四五六七八九十百千")  # another number is not nearly the same
_EXACT_BELOW = 4  # letters of a Latin word that allow no error
_IN_BODY = 0.97  # the same in a body is a little less
_IN_WORDS = 0.95  # all words, but not together
_APART = 0.8  # all words, some in the title and some in the body
_MOST_WORDS = 0.63  # so much of several words, wherever in title and body they stand, is just close enough
_LONGEST_PIECE = 3  # characters of a word that is not taken apart
_LONG_TITLE = 0.03  # taken from the title that says much else
_SLACK = 4  # characters beside the place where the query would stand
_PLACES = 2  # of one part of the query that are looked at in a body
_GOOD = 0.85  # no second place of a body is compared
_ALIGNED = 2  # of the places of a body, those that are compared character by character
_CHARACTERS = 16_000_000  # of bodies, times parts of the query sought in them, that one call looks through
_COMPARISONS = 400_000  # of a character of the query with one of a title, in one call: half a second
_UNSAID = re.compile("^[zcs]h|ng$")


def closeness(query_text: str, title: str, body: str = "") -> float:
    """0 … 1: how much of the query (folded) the title says, or a place of the body; 1 only if the title has all of it and
    nothing else. Below THRESHOLD it is not worth showing; a body is looked at only where the title is below it."""
    runs = _runs(query_text)
    if not runs:
        return 0.0
    in_title = _in_title(runs, query_text, fold(title))
    if in_title >= THRESHOLD or not body:
        return in_title
    return max(in_title, _in_body(runs, body), _in_both(query_text, fold(title), body))


def closest(query: Query, rows: Sequence[Row]) -> list[int]:
    """The ids of the rows that are close enough, the closest first, then by kind, how short the text is, which says the
    more about one thing, and descending id. `rows` as an engine gives them, the likeliest first: of many long titles and a
    long query the last are not looked at."""
    close = []
    left = _CHARACTERS // max(1, sum(len(list(_parts(run))) for run in _runs(query.text)))
    titles = _COMPARISONS // max(1, len(query.text))
    for row in rows:
        if titles < 0:
            break
        titles -= len(row.title)
        body = row.body if left > 0 else ""
        near = closeness(query.text, row.title, body)
        if near >= THRESHOLD:
            close.append((-round(near, 3), -row.kind_order, len(row.body).bit_length(), -row.id))
        else:
            left -= len(body)
    return [-negative for *_, negative in sorted(close)]


@lru_cache(maxsize=64)
def _runs(query_text: str) -> tuple[str, ...]:
    """What is aligned as one: runs of Chinese and single words of other scripts; one of a single character says nothing
    where there are longer ones."""
    runs = [found[0] for found in RUN.finditer(query_text[:LENGTH])]
    return tuple(run for run in runs if len(run) > 1) or tuple(runs)


def _in_title(runs: tuple[str, ...], query_text: str, title: str) -> float:
    if not title:
        return 0.0
    near = _weighed(runs, [_alignment(run, title) for run in runs])
    if near < THRESHOLD:
        parts = tuple(word.spellings[0] for word in words(query_text))
        if len(parts) > len(runs):
            near = max(near, _IN_WORDS * _weighed(parts, [_strict(part, title) for part in parts]))
    asked = sum(map(len, runs))
    return max(0.0, near - _LONG_TITLE * max(0, len(title) - asked) / max(1, len(title)))


def _in_body(runs: tuple[str, ...], body: str) -> float:
    return _IN_BODY * _weighed(runs, [_best_in_body(run, body) for run in runs])


def _in_both(query_text: str, title: str, body: str) -> float:
    """Several words, some in the title and some in the body: from THRESHOLD, if they are _MOST_WORDS of the query, to
    _APART. Another number is another thing."""
    sought = words(query_text)
    pieces = [piece for word in sought for piece in _pieces(word.spellings[0])]
    if len(pieces) < 2 or not all(
        any(spelling in text for text in (title, body) for spelling in word.spellings)
        for word in sought
        if word.counted
    ):
        return 0.0
    near = [_there(piece, title, body) for piece in pieces]
    share = _weighed(pieces, near)
    if share < _MOST_WORDS:
        return 0.0
    return THRESHOLD + (_APART - THRESHOLD) * (share - _MOST_WORDS) / (1 - _MOST_WORDS)


def _there(piece: str, title: str, body: str) -> float:
    if piece in title:
        return 1.0
    return _IN_BODY if piece in body else _strict(piece, title)


def _pieces(word: str) -> Iterator[str]:
    """换届选举 is 换届 and 选举, whatever a dictionary says."""
    if word.isascii() or len(word) <= _LONGEST_PIECE:
        yield word
        return
    for start in range(0, len(word) - 1, 2):
        yield word[start : start + 2 if start + 3 < len(word) else len(word)]


def _weighed(parts: Sequence[str], nearness: Sequence[float]) -> float:
    """The mean by length."""
    return sum(len(part) * near for part, near in zip(parts, nearness, strict=True)) / sum(map(len, parts))


def _strict(part: str, title: str) -> float:
    """A word that is mostly wrong is not there."""
    near = _alignment(part, title)
    return near if near >= THRESHOLD else 0.0


def _best_in_body(run: str, body: str) -> float:
    """Around the places of parts of the run, first where most parts would be at their place: with an error in about four
    characters one part at least is right."""
    starts: Counter[int] = Counter()
    for offset, part in _parts(run):
        for at in _first_places(body, part):
            starts[(at - offset) // _SLACK] += 1
    likely = sorted(starts, key=lambda start: (-starts[start], start))[
        : _ALIGNED * (8 if run.isascii() else 1)
    ]
    windows = (body[max(0, (start - 1) * _SLACK) : (start + 2) * _SLACK + len(run)] for start in likely)
    best = 0.0
    for window in windows:
        best = max(best, _alignment(run, fold(window)))
        if best >= _GOOD:
            break
    return best


def _parts(run: str) -> Iterator[tuple[int, str]]:
    """Parts of two characters or more, and where in the run they begin."""
    length = len(run)
    if run.isascii():  # a word of another script is sought by how it begins
        yield from (
            (0, case) for case in (run[:3], run[:3].capitalize(), run[:3].upper()) if length >= _EXACT_BELOW
        )
    elif length == 2:
        yield 0, run
    elif length == 3:
        yield from ((0, run[:2]), (1, run[1:]))
    elif length > 3:
        number = max(2, length // 4 + 1)
        for part in range(number):
            first, end = part * length // number, (part + 1) * length // number
            yield first, run[first:end]


def _first_places(body: str, part: str) -> Iterator[int]:
    at = body.find(part)
    for _ in range(_PLACES * (10 if part.isascii() else 1)):
        if at < 0:
            return
        yield at
        at = body.find(part, at + 1)


def _alignment(pattern: str, text: str) -> float:
    """0 … 1: how little must be changed for the pattern to stand somewhere in the text (optimal string alignment with a
    free beginning and end: Sellers 1980, with exchanges of neighbours)."""
    if pattern in text:
        return 1.0
    if pattern.isdigit() or (pattern.isascii() and len(pattern) < _EXACT_BELOW):
        return 0.0
    spoken = [_sounds(character) for character in pattern]
    heard = [_sounds(character) for character in text]
    letters, all_heard = set(text), frozenset().union(*map(_nearly, heard))
    common = sum(
        character in letters or not all_heard.isdisjoint(_nearly(sounds))
        for character, sounds in zip(pattern, spoken, strict=True)
    )
    if common < _OVERLAP * len(pattern):
        return 0.0
    before: list[int] = []
    above = [0] * (len(text) + 1)
    for row, (character, sounds) in enumerate(zip(pattern, spoken, strict=True)):
        here = [above[0] + _WRONG]
        worst = 2 * _WRONG if character in _NUMERALS else _WRONG
        for column, other in enumerate(text):
            wrong = 0 if other == character else _heard_wrong(sounds, heard[column], worst)
            cost = min(above[column] + wrong, above[column + 1] + _WRONG, here[column] + _MISSING)
            if row and column and other == pattern[row - 1] and text[column - 1] == character:
                cost = min(cost, before[column - 1] + _EXCHANGED)
            here.append(cost)
        before, above = above, here
    return max(0.0, 1 - min(above) / (_WRONG * len(pattern)))


@lru_cache(maxsize=8192)
def _sounds(character: str) -> frozenset[str]:
    return frozenset(readings(character)[:2])


def _heard_wrong(sounds: frozenset[str], others: frozenset[str], worst: int) -> int:
    if sounds & others:
        return _SOUNDS_ALIKE
    return min(_SOUNDS_NEARLY, worst) if _nearly(sounds) & _nearly(others) else worst


@lru_cache(maxsize=8192)
def _nearly(sounds: frozenset[str]) -> frozenset[str]:
    """As they are said where zh, ch, sh and final ng are not."""
    return frozenset(_UNSAID.sub(lambda found: found[0][:1], sound) for sound in sounds)
