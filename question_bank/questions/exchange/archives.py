"""Refuses zip containers that would unpack to too much, too many or unsafe parts."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from question_bank.questions.exchange.verdicts import FileRejected

MAX_PARTS = 2_000
MAX_UNPACKED = 200 * 1024 * 1024  # bytes
MAX_RATIO = 150  # unpacked : packed, judged above RATIO_FROM bytes; real workbooks stay below 40
RATIO_FROM = 20 * 1024 * 1024
_ENTITY = re.compile(rb"<!\s*(?:ENTITY|DOCTYPE)")
_CHUNK = 1 << 16
MAX_HITS = 50_000


@contextmanager
def safe_zip(data: bytes) -> Iterator[zipfile.ZipFile]:
    """The opened archive, or FileRejected(corrupt | encrypted | archive_too_large)."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise FileRejected("corrupt") from error
    with archive:
        parts = archive.infolist()
        declared = sum(part.file_size for part in parts)
        if len(parts) > MAX_PARTS or declared > MAX_UNPACKED or _ratio(declared, len(data)):
            raise FileRejected("archive_too_large")
        if any(part.flag_bits & 1 for part in parts):
            raise FileRejected("encrypted")
        yield archive


def scan_parts(
    archive: zipfile.ZipFile, wanted: dict[str, re.Pattern[bytes]]
) -> dict[tuple[str, str], list[bytes]]:
    """Unpack every XML part once within the limits; what the named patterns matched, by (part, pattern name).

    The central directory may lie, so the sizes are counted again here. A document type or entity declaration
    has no place in an office file and is refused.
    """
    found: dict[tuple[str, str], list[bytes]] = {}
    total = 0
    try:
        for part in archive.infolist():
            if not part.filename.endswith((".xml", ".rels")):
                continue
            packed = tail = b""
            size = 0
            with archive.open(part) as source:
                while packed := source.read(_CHUNK):
                    size += len(packed)
                    total += len(packed)
                    if total > MAX_UNPACKED or (size > RATIO_FROM and _ratio(size, part.compress_size)):
                        raise FileRejected("archive_too_large")
                    window = tail + packed
                    if _ENTITY.search(window):
                        raise FileRejected("corrupt")
                    for name, pattern in wanted.items():
                        # a match that lies wholly in the tail was found with the previous chunk
                        hits = [m[0] for m in pattern.finditer(window) if m.end() > len(tail)]
                        if hits:
                            kept = found.setdefault((part.filename, name), [])
                            kept.extend(hits[: MAX_HITS - len(kept)])
                    tail = window[-200:]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise FileRejected("corrupt") from error
    except Exception as error:  # zlib and lzma raise their own errors on junk
        if isinstance(error, FileRejected):
            raise
        raise FileRejected("corrupt") from error
    return found


def _ratio(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1)
