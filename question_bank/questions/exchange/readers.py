"""Finds out from its content, not from its name, what kind of table a file is, and reads it into a grid."""

from typing import BinaryIO

from question_bank.questions.exchange.delimited import read_delimited, read_html
from question_bank.questions.exchange.grids import MAX_FILE_BYTES, Grid
from question_bank.questions.exchange.verdicts import FileRejected, ImportSettings
from question_bank.questions.exchange.workbooks import read_xls, read_xlsx

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
    b"SQLite format",
)


def read_grid(data: BinaryIO, settings: ImportSettings) -> Grid:
    """The sheets of the file, or FileRejected with the reason why it cannot be read."""
    content = data.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise FileRejected("too_large", limit=MAX_FILE_BYTES // 1024 // 1024)
    if not content.strip():
        raise FileRejected("empty")
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_xlsx(content, settings)
    if content.startswith(_OLE):
        if _holds(content, "EncryptedPackage"):
            raise FileRejected("encrypted")
        if not _holds(content, "Workbook") and not _holds(content, "Book"):
            raise FileRejected("wrong_type")
        return read_xls(content, settings)
    if content.startswith(_FOREIGN):
        raise FileRejected("wrong_type")
    if content[:4] in (b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00"):
        return read_xls(content, settings)  # a bare BIFF stream without its OLE container
    head = content[:4000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(b"<") and (
        b"<table" in head or b"<html" in head or b"<workbook" in head or b"excel.sheet" in head
    ):
        return read_html(content)
    return read_delimited(content)


def _holds(content: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in content
