"""Pages of a PDF as pictures and text, in a process of its own: `python pdf_pages.py <file> <folder>`.

Members see pictures, so nothing inside a PDF ever runs in their browser; and what a bad one does to the renderer, it
does to this process, whose memory and time are bounded. Prints one JSON object: {"pages": […]} or {"problem": code}."""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path
from typing import Any

import pypdfium2

MOST_PAGES = 300
WIDEST = 1400  # px; the renderer rounds up
MOST_PIXELS = 4_000_000  # a page: a very long one is made narrower
MEMORY = 1536 * 1024 * 1024
SECONDS = 240
LONGEST_TEXT = 20_000  # characters a page
QUALITY = 82


def pages_of(file: Path, folder: Path) -> dict[str, Any]:
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        return {"problem": "encrypted" if "password" in str(error).lower() else "broken"}
    count = len(document)
    if not count:
        return {"problem": "no_pages"}
    if count > MOST_PAGES:
        return {"problem": "too_long", "count": count}
    try:
        return {"pages": [_page(document[number], folder / f"{number + 1}.webp") for number in range(count)]}
    except (pypdfium2.PdfiumError, MemoryError, ValueError):
        return {"problem": "broken"}


def _page(page: Any, target: Path) -> dict[str, Any]:
    width, height = page.get_size()  # points
    if not (0 < width < 100_000 and 0 < height < 100_000):
        raise ValueError("no size")
    scale = min((WIDEST - 1) / width, (MOST_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, may_draw_forms=True)
    picture = bitmap.to_pil().convert("RGB")
    picture.save(target, "WEBP", quality=QUALITY, method=2)
    textpage = page.get_textpage()
    text = re.sub(r"[ \t\r\f\v\x00]+", " ", textpage.get_text_range())[:LONGEST_TEXT].strip()
    for each in (textpage, bitmap, page):
        each.close()
    return {"file": target.name, "width": picture.width, "height": picture.height, "text": text}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    json.dump(pages_of(Path(sys.argv[1]), Path(sys.argv[2])), sys.stdout)


if __name__ == "__main__":
    main()
