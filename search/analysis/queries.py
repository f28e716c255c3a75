"""What somebody typed, as terms that engines look up."""

from __future__ import annotations

from dataclasses import dataclass


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
