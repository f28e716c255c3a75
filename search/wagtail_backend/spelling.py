"""Tokens as words that no database's own word-cutting changes, and queries as such words.

SQLite's and PostgreSQL's cutters each know their own alphabet: rare characters part words for one, English words lose
their endings for the other. So each character is written as five digits and letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cache
from typing import Any

from modelsearch.query import MATCH_NONE, And, Boost, Not, Or, Phrase, PlainText, SearchQuery

from search.analysis.queries import Term, parse
from search.analysis.tokens import text_tokens

# Begins every word; another one when the tokens of a text become others, so that what is stored is seen to be old.
MARK = "x1"
_DIGITS = "0123456789bfhjkopqvw"
_WIDTH = 5
MOST_TERMS = 40


def spell(token: str) -> str:
    return MARK + "".join(map(_spell_character, token))


@cache
def _spell_character(character: str) -> str:
    code, written = ord(character), ""
    for _ in range(_WIDTH):
        code, digit = divmod(code, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written


def spell_text(text: str) -> str:
    return " ".join(sorted(map(spell, text_tokens(text))))


class Spelled:
    """An object as an index reads it: the fields that are searched, each value spelled. `reader`: what the backend itself
    reads objects with."""

    def __init__(self, reader: Any) -> None:
        self.pk = reader.obj.pk
        self._fields = [
            _holding(read[0], spell_text(read[-1]))  # (field, value) or (field, weight, value)
            for field in reader.search_fields
            for read in reader.prepare_field(reader.obj, field)
        ]

    def get_search_fields(self) -> list[Any]:
        return self._fields


def _holding(field: Any, value: str) -> Any:
    """A field of the same kind that has this value whatever the object."""
    held = copy(field)
    held.get_value = lambda _obj: value
    return held


class Typed(PlainText):  # type: ignore[misc]  # modelsearch has no types
    """What somebody typed, as terms."""

    def __init__(self, terms: Iterable[Term], operator: str) -> None:
        super().__init__("", operator=operator)
        self.terms = tuple(terms)[:MOST_TERMS]


def typed(query: SearchQuery) -> SearchQuery:
    """The query with terms in place of texts; what has nothing searchable in it matches nothing."""
    return _typed(query) or MATCH_NONE


def _typed(query: SearchQuery) -> SearchQuery | None:
    match query:
        case Phrase():
            return _terms(parse(query.query_string).whole, "and")
        case PlainText():
            return _terms(parse(query.query_string).words, query.operator)
        case And() | Or():
            return _joined(type(query), query)
        case Not() | Boost():
            inner = _typed(query.subquery)
            return Not(inner) if inner and isinstance(query, Not) else inner
        case _:
            return query


def _terms(terms: tuple[Term, ...], operator: str) -> Typed | None:
    return Typed(terms, operator) if terms else None


def _joined(kind: type[SearchQuery], query: SearchQuery) -> SearchQuery | None:
    """A chain of one operator as one query of that operator. Thousands of quotes make a chain thousands deep."""
    leaves, rest = [], [query]
    while rest:
        part = rest.pop()
        if isinstance(part, kind):
            rest.extend(reversed(part.subqueries))
        else:
            leaves.append(part)
    parts = [part for leaf in leaves[:MOST_TERMS] if (part := _typed(leaf))]
    if kind is And and all(isinstance(part, Typed) and part.operator == "and" for part in parts):
        return _terms(tuple(term for part in parts for term in part.terms), "and")
    return kind(parts) if parts else None
