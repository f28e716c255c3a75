"""How differently written text is made equal: width, case, accents, traditional characters, what cannot be seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from unicodedata import category, normalize

# Written without blanks, so indexed by pairs: ideographs with extensions and radicals, kana, bopomofo. For a regex class.
CHINESE = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_IDEOGRAPHS = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_BY_HAND = {0x25CB: "〇", 0x25EF: "〇"}  # the circles that people type for the numeral
_HANGUL_LETTERS = ((0x3130, 0x318F), (0xFFA0, 0xFFDC))  # would become parts that join to other syllables
# Scripts whose vowels are marks on the letters before them, Devanagari to Myanmar, Tibetan among them.
SYLLABIC = (0x0900, 0x109F)


def fold(text: str) -> str:
    """The text as it is compared: composed (NFC), then each character for itself: compatibility form, lower case, no
    accents, simplified. Controls and line ends are blanks; format characters, lone surrogates and private use are gone.
    As long as the composed text, except for the few characters that are written out (㎡ → m2) or dropped."""
    return normalize("NFC", text).translate(_TABLE)


def folded_with_places(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and for each of its characters the place in the *composed* text that it came from; one place more
    for the end. The caller cuts normalize("NFC", text) by these places."""
    composed = normalize("NFC", text)
    folded = composed.translate(_TABLE)
    if len(folded) == len(composed) and not _uneven(composed):
        return folded, range(len(composed) + 1)
    places: list[int] = []
    for place, character in enumerate(composed):
        places.extend([place] * len(character.translate(_TABLE)))
    places.append(len(composed))
    return folded, places


def is_folded(text: str) -> bool:
    """Whether the text's letters, but for capitals, are already those that it is compared by, with nothing to drop."""
    for character in set(text):
        folded = _TABLE[ord(character)]
        if not folded or (folded != character and character.isalpha() and folded != character.lower()):
            return False
    return True


def _uneven(composed: str) -> bool:
    """Whether some character folds to more or fewer than one; asked of each different character once."""
    return any(len(character.translate(_TABLE)) != 1 for character in set(composed))


class _Table(dict[int, str]):
    """For str.translate; a character is folded when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = "".join(map(_visible, _simplest(chr(code))))
        if category(chr(code)) != "Cn":  # bounded by the characters there are
            self[code] = folded
        return folded


_TABLE = _Table()


def _simplest(character: str) -> str:
    code = ord(character)
    if code in _BY_HAND:
        return _BY_HAND[code]
    if _within(code, *_HANGUL_LETTERS):
        return character
    return "".join(
        _simplified(_without_accent(part)) for part in normalize("NFKC", character).casefold() if part
    )


def _without_accent(character: str) -> str:
    base = normalize("NFD", character)[0]
    return base if base.isascii() and base.isalpha() else character


def _simplified(character: str) -> str:
    if not _within(ord(character), *_IDEOGRAPHS):
        return character
    converted: str = _converter().convert(character)
    return converted


@cache
def _converter() -> Any:
    import opencc  # 7 MB

    return opencc.OpenCC("t2s")


def _visible(character: str) -> str:
    """The character, a blank for what parts words without being seen, nothing for what does not even part them."""
    code, kind = ord(character), category(character)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if _within(code, SYLLABIC):
        return character if kind[0] in "LNM" else " "
    if kind in ("Cf", "Cs", "Co", "Mn", "Me"):
        return ""
    return character


def _within(code: int, *spans: tuple[int, int]) -> bool:
    return any(first <= code <= last for first, last in spans)
