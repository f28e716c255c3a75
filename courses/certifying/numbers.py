"""Numbers of certificates: read aloud without mistakes, guessed by nobody."""

from __future__ import annotations

import re
from secrets import choice

# Without 0 O 1 I L; 31^10 numbers a year: of a million tries in a school of 100,000 certificates none is likely to hit.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SHAPE = re.compile(rf"DX(\d{{4}})([{ALPHABET}]{{4}})([{ALPHABET}]{{6}})")


def new_number(year: int) -> str:
    """DX2026-7KQM-4TXW9R: year, then ten random letters of the alphabet (49 bits)."""
    letters = "".join(choice(ALPHABET) for _ in range(10))
    return f"DX{year}-{letters[:4]}-{letters[4:]}"


def clean_number(typed: str) -> str | None:
    """The number as it is kept, however it was typed (small letters, without or with other dashes); None for what can
    be none."""
    bare = re.sub(r"[\s\-–—－_]+", "", typed).upper()
    found = SHAPE.fullmatch(bare)
    return f"DX{found[1]}-{found[2]}-{found[3]}" if found else None


# The surnames of two characters that are in use; a name that begins with one keeps both.
_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
    "仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
    "段干百里呼延东郭南门羊舌微生梁丘左丘东门西门第五"
)
COMPOUND = frozenset(_COMPOUND[at : at + 2] for at in range(0, len(_COMPOUND), 2))


def masked(name: str) -> str:
    """张*, 欧阳**: the surname and a star for each further character; of a Latin name and of one in parts (阿依古丽·买买提)
    the first letter."""
    name = name.strip()
    if not name:
        return "*"
    if name.isascii():
        return f"{name[0]}*"
    parts = re.split(r"[·•\s]+", name)
    if len(parts) > 1:
        return f"{parts[0][0]}**"
    kept = name[:2] if name[:2] in COMPOUND and len(name) > 2 else name[:1]
    return kept + "*" * max(1, len(name) - len(kept))
