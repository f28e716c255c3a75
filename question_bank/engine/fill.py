"""When a typed text is one of the accepted ones, and how typed texts are matched to blanks in any order."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

# NFKC already maps full-width ASCII (，：；！？（）) and …; these are the Chinese marks it leaves alone.
_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("。", "."),
        **dict.fromkeys("、", ","),
        **dict.fromkeys("“”„«»「」『』", '"'),
        **dict.fromkeys("‘’‚′", "'"),
        **dict.fromkeys("《〈", "<"),
        **dict.fromkeys("》〉", ">"),
        **dict.fromkeys("【〔〖", "["),
        **dict.fromkeys("】〕〗", "]"),
        **dict.fromkeys("‐‑‒–—―−─", "-"),
        **dict.fromkeys("・•‧∙⋅", "·"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    }
)
_SPACES = re.compile(r"\s+")
# A space says something only between two Latin words or numbers: 1921 年 7 月 is 1921年7月.
_IDLE_SPACE = re.compile(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])")
_DASHES = re.compile("-{2,}")
_DOTS = re.compile(r"\.{2,}")
_TRAILING = re.compile(r"[.,;:\s]+\Z")


@lru_cache(maxsize=4096)
def fold(text: str, keep_case: bool = False) -> str:
    """The text with the differences removed that are typing, not knowledge: width, idle spaces, Chinese or
    ASCII punctuation, a full stop at the end and (unless kept) case. Folding twice changes nothing."""
    # One step can make room for another (an accent composed after a space was taken out), so until nothing moves.
    while (folded := _folded_once(text, keep_case)) != text:
        text = folded
    return text


def _folded_once(text: str, keep_case: bool) -> str:
    folded = unicodedata.normalize("NFKC", text).translate(_PUNCTUATION)
    if not keep_case:
        folded = unicodedata.normalize("NFKC", folded.casefold())
    # Taking a space out can bring a letter and its accent together, so the composition stands last.
    folded = unicodedata.normalize("NFC", _IDLE_SPACE.sub("", _SPACES.sub(" ", folded)))
    folded = _DOTS.sub("...", _DASHES.sub("-", folded))
    return _TRAILING.sub("", folded) or folded


def right_blanks(
    accepted: Sequence[Sequence[str]],
    typed: Sequence[str],
    weights: Sequence[Decimal],
    *,
    any_order: bool = False,
    keep_case: bool = False,
) -> set[int]:
    """The blanks (from 0, as the key counts them) that were answered rightly.

    In any order, texts are assigned to blanks one to one so that the blanks won weigh the most together:
    taking the heaviest blank first is exact, because the sets of blanks that can be filled together form a
    matroid.
    """
    wanted = [{fold(text, keep_case) for text in texts} for texts in accepted]
    given = [fold(text, keep_case) for text in typed]
    if not any_order:
        return {blank for blank, text in enumerate(given[: len(wanted)]) if text and text in wanted[blank]}
    given = _without_repeats(wanted, given)
    holder: dict[int, int] = {}  # index of the text -> blank it fills

    def fill(blank: int, tried: set[int]) -> bool:
        for index, text in enumerate(given):
            if text in wanted[blank] and index not in tried:
                tried.add(index)
                if index not in holder or fill(holder[index], tried):
                    holder[index] = blank
                    return True
        return False

    for blank in sorted(range(len(wanted)), key=lambda blank: -weights[blank]):
        fill(blank, set())
    return set(holder.values())


def _without_repeats(wanted: Sequence[set[str]], given: Sequence[str]) -> list[str]:
    # "Name any two of 甲, 乙, 丙" is not answered by 甲 and 甲; two blanks that accept nothing but 0 are by 0
    # and 0.
    copies = Counter(next(iter(texts)) for texts in wanted if len(texts) == 1)
    kept: Counter[str] = Counter()
    result = []
    for text in given:
        if text and kept[text] < max(1, copies[text]):
            kept[text] += 1
            result.append(text)
    return result
