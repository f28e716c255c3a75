"""What an uploaded file is, told from its first bytes and never from its name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = 4096  # bytes that are enough to tell
AUDIO_BRANDS = (b"M4A ", b"M4B ", b"F4A ")
OTHER_BRANDS = (b"qt  ", b"heic", b"heix", b"mif1", b"msf1", b"avif", b"jp2 ", b"crx ")


class NotMaterial(Exception):
    """The file is none that lessons can show; `code` says why (words: courses/uploading.py)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Sniffed:
    kind: str  # of Material.Kind
    ending: str
    content_type: str


MP4 = Sniffed("video", "mp4", "video/mp4")
WEBM = Sniffed("video", "webm", "video/webm")
M4A = Sniffed("audio", "m4a", "audio/mp4")
MP3 = Sniffed("audio", "mp3", "audio/mpeg")
OGG = Sniffed("audio", "ogg", "audio/ogg")
PDF = Sniffed("pdf", "pdf", "application/pdf")


def sniff(head: bytes) -> Sniffed:
    """What the file that begins so is. Raises NotMaterial."""
    if not head:
        raise NotMaterial("empty")
    if head.startswith(b"%PDF-"):
        return PDF
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in OTHER_BRANDS:
            raise NotMaterial("convert")
        return M4A if brand in AUDIO_BRANDS else MP4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        if b"webm" in head[:64]:
            return WEBM
        raise NotMaterial("convert")
    if head.startswith(b"OggS"):
        if b"theora" in head[:HEAD]:
            raise NotMaterial("convert")
        return OGG
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return MP3
    raise NotMaterial(_what_else(head))


def _is_mp3_frame(head: bytes) -> bool:
    """A frame header of MPEG audio layer III: sync, layer, and neither a reserved bit rate nor a reserved frequency."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 not in (0x00, 0xF0) and head[2] & 0x0C != 0x0C


def _what_else(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "epub" if b"application/epub+zip" in head[:200] else "office"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "office"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if re.match(rb"<(!doctype|html|svg|\?xml|script|head|body|!--)", text):
        return "markup"
    if text.startswith(b"webvtt"):
        return "subtitles"
    if head.startswith((b"RIFF", b"FLV", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba")):
        return "convert"
    return "unknown"
