"""Length and tracks of an MP4 file, read from its boxes (ISO/IEC 14496-12); for servers without ffmpeg. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_BOXES = 10_000  # a real film has some dozens; more is a trap


class NotMp4(Exception):
    """The boxes cannot be read, or say nothing of a length."""


@dataclass(frozen=True, slots=True)
class Movie:
    duration_ms: int
    has_video: bool
    has_audio: bool
    width: int = 0
    height: int = 0


def read_movie(file: BinaryIO, size: int) -> Movie:
    """From the `moov` box, wherever it stands. Raises NotMp4."""
    count = iter(range(MOST_BOXES))
    for kind, start, end in _boxes(file, 0, size, count):
        if kind == b"moov":
            return _movie(file, start, end, count)
    raise NotMp4("no moov box")


def _movie(file: BinaryIO, start: int, end: int, count: Iterator[int]) -> Movie:
    duration_ms, width, height, handlers = 0, 0, 0, set()
    for kind, inner, inner_end in _boxes(file, start, end, count):
        if kind == b"mvhd":
            duration_ms = _duration_ms(_read(file, inner, min(inner_end, inner + 40)))
        elif kind == b"trak":
            handler, track_width, track_height = _track(file, inner, inner_end, count)
            handlers.add(handler)
            width, height = max(width, track_width), max(height, track_height)
    if not duration_ms:
        raise NotMp4("no length")
    return Movie(duration_ms, b"vide" in handlers, b"soun" in handlers, width, height)


def _track(file: BinaryIO, start: int, end: int, count: Iterator[int]) -> tuple[bytes, int, int]:
    handler, width, height = b"", 0, 0
    for kind, inner, inner_end in _boxes(file, start, end, count):
        if kind == b"tkhd" and inner_end - inner >= 8:
            # the last two fields, 16.16 fixed point
            last = _read(file, inner_end - 8, inner_end)
            width, height = int.from_bytes(last[:2], "big"), int.from_bytes(last[4:6], "big")
        elif kind == b"mdia":
            for below, deep, deep_end in _boxes(file, inner, inner_end, count):
                if below == b"hdlr":
                    handler = _read(file, deep, min(deep_end, deep + 12))[8:12]
    return handler, width, height


def _duration_ms(head: bytes) -> int:
    if len(head) < 20:
        raise NotMp4("short mvhd")
    if head[0] == 1 and len(head) >= 32:
        scale, length = int.from_bytes(head[20:24], "big"), int.from_bytes(head[24:32], "big")
    else:
        scale, length = int.from_bytes(head[12:16], "big"), int.from_bytes(head[16:20], "big")
    if not scale:
        raise NotMp4("no time scale")
    return length * 1000 // scale


def _boxes(file: BinaryIO, start: int, end: int, count: Iterator[int]) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start of the content, end) of the boxes that stand side by side in [start, end)."""
    while start + 8 <= end:
        if next(count, None) is None:
            raise NotMp4("too many boxes")
        head = _read(file, start, start + 16)
        size, kind, inner = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, inner = int.from_bytes(head[8:16], "big"), start + 16
        elif size == 0:
            size = end - start
        if size < inner - start or start + size > end:
            raise NotMp4("a box leaves its own")
        yield kind, inner, start + size
        start += size


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)
