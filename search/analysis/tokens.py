"""The tokens that an engine keeps of a text. It keeps sets: no places, no counts.

Of an entry, `title_tokens(title, names)` is the title's set and `text_tokens(body) | title set` the text's. Every
character of a run of Chinese begins a token (a pair, or the run's last character alone), so any part of a text of two
characters or more is found by pairs, and one character by prefix. A word or number of another script is found by its
beginning, and every ending of it is a token too: a query may begin in the middle of one (026年).

Tokens that begin with a private-use character are made here and can come from no text: U+E000 the title as a whole,
U+E001 how two characters of a title sound, U+E002 a counted thing (numbers.py), U+E003 an ending of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise, product

from .folding import CHINESE, SYLLABIC, fold
from .numbers import numbers
from .readings import name_readings, phrase, readings

EXACT, SOUND, ENDING = "\ue000", "\ue001", "\ue003"
LONGEST = 64  # characters of a token
INITIALS = 32  # letters of a run's initials
MOST_BYTES = (
    1_000_000  # of a text's tokens: beyond 2**20 PostgreSQL's tsvector mixes them up, and says nothing
)
_SOUNDS = 2  # readings of one character in a title's sounds

_SYLLABIC = "".join(map(chr, (SYLLABIC[0], ord("-"), SYLLABIC[1])))
RUN = re.compile(f"(?P<chinese>[{CHINESE}]+)|(?:[^\\W_{CHINESE}]|[{_SYLLABIC}])+")
_CHINESE_RUN = re.compile(f"[{CHINESE}]+")


def text_tokens(text: str) -> frozenset[str]:
    """Of any text. Where they are too many bytes (pages of codes of 64 characters), the longest endings are left out."""
    tokens = _tokens(fold(text))
    over = sum(len(token.encode()) for token in tokens) - MOST_BYTES
    if over > 0:
        _leave_out(tokens, over)
    return frozenset(tokens)


def _leave_out(tokens: set[str], over: int) -> None:
    """Whole words stay, also as the endings of themselves."""
    endings = [token for token in tokens if token[0] == ENDING and token[1:] not in tokens]
    for token in sorted(endings, key=lambda token: (-len(token), token)):
        if over <= 0:
            break
        tokens.discard(token)
        over -= len(token.encode())


def title_tokens(title: str, names: Sequence[str] = ()) -> frozenset[str]:
    """Of a title: also each character alone, the title as a whole, its sounds, and Latin tokens for what is typed without
    an input method: initials (dzxx) and pinyin (dangzhangxuexi) of each run of Chinese. `names` are people of the entry."""
    folded = fold(title)
    tokens = _tokens(folded)
    for run in _CHINESE_RUN.findall(folded):
        tokens.update(run)
        tokens.update(sounds(run, _SOUNDS))
        tokens.update(_typed(phrase(run)))
    if exact := exact_token(folded):
        tokens.add(exact)
    return frozenset(tokens).union(*map(name_tokens, names))


def name_tokens(name: str) -> frozenset[str]:
    """Of a person's name: its own tokens, and pinyin of the ways it may be read: initials, the whole, what follows the
    first syllable, and each syllable, so that zxm, zengxiaoming, xiaoming and "zeng xiao" find 曾小明."""
    folded = fold(name)
    tokens = _tokens(folded)
    parts = _CHINESE_RUN.findall(folded)
    if len(parts) > 1:  # 阿卜杜拉·买买提 by each part and as one; 张 伟 is one name spread out
        parts = [*(part for part in parts if len(part) > 1), "".join(parts)]
        tokens.update(pairs(parts[-1]))
    for part in parts:
        for syllables in name_readings(part):
            tokens.update(_typed(syllables), _typed(syllables[1:]), _words(syllables))
    return frozenset(tokens)


def exact_token(folded: str) -> str:
    """The same for texts that differ in blanks and punctuation only; nothing if there is nothing to search."""
    characters = "".join(run[0] for run in RUN.finditer(folded))
    return EXACT + blake2b(characters.encode(), digest_size=8).hexdigest() if characters else ""


def sounds(run: str, most: int = 1) -> Iterator[str]:
    """A token for each pair of a run, by how it is read; with `most` above 1 for other readings too."""
    spoken = [readings(character)[:most] for character in run]
    for first, second in pairwise(spoken):
        for pair in product(first, second):
            yield SOUND + SOUND.join(pair)


def pairs(run: str) -> Iterable[str]:
    return map(str.__add__, run, run[1:])


def _tokens(folded: str) -> set[str]:
    tokens: set[str] = {number.token for number in numbers(folded)}
    for found in RUN.finditer(folded):
        run = found[0]
        if found["chinese"]:
            tokens.update(pairs(run))
            tokens.add(run[-1])
        else:
            word = run[:LONGEST]
            tokens.add(word)
            tokens.update(ENDING + word[start:] for start in range(len(word)))
    return tokens


def _typed(syllables: Sequence[str]) -> Iterator[str]:
    if syllables:
        initials = "".join(syllable[0] for syllable in syllables)
        yield from _words([initials[:INITIALS], "".join(syllables)[:LONGEST]])


def _words(latin: Iterable[str]) -> Iterator[str]:
    """Words that are typed from their beginning on, and therefore have no other ending than themselves."""
    for word in latin:
        yield from (word, ENDING + word)
