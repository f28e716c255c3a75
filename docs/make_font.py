"""Makes learning/printing/fonts/DangxiaoSans.ttf: Chinese, Latin and signs in one TrueType file.

Run again only to change the font; fontTools is not among our packages:
    pip install fonttools && python docs/make_font.py DroidSansFallbackFull.ttf OpenSans-Regular.ttf DejaVuSans.ttf
The three come with Debian's fonts-droid-fallback, fonts-open-sans 1.11 and fonts-dejavu-core; licences.md tells theirs.
Earlier files win: Chinese and its punctuation from the first, Latin from the second, signs from the third.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

NAME = "Dangxiao Sans"
UNITS_PER_EM = 512
LATIN = [
    *range(0x20, 0x250),
    *range(0x370, 0x530),
    *range(0x1E00, 0x2000),
    *range(0x2000, 0x2070),
    0x20AC,
    0x2122,
]
SIGNS = [*range(0x2070, 0x2800), *range(0x2B00, 0x2C00)]
TABLES = {"OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post"}
QUOTES = {"‘": "right", "’": "left", "“": "right", "”": "left"}
MARKS = dict.fromkeys("，；：！？", "left")  # the first file centres them, as Taiwan does


def part(path: str, codepoints: set[int]) -> TTFont:
    """The font of the path with these characters only, without hints and layout tables, at UNITS_PER_EM."""
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True)
    font = subset.load_font(path, options)
    for tag in set(font.keys()) - TABLES:
        if tag != "GlyphOrder":
            del font[tag]
    picker = subset.Subsetter(options)
    picker.populate(unicodes=codepoints)
    picker.subset(font)
    scale_upem(font, UNITS_PER_EM)
    return font


def set_wide(font: TTFont, marks: dict[str, str]) -> None:
    """The marks take the width of a Chinese character and stand at one side of it, as the mainland prints them."""
    shapes, cmap, metrics = font["glyf"], font.getBestCmap(), font["hmtx"].metrics
    for quote, side in marks.items():
        name = cmap[ord(quote)]
        shape = shapes[name]
        margin = UNITS_PER_EM // 16
        wanted = margin if side == "left" else UNITS_PER_EM - margin - (shape.xMax - shape.xMin)
        if shape.isComposite():
            for component in shape.components:
                component.x += wanted - shape.xMin
        else:
            shape.coordinates.translate((wanted - shape.xMin, 0))
        shape.recalcBounds(shapes)
        metrics[name] = (UNITS_PER_EM, wanted)


def main(chinese: str, latin: str, signs: str) -> None:
    taken: set[int] = set()
    parts: list[Path] = []
    target = Path(__file__).parent.parent / "learning" / "printing" / "fonts" / "DangxiaoSans.ttf"
    for number, (path, wanted) in enumerate([(chinese, None), (latin, LATIN), (signs, LATIN + SIGNS)]):
        has = set(TTFont(path).getBestCmap())
        here = has - taken if wanted is None else (has & set(wanted)) - taken
        font = part(path, here)
        if number < 2:
            set_wide(font, QUOTES if number else MARKS)
        font["OS/2"].version = 2  # the least of the three; they merge only when equal
        for field in ("sxHeight", "sCapHeight", "usDefaultChar", "usBreakChar", "usMaxContext"):
            if not hasattr(font["OS/2"], field):
                setattr(font["OS/2"], field, 0)
        taken |= here
        parts.append(target.with_suffix(f".{number}.ttf"))
        font.save(parts[-1])
    merged = Merger().merge([str(each) for each in parts])
    for table in merged["cmap"].tables:
        if (
            table.isUnicode()
        ):  # the title marks 〈〉 stand in none of the three; the angle brackets look the same
            table.cmap[0x3008], table.cmap[0x3009] = table.cmap[0x27E8], table.cmap[0x27E9]
    for record in merged["name"].names:
        if record.nameID in (1, 3, 4, 16):
            record.string = NAME
        elif record.nameID == 6:
            record.string = NAME.replace(" ", "")
    merged["head"].created = merged["head"].modified = 0
    merged.recalcTimestamp = False
    merged.save(target)
    for each in parts:
        each.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:4])
