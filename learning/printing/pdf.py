"""A document that flows down its pages: headings, paragraphs, facts, figures, tables, bars. Knows no Django.

    document = Document("学习与考试测评报告", footer="数据截至 2026年11月22日 14:30")
    document.heading("电子信息学院党总支")
    document.table([Column("姓名", 3), Column("成绩", 1, "right")], rows)
    content = document.finish()

What is added is drawn at once, so a table of any length is read row by row. All text is taken literally.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import text as words
from .sheet import INK, Align, Sheet

MARGIN = 48.0
BODY = 10.5
SMALL = 8.5
CELL = 9.0
LEADING = 1.5
CELL_PAD = 4.0
MOST_LINES = 12  # of one cell; what is longer ends with …
SHADES = (INK.bar, "#E08A1E", "#2F7D6B", "#A24FB8", "#8A8F98", "#6B5B3E")  # as on the screen
HEADING_SIZES = {0: 20.0, 1: 15.0, 2: 12.0}


@dataclass(frozen=True)
class Column:
    """A column's title, its share of the width, and where its cells stand."""

    title: str
    share: float = 1
    align: Align = "left"


@dataclass(frozen=True)
class Figure:
    """A key figure: what it is called, its value as words, and how it is counted."""

    label: str
    value: str
    how: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its name, its length in the chart's unit (≥ 0; None = nothing known) and the words at its end.
    `beside`: compared with the bar above it, drawn paler. `parts`: what the length is made of, each in its shade."""

    label: str
    value: float | None
    words: str
    beside: bool = False
    parts: tuple[float, ...] = ()


class Document:
    """A4, one font, page numbers at the foot. `page_words` may name {n} and must end with what follows {total}."""

    def __init__(
        self,
        title: str,
        *,
        footer: str = "",
        landscape: bool = False,
        lang: str = "zh-CN",
        page_words: str = "第 {n} / {total} 页",
    ) -> None:
        self.sheet = Sheet(title, landscape=landscape, lang=lang)
        self.footer = footer
        self.page_words = page_words
        self.left = MARGIN
        self.room = self.sheet.width - 2 * MARGIN
        self.bottom = self.sheet.height - MARGIN - 12
        self.y = MARGIN
        self._foot()
        self.heading(title, level=0)

    # what can be added -------------------------------------------------------------------------------------------

    def heading(self, text: str, level: int = 1) -> None:
        """A title (0), section (1) or subsection (2); it never stands alone at the foot of a page."""
        size = HEADING_SIZES[level]
        broken = words.lines(text, size, self.room)
        if self.y > MARGIN:
            self.y += size * 0.7
        self._need(len(broken) * size * LEADING + 60)
        for each in broken:
            self.y += size * 1.3
            self.sheet.text(
                self.left, self.y - size * 0.3, each, size=size, color=INK.text if level == 2 else INK.brand
            )
        if level == 0:
            self.y += 4
            self.sheet.line(self.left, self.y, self.left + self.room, self.y, color=INK.brand, width=1.2)
        self.y += size * 0.4

    def paragraph(self, text: str, *, small: bool = False) -> None:
        size = SMALL if small else BODY
        for each in words.lines(text, size, self.room):
            self._need(size * LEADING)
            self.y += size * LEADING
            self.sheet.text(
                self.left, self.y - size * 0.4, each, size=size, color=INK.muted if small else INK.text
            )
        self.y += size * 0.5

    def space(self, points: float) -> None:
        self.y += points

    def page_break(self) -> None:
        self._turn()

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """A table of two columns without a header: what, and its value."""
        label_room = min(130.0, self.room * 0.3)
        for label, value in pairs:
            left = words.lines(label, BODY, label_room - 2 * CELL_PAD)
            right = words.lines(value, BODY, self.room - label_room - 2 * CELL_PAD)
            height = max(len(left), len(right)) * BODY * LEADING + 2 * CELL_PAD
            self._need(height)
            self.sheet.box(self.left, self.y, label_room, height, fill=INK.ground)
            self._cell(left, self.left, label_room, "left", BODY, INK.muted)
            self._cell(right, self.left + label_room, self.room - label_room, "left", BODY, INK.text)
            self.y += height
            self.sheet.line(self.left, self.y, self.left + self.room, self.y)
        self.y += 8

    def figures(self, figures: Sequence[Figure], *, in_row: int = 4) -> None:
        """Key figures side by side: the value large, its name above, how it is counted below."""
        for start in range(0, len(figures), in_row):
            row = figures[start : start + in_row]
            wide = (self.room - 8 * (in_row - 1)) / in_row
            hows = [words.lines(each.how, 7.5, wide - 16) if each.how else [] for each in row]
            height = 58 + max(len(how) for how in hows) * 7.5 * 1.4
            self._need(height + 8)
            for number, (each, how) in enumerate(zip(row, hows, strict=True)):
                x = self.left + number * (wide + 8)
                self.sheet.box(x, self.y, wide, height, fill=INK.ground, radius=4)
                size = words.fitting(each.label, SMALL, wide - 16, 6)
                self.sheet.text(x + 8, self.y + 17, each.label, size=size, color=INK.muted)
                size = words.fitting(each.value, 20, wide - 16, 9)
                self.sheet.text(x + 8, self.y + 43, each.value, size=size)
                for index, line in enumerate(how):
                    self.sheet.text(x + 8, self.y + 57 + index * 10.5, line, size=7.5, color=INK.muted)
            self.y += height + 8
        self.y += 4

    def table(
        self, columns: Sequence[Column], rows: Iterable[Sequence[str | None]], *, empty: str = ""
    ) -> None:
        """Rows under a header that every page repeats. A row never breaks; None: the cell before reaches over this one
        as well. `empty` is said where there is no row."""
        shares = sum(column.share for column in columns)
        widths = [self.room * column.share / shares for column in columns]
        count = 0
        for count, row in enumerate(rows, 1):
            cells = [
                (self._cell_lines(cell, wide), wide, align)
                for cell, wide, align in _joined(row, columns, widths)
            ]
            height = max(len(cell) for cell, _wide, _align in cells) * CELL * LEADING + 2 * CELL_PAD
            if count == 1:
                self._table_header(columns, widths, below=height)
            elif self.y + height > self.bottom:
                self._turn()
                self._table_header(columns, widths)
            x = self.left
            for cell, wide, align in cells:
                self._cell(cell, x, wide, align, CELL, INK.text)
                x += wide
            self.y += height
            self.sheet.line(self.left, self.y, self.left + self.room, self.y)
        if count == 0:
            self._table_header(columns, widths)
            if empty:
                self.paragraph(empty, small=True)
        self.y += 10

    def bars(self, bars: Sequence[Bar], *, most: float | None = None) -> None:
        """Horizontal bars on one scale from 0 to `most` (default: the longest), each with its words at the end."""
        top = most or max((bar.value or 0 for bar in bars), default=0)
        label_room = min(
            self.room * 0.35, max((words.width(words.clean(bar.label), CELL) for bar in bars), default=0) + 10
        )
        words_room = max((words.width(words.clean(bar.words), CELL) for bar in bars), default=0) + 8
        track = max(40.0, self.room - label_room - words_room)
        for bar in bars:
            label = words.lines(bar.label, CELL, label_room - 8)
            height = max(18.0, len(label) * CELL * 1.3 + 4)
            self._need(height)
            middle = self.y + height / 2
            for index, line in enumerate(label):
                foot = middle + CELL * 0.35 + (index - (len(label) - 1) / 2) * CELL * 1.3
                self.sheet.text(self.left, foot, line, size=CELL)
            x = self.left + label_room
            self.sheet.box(x, middle - 5, track, 10, fill=INK.bar_ground)
            if bar.parts and top > 0:
                self._stack(x, middle - 5, [track * part / top for part in bar.parts])
            elif bar.value and top > 0:
                self.sheet.box(
                    x,
                    middle - 5,
                    track * min(1.0, bar.value / top),
                    10,
                    fill=INK.muted if bar.beside else INK.bar,
                )
            self.sheet.text(x + track + 6, middle + CELL * 0.35, bar.words, size=CELL)
            self.y += height
        self.y += 8

    def key(self, names: Sequence[str]) -> None:
        """What the shades of stacked bars mean, in their order."""
        x, height = self.left, CELL * 1.6
        self._need(height)
        for number, name in enumerate(names):
            wide = words.width(words.clean(name), CELL) + 26
            if x > self.left and x + wide > self.left + self.room:
                x, self.y = self.left, self.y + height
                self._need(height)
            self.sheet.box(x, self.y + height / 2 - 4, 8, 8, fill=SHADES[number % len(SHADES)])
            self.sheet.text(x + 12, self.y + height / 2 + CELL * 0.35, name, size=CELL)
            x += wide
        self.y += height + 4

    def _stack(self, x: float, y: float, lengths: Sequence[float]) -> None:
        """Parts of a bar one after the other, a white line between them."""
        for number, length in enumerate(lengths):
            if length > 0:
                self.sheet.box(
                    x, y, length, 10, fill=SHADES[number % len(SHADES)], stroke="#FFFFFF", line_width=0.4
                )
            x += length

    def histogram(
        self, bins: Sequence[tuple[str, int]], *, marked: float | None = None, note: str = ""
    ) -> None:
        """Upright bars with their counts above and names below; a dashed line stands left of bin number `marked`
        (for instance the pass mark), said in words by `note`."""
        if not bins:
            return
        tall, gap = 120.0, 4.0
        self._need(tall + 50)
        top = max(count for _, count in bins) or 1
        wide = self.room / len(bins)
        size = min(SMALL, *(words.fitting(name, SMALL, wide - 2, 4.5) for name, _ in bins))
        foot = self.y + 16 + tall
        for number, (name, count) in enumerate(bins):
            x, height = self.left + number * wide, tall * count / top
            if count:
                self.sheet.box(x + gap / 2, foot - height, wide - gap, height, fill=INK.bar)
            self.sheet.text(x + wide / 2, foot - height - 4, str(count), size=SMALL, align="center")
            self.sheet.text(x + wide / 2, foot + 12, name, size=size, color=INK.muted, align="center")
        self.sheet.line(self.left, foot, self.left + self.room, foot, color=INK.muted)
        if marked is not None:
            x = self.left + marked * wide
            self.sheet.canvas.setDash(3, 2)
            self.sheet.line(x, foot - tall - 12, x, foot, color=INK.text, width=0.8)
            self.sheet.canvas.setDash()
        self.y = foot + 22
        if note:
            self.paragraph(note, small=True)

    def qr(self, content: str, *, side: float = 90, caption: str = "") -> None:
        self._need(side + 16)
        self.sheet.qr(self.left, self.y, side, content)
        self.y += side
        if caption:
            self.paragraph(caption, small=True)

    def finish(self) -> bytes:
        """The file; the last call."""
        canvas = self.sheet.canvas
        canvas.showPage()
        canvas.beginForm("total", 0, -20, 200, 40)
        canvas.setFont(words.FONT, SMALL)
        _, after = self.page_words.split("{total}")
        canvas.drawString(0, 0, words.clean(f"{self.sheet.pages}{after}"))
        canvas.endForm()
        return self.sheet.finish()

    # how it flows ------------------------------------------------------------------------------------------------

    def _need(self, height: float) -> None:
        if self.y + height > self.bottom and self.y > MARGIN:
            self._turn()

    def _turn(self) -> None:
        self.sheet.new_page()
        self.y = MARGIN
        self._foot()

    def _foot(self) -> None:
        """The footer and "n / total"; the total is a form that is only drawn when all pages are known."""
        foot = self.sheet.height - MARGIN + 12
        self.sheet.line(self.left, foot - 14, self.left + self.room, foot - 14)
        before, after = self.page_words.split("{total}")
        before = words.clean(before.replace("{n}", str(self.sheet.pages)))
        widest = words.width(before + "9999" + words.clean(after), SMALL)
        size = words.fitting(self.footer, SMALL, self.room - widest - 12, 6)
        self.sheet.text(self.left, foot, self.footer, size=size, color=INK.muted)
        x = self.left + self.room - widest
        self.sheet.text(x, foot, before, size=SMALL, color=INK.muted)
        canvas = self.sheet.canvas
        canvas.saveState()
        canvas.translate(x + words.width(before, SMALL), self.sheet.height - foot)
        canvas.doForm("total")
        canvas.restoreState()

    def _table_header(self, columns: Sequence[Column], widths: Sequence[float], below: float = 24) -> None:
        """Where it and the row `below` it fit."""
        titles = [self._cell_lines(column.title, wide) for column, wide in zip(columns, widths, strict=True)]
        height = max(map(len, titles)) * CELL * LEADING + 2 * CELL_PAD
        self._need(height + below)
        self.sheet.box(self.left, self.y, self.room, height, fill=INK.ground)
        x = self.left
        for column, title, wide in zip(columns, titles, widths, strict=True):
            self._cell(title, x, wide, column.align, CELL, INK.muted)
            x += wide
        self.y += height
        self.sheet.line(self.left, self.y, self.left + self.room, self.y, color=INK.brand, width=0.8)

    def _cell_lines(self, cell: str, wide: float) -> list[str]:
        broken = words.lines(cell, CELL, wide - 2 * CELL_PAD)
        return (
            broken
            if len(broken) <= MOST_LINES
            else [*broken[: MOST_LINES - 1], broken[MOST_LINES - 1][:-1] + "…"]
        )

    def _cell(
        self, broken: Sequence[str], x: float, wide: float, align: Align, size: float, color: str
    ) -> None:
        at = {"left": x + CELL_PAD, "center": x + wide / 2, "right": x + wide - CELL_PAD}[align]
        for index, line in enumerate(broken):
            foot = self.y + CELL_PAD + (index + 1) * size * LEADING - size * 0.4
            self.sheet.text(at, foot, line, size=size, color=color, align=align)


def _joined(
    row: Sequence[str | None], columns: Sequence[Column], widths: Sequence[float]
) -> list[tuple[str, float, Align]]:
    """Cells with their width and where they stand; one that reaches over others stands in their middle."""
    found: list[tuple[str, float, Align]] = []
    for cell, column, wide in zip(row, columns, widths, strict=True):
        if cell is None and found:
            before, reach, _align = found[-1]
            found[-1] = before, reach + wide, "center"
        else:
            found.append((cell or "", wide, column.align))
    return found
