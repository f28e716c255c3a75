"""A PDF under the pen: text, lines, boxes and QR codes at places of a page, in points from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from reportlab.graphics.barcode.qr import QrCode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from . import text as words

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Ink:
    """The colours of everything printed, as on the screen."""

    text: str = "#1F1F1F"
    muted: str = "#5C5C5C"
    line: str = "#D9D4CD"
    ground: str = "#F7F5F2"
    brand: str = "#B3191F"
    gold: str = "#C8963E"
    bar: str = "#B3191F"
    bar_ground: str = "#EFE9E1"


INK = Ink()


class Sheet:
    """Pages of A4. The same calls make the same bytes: neither the time nor a random number enters the file."""

    def __init__(
        self, title: str, *, landscape: bool = False, lang: str = "zh-CN", subject: str = ""
    ) -> None:
        words.ready()
        self.width, self.height = (A4[1], A4[0]) if landscape else A4
        self._out = BytesIO()
        self.canvas = Canvas(
            self._out,
            pagesize=(self.width, self.height),
            invariant=1,
            pageCompression=1,
            lang=lang,
            initialFontName=words.FONT,
        )
        self.canvas.setTitle(words.clean(title))
        self.canvas.setAuthor("Dangxiao")
        self.canvas.setCreator("Dangxiao")
        if subject:
            self.canvas.setSubject(words.clean(subject))
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self.pages = 1

    def text(
        self, x: float, y: float, text: str, *, size: float, color: str = INK.text, align: Align = "left"
    ) -> None:
        """One line whose foot (baseline) stands `y` points below the page's top; it is not broken."""
        text = words.clean(text).replace("\n", " ")
        if align != "left":
            wide = words.width(text, size)
            x -= wide if align == "right" else wide / 2
        self.canvas.setFont(words.FONT, size)
        self.canvas.setFillColor(HexColor(color))
        self.canvas.drawString(x, self.height - y, text)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, color: str = INK.line, width: float = 0.5
    ) -> None:
        self.canvas.setStrokeColor(HexColor(color))
        self.canvas.setLineWidth(width)
        self.canvas.line(x1, self.height - y1, x2, self.height - y2)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        stroke: str | None = None,
        line_width: float = 0.5,
        radius: float = 0,
    ) -> None:
        """A rectangle by its top left corner."""
        if fill:
            self.canvas.setFillColor(HexColor(fill))
        if stroke:
            self.canvas.setStrokeColor(HexColor(stroke))
            self.canvas.setLineWidth(line_width)
        bottom = self.height - y - height
        self.canvas.roundRect(
            x, bottom, width, height, radius, stroke=int(bool(stroke)), fill=int(bool(fill))
        )

    def qr(self, x: float, y: float, side: float, content: str) -> None:
        """A QR code (error correction M, four modules of quiet zone) by its top left corner."""
        code = QrCode(content, width=side, height=side, qrLevel="M", qrBorder=4)
        self.canvas.setFillColor(HexColor("#000000"))
        code.drawOn(self.canvas, x, self.height - y - side)

    def new_page(self) -> None:
        self.canvas.showPage()
        self.pages += 1

    def finish(self) -> bytes:
        """The file. Nothing may be drawn after it."""
        self.canvas.save()
        return self._out.getvalue()
