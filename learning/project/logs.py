"""What the log leaves out: a refusal is one line, a fault keeps its traceback."""

from __future__ import annotations

import logging


def shorten_refusal(record: logging.LogRecord) -> bool:
    """For a CallbackFilter; keeps every record. Django adds the traceback to each 4xx that began as an exception."""
    if getattr(record, "status_code", 500) < 500:
        record.exc_info = record.exc_text = None
    return True
