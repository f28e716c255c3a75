"""The words of a query marked in a title, and the piece of a body that shows them best. Of bodies only that piece is
folded: the words are sought as they are written there, and all of it only where its beginning shows that it differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from unicodedata import category, normalize

from .folding import folded_with_places, is_folded
from .queries import Query, Word, words
from .tokens import RUN, pairs

SNIPPET = 110  # characters
_LEAD = 24  # characters before the first word that a snippet may show
_OCCURRENCES = 20  # of one spelling that are looked at in a body
_TASTE = 2_000  # characters by which a body shows whether it is in traditional characters or full width
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SENTENCE_ENDS = "。！？；!?;\n"


def marked(text: str, query: Query) -> str:
    """The text as HTML, escaped, the words of the query in <mark>; pairs of a word that does not stand there."""
    composed = normalize("NFC", "".join(map(_printable, text)))
    folded, places = folded_with_places(composed)
    html, behind = [], 0
    for first, end in _joined(_spans(folded, query)):
        begin, stop = places[first], places[end]
        html.append(f"{escape(composed[behind:begin])}<mark>{escape(composed[begin:stop])}</mark>")
        behind = stop
    html.append(escape(composed[behind:]))
    return "".join(html)


def snippet(body: str, query: Query, length: int = SNIPPET) -> str:
    """About `length` characters of the body as HTML, escaped: where the whole query stands, or else most of its words; the
    beginning where none does."""
    place = _best_place(body, query, length)
    first = _beginning(body, place)
    end = min(len(body), first + length)
    if end == len(body):
        first = _beginning(body, max(0, min(first, end - length)))
    while end < len(body) and category(body[end])[0] == "M":
        end += 1
    shown = " ".join(body[first:end].split())
    before = "…" if body[:first].strip() else ""
    after = "…" if body[end:].strip() else ""
    return f"{before}{marked(shown, query)}{after}"


def stands(folded: str, word: Word, most: int = _OCCURRENCES) -> Iterator[tuple[int, int]]:
    """Where a word stands in a folded text, as (first, end)."""
    for spelling in word.spellings:
        found, at = 0, folded.find(spelling)
        while at >= 0 and found < most:
            end = at + len(spelling)
            if not (word.starts and _joins(folded, at)) and not (word.ends and _joins(folded, end)):
                found += 1
                yield at, end
            at = folded.find(spelling, end)


def as_written(text: str, query: Query) -> str:
    """A text that can be searched without folding it: in small letters where the query has letters, each at its place."""
    if not any(character.isascii() and character.isalpha() for character in query.text):
        return text
    small = text.lower()
    return small if len(small) == len(text) else text


def _joins(text: str, at: int) -> bool:
    """Whether the characters before and at this place belong to one word that is not Chinese."""
    found = RUN.fullmatch(text[at - 1 : at + 1]) if 0 < at < len(text) else None
    return found is not None and not found["chinese"]


def _spans(folded: str, query: Query) -> list[tuple[int, int]]:
    sought = words(query.text)
    whole = Word((query.text,), starts=sought[0].starts, ends=sought[-1].ends) if len(sought) > 1 else None
    spans = list(stands(folded, whole, len(folded))) if whole else []
    for word in sought:
        there = list(stands(folded, word, len(folded)))
        spans += there or [
            span for pair in _pairs(word.spellings[0]) for span in stands(folded, pair, len(folded))
        ]
    return spans


def _pairs(folded: str) -> Iterator[Word]:
    for found in RUN.finditer(folded):
        if found["chinese"]:
            yield from (Word((pair,)) for pair in pairs(found[0]))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined


def _best_place(body: str, query: Query, length: int) -> int:
    """Where the best piece of the body begins to be interesting; 0 where nothing is found."""
    sought = list(words(query.text))
    place = _place(as_written(body, query), sought, query.text, length)
    if place is None and not is_folded(body[:_TASTE]):
        folded, places = folded_with_places(body)
        found = _place(folded, sought, query.text, length)
        place = None if found is None else places[found]  # of the composed text: near enough
    return place or 0


def _place(text: str, sought: list[Word], whole: str, length: int) -> int | None:
    """The first place of the whole query; else where, around the rarest of its words, most of the others stand too."""
    if len(sought) > 1 and (at := text.find(whole)) >= 0:
        return at
    there = _those_in(text, sought)
    if len(there) < len(sought):  # something similar: its place shows by pairs that the error left alone
        there = list(dict.fromkeys([*there, *_those_in(text, _pairs(whole))]))
    if not there:
        return None
    rarest = min(there, key=lambda word: sum(map(text.count, word.spellings)))
    others = [word for word in there if word is not rarest]
    span = length - _LEAD
    best, best_worth = None, 0
    for at, _ in stands(text, rarest):
        for first in sorted({at, *_before(text, others, at, span)}):
            worth = 1 + sum(
                min(2, len(word.spellings[0])) for word in others if _near(text, word, first, span)
            )
            worth = 2 * worth + (rarest.counted and at_line_start(text, at))
            if worth > best_worth:
                best, best_worth = first, worth
        if not others and not rarest.counted:
            break
    return best


def _those_in(text: str, sought: Iterable[Word]) -> list[Word]:
    return [word for word in sought if any(spelling in text for spelling in word.spellings)]


def _near(text: str, word: Word, first: int, span: int) -> bool:
    return any(text.find(spelling, first, first + span) >= 0 for spelling in word.spellings)


def _before(text: str, others: list[Word], at: int, span: int) -> Iterator[int]:
    for word in others:
        for spelling in word.spellings:
            if (found := text.rfind(spelling, max(0, at - span), at)) >= 0:
                yield found


def at_line_start(text: str, at: int) -> bool:
    """Whether nothing but blanks and marks of a heading or list stands before this place in its line."""
    line = text.rfind("\n", max(0, at - 12), at) + 1
    return (line > 0 or at < 12) and not text[line:at].strip(' \t\u3000#*-·【[（("“')


def _beginning(body: str, place: int) -> int:
    """A good place to begin before `place`: behind the end of a sentence, else some characters before it, but inside no
    word and no character."""
    place = min(place, len(body))
    earliest = max(0, place - _LEAD)
    if earliest == 0:
        return 0
    sentence = max(body.rfind(end, earliest, place) for end in _SENTENCE_ENDS) + 1
    first = sentence or earliest
    while first > max(0, earliest - _LEAD) and (_joins(body, first) or category(body[first])[0] == "M"):
        first -= 1
    return first


def _printable(character: str) -> str:
    """Nothing that no page could be sent with, or that turns the rest of the line around."""
    if character.isprintable():
        return character
    if character in _TURNING or category(character) == "Cs":
        return ""
    return " " if category(character) == "Cc" else character
