"""What somebody typed, as terms that engines look up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from .folding import fold
from .numbers import numbers
from .tokens import ENDING, LONGEST, RUN, exact_token, pairs, sounds

LENGTH = 64  # characters of a query that are looked at
TERMS = 40
_READ = 2_000  # characters that are folded at all
_LOOSE_PAIRS, _LOOSE_SOUNDS = 20, 12
_PART_OF_NUMBER = 5  # digits from which a number may be typed in part: a person's, a book's; a year may not

# Words that say nothing of what is sought; left out where something is left.
_INNER_OF = re.compile("(?<=.)(的)(?=.)")
_FILLING = frozenset("的了和与及或是在之等对把被吗呢吧啊哪几") | {
    "怎么",
    "怎样",
    "什么",
    "如何",
    "为什么",
    "哪些",
    "哪个",
    "多少",
    "请问",
    "关于",
}


@dataclass(frozen=True, slots=True)
class Term:
    """A token of the index, or with `prefix` the beginning of one."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`text` is what was asked, folded and cut to length. `whole` ⊇ `words` in meaning: an entry with every term of
    `whole` has every term of `words`."""

    text: str
    exact: str
    whole: tuple[Term, ...]
    words: tuple[Term, ...]
    loose: tuple[Term, ...]
    shortened: bool = False

    @property
    def empty(self) -> bool:
        return not self.words


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a query as it may stand in a text, folded: the first spelling is the one typed. `starts`: only where a
    word begins (Latin); `ends`: only where one ends too (a letter, a short number)."""

    spellings: tuple[str, ...]
    starts: bool = False
    ends: bool = False

    @property
    def counted(self) -> bool:
        """Whether it is an article's number or a year."""
        return len(self.spellings) > 1


def parse(text: str) -> Query:
    """The query of a typed text, whatever was typed: without words (`empty`) if it holds nothing that is searched for."""
    folded = " ".join(fold(text[:_READ]).split())
    kept = used = _cut(folded)
    while len(whole := _whole(used)) > TERMS:
        used = used[:-1].rstrip()
    terms = _terms(used)
    return Query(
        text=kept,
        exact=exact_token(folded) if terms else "",
        whole=whole,
        words=terms[:TERMS],
        loose=_loose(used)[:TERMS],
        shortened=used != folded or len(text) > _READ,
    )


def load_dictionaries() -> None:
    """What the first query of a process would wait for: 0.3 s, 45 MB."""
    parse("党员的权利和义务")


@lru_cache(maxsize=256)
def words(folded: str) -> tuple[Word, ...]:
    """The words of a query's text, each once, as they are looked for in titles and bodies."""
    found: dict[Word, None] = {}
    for part, term in _parts_with_terms(folded):
        found[part if isinstance(part, Word) else _word(part, term)] = None
    return tuple(found)


def _word(part: str, term: Term) -> Word:
    latin = not _is_chinese(part)
    return Word((part,), starts=latin and term.text[0] != ENDING, ends=latin and not term.prefix)


def _cut(folded: str) -> str:
    """Not longer than LENGTH, and without the beginning of a number that would be taken for another."""
    kept = folded[:LENGTH]
    if folded[LENGTH : LENGTH + 1].isdigit():
        without = kept.rstrip("0123456789")
        kept = without if len(kept) - len(without) < _PART_OF_NUMBER else kept
    return kept.rstrip()


def _parts(folded: str) -> Iterator[str | Word]:
    """Words in order; numbers as Word. Filling words are left out if others are left."""
    all_parts: list[str | Word] = []
    behind = 0
    for number in sorted(numbers(folded), key=lambda number: number.first):
        all_parts.extend(_cut_into_words(folded[behind : number.first]))
        all_parts.append(Word(number.spellings))
        behind = max(behind, number.end)
    all_parts.extend(_cut_into_words(folded[behind:]))
    telling = [part for part in all_parts if part not in _FILLING]
    yield from telling or all_parts


