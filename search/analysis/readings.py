"""How Chinese is read: pinyin without tones, ü as v, as people type it.

Single readings come from pypinyin's table alone, which a web process can afford (9 MB); the phrases (another 45 MB), which
say that 长征 is changzheng, are loaded where titles are indexed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import combinations, islice, product
from pathlib import Path
from unicodedata import normalize

COMBINATIONS = 8  # of readings of one name
_READINGS = 3  # of one character in a name

# As surnames they are read otherwise than most often; the dictionary's other readings follow.
_SURNAMES = {
    **{
        "单": "shan",
        "曾": "zeng",
        "解": "xie",
        "仇": "qiu",
        "区": "ou",
        "查": "zha",
        "盖": "ge",
        "朴": "piao",
    },
    **{
        "乐": "yue",
        "翟": "zhai",
        "员": "yun",
        "折": "she",
        "召": "shao",
        "洗": "xian",
        "缪": "miao",
        "覃": "qin",
    },
    **{"都": "du", "重": "chong", "黑": "he", "秘": "bi", "繁": "po", "种": "chong", "卜": "bu", "隗": "wei"},
}
_LONG_SURNAMES = {
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "万俟": ("mo", "qi"),
    "澹台": ("tan", "tai"),
}


@lru_cache(maxsize=8192)
def readings(character: str) -> tuple[str, ...]:
    """The readings of one simplified character, the commonest first; nothing for what is not Chinese."""
    spoken = _table().get(str(ord(character)), "")
    return tuple(dict.fromkeys(_typed(reading) for reading in spoken.split(",") if reading))


@lru_cache(maxsize=1024)
def phrase(run: str) -> tuple[str, ...]:
    """The syllables of a run of Chinese as it is read in context; what has no reading is left out."""
    from pypinyin import lazy_pinyin  # 45 MB, only where something is indexed

    return tuple(lazy_pinyin(run, errors="ignore"))


def name_readings(name: str) -> list[tuple[str, ...]]:
    """The ways a person's name (Chinese characters only) may be read, the likeliest first, at most COMBINATIONS."""
    choices = [readings(character)[:_READINGS] for character in name]
    for surname, spoken in _LONG_SURNAMES.items():
        if name.startswith(surname):
            choices[: len(surname)] = [(syllable,) for syllable in spoken]
            break
    else:
        if name[:1] in _SURNAMES:
            choices[0] = tuple(dict.fromkeys([_SURNAMES[name[0]], *choices[0]]))[:_READINGS]
    return list(islice(_by_oddity([choice for choice in choices if choice]), COMBINATIONS))


def _by_oddity(choices: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """All combinations: first that of the first readings, then those that depart from it in one place, in two, …"""
    places = [place for place, choice in enumerate(choices) if len(choice) > 1]
    for departures in range(len(places) + 1):
        for departing in combinations(places, departures):
            yield from product(
                *(choice[1:] if place in departing else choice[:1] for place, choice in enumerate(choices))
            )


def _typed(reading: str) -> str:
    """zhāng → zhang, lǜ → lv."""
    return "".join(part for part in normalize("NFD", reading).replace("u\u0308", "v") if part.isascii())


@cache
def _table() -> dict[str, str]:
    """Readings by code point. pypinyin's own import would load its phrases too."""
    package = find_spec("pypinyin")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("pypinyin", name="pypinyin")
    table: dict[str, str] = json.loads(Path(package.origin).with_name("pinyin_dict.json").read_text("utf-8"))
    return table
