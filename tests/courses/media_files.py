"""Small files of each kind, made here: nothing of others, and no tool is needed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from subprocess import run

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas


def box(kind: bytes, *contents: bytes) -> bytes:
    inner = b"".join(contents)
    return (len(inner) + 8).to_bytes(4, "big") + kind + inner


def mp4(
    *, duration_ms: int = 20_000, handlers: tuple[bytes, ...] = (b"vide", b"soun"), version: int = 0
) -> bytes:
    """The boxes of an MP4 file without a single picture in it."""
    scale = (1000).to_bytes(4, "big")
    if version:
        times = bytes([1, 0, 0, 0]) + bytes(16) + scale + duration_ms.to_bytes(8, "big")
    else:
        times = bytes([0, 0, 0, 0]) + bytes(8) + scale + duration_ms.to_bytes(4, "big")
    tracks = [
        box(
            b"trak",
            box(b"tkhd", bytes(76), (640).to_bytes(2, "big"), bytes(2), (360).to_bytes(2, "big"), bytes(2))
            if handler == b"vide"
            else box(b"tkhd", bytes(84)),
            box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12))),
        )
        for handler in handlers
    ]
    movie = box(b"moov", box(b"mvhd", times, bytes(76)), *tracks)
    return box(b"ftyp", b"isom", bytes(4), b"isommp41") + box(b"mdat", bytes(2000)) + movie


def pdf(pages: int = 2, *, password: str = "", text: str = "Party constitution") -> bytes:
    made = BytesIO()
    canvas = Canvas(made, encrypt=StandardEncryption(password, ownerPassword="owner") if password else None)
    for number in range(1, pages + 1):
        canvas.drawString(72, 720, f"{text} {number}")
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def film(folder: Path, *, seconds: int = 4) -> bytes:
    """A real film by ffmpeg: a picture that changes, a tone."""
    target = folder / "film.mp4"
    run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=320x180:rate=10:duration={seconds}",
         "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}", "-c:v", "mpeg4", "-c:a", "aac", "-shortest",
         "-y", str(target)],
        check=True,
    )  # fmt: skip
    return target.read_bytes()


VTT = (
    "WEBVTT\n\n00:00.000 --> 00:02.000\n第一句\n\n1\n00:00:02.500 --> 00:00:04.000 line:0\n第二句\n".encode()
)
EPUB = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip" + bytes(200)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