def _cut_into_words(folded: str) -> Iterator[str]:
    """Words of a dictionary; single characters beside each other are one word that it does not know."""
    for found in RUN.finditer(folded):
        if not found["chinese"]:
            yield found[0][:LONGEST]
            continue
        unknown = ""
        for word in _dictionary_words(found[0]):
            if len(word) == 1 and word not in _FILLING:
                unknown += word
                continue
            if unknown:
                yield unknown
            unknown = ""
            yield word
        if unknown:
            yield unknown


def _dictionary_words(run: str) -> Iterator[str]:
    """党的纪律 stands in the dictionary as one word; here it is three."""
    for word in _cutter()(run) if len(run) > 2 else [run]:
        yield from _INNER_OF.split(word)


@cache
def _cutter() -> Callable[[str], list[str]]:
    import rjieba  # its dictionary takes 0.1 s and 33 MB

    cut: Callable[[str], list[str]] = rjieba.cut
    return cut


def _terms(folded: str) -> tuple[Term, ...]:
    """Of each word its pairs; a single character as a prefix where no pair already says so."""
    terms = dict.fromkeys(term for _, term in _parts_with_terms(folded))
    implied = {term.text[0] for term in terms if len(term.text) > 1}
    return tuple(term for term in terms if not (_is_single(term) and term.text in implied))


def _parts_with_terms(folded: str) -> Iterator[tuple[str | Word, Term]]:
    """Each part with each of its terms. A word or number of another script at the beginning or end of the query may be
    part of a longer one (26年1 of 2026年11月)."""
    parts = list(_parts(folded))
    for place, part in enumerate(parts):
        if isinstance(part, Word):
            yield from ((part, Term(number.token)) for number in numbers(part.spellings[0]))
            continue
        first = not place and len(folded) > 1 and folded.startswith(part)
        last = place == len(parts) - 1 and len(folded) > 1 and folded.endswith(part)
        if _is_chinese(part) or not (first or last):
            yield from ((part, term) for term in _run_terms(part))
        else:
            yield part, Term((ENDING if first else "") + part, prefix=last or next(_run_terms(part)).prefix)


def _whole(folded: str) -> tuple[Term, ...]:
    """All pairs of each run. A number parts runs: beside it there stand other characters in its other spelling, and a law
    does not name itself before its articles."""
    terms: dict[Term, None] = {}
    behind = 0
    for number in sorted(numbers(folded), key=lambda number: number.first):
        terms.update(dict.fromkeys(_terms_between(folded[behind : number.first])))
        terms[Term(number.token)] = None
        behind = max(behind, number.end)
    terms.update(dict.fromkeys(_terms_between(folded[behind:])))
    return tuple(terms)


def _terms_between(folded: str) -> Iterator[Term]:
    for found in RUN.finditer(folded):
        yield from _run_terms(found[0])


def _run_terms(run: str) -> Iterator[Term]:
    if not _is_chinese(run):
        digits = run.isdigit()
        prefix = len(run) >= (_PART_OF_NUMBER if digits else 2)
        yield Term(run[:LONGEST], prefix=prefix)
    elif len(run) == 1:
        yield Term(run, prefix=True)
    else:
        yield from map(Term, pairs(run))


def _loose(folded: str) -> tuple[Term, ...]:
    """What a similar title or text shares with the query: pairs, how pairs sound, characters, beginnings of words."""
    close: list[Term] = []
    sounding: list[Term] = []
    single: list[Term] = []
    for found in RUN.finditer(folded):
        run = found[0]
        if found["chinese"]:
            close.extend(map(Term, pairs(run)))
            sounding.extend(map(Term, sounds(run)))
            single.extend(map(Term, run))
        else:
            close.extend(_run_terms(run))
            if len(run) > 3 and not run.isdigit():
                close.append(Term(run[: max(3, len(run) // 3)], prefix=True))
    return tuple(dict.fromkeys([*close[:_LOOSE_PAIRS], *sounding[:_LOOSE_SOUNDS], *single]))


def _is_single(term: Term) -> bool:
    return term.prefix and len(term.text) == 1


def _is_chinese(run: str) -> bool:
    found = RUN.match(run)
    return found is not None and found["chinese"] is not None
